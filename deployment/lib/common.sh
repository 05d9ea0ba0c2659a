#!/usr/bin/env bash
# What the scripts of the deployment share: names and places, what is said, the lock. Sourced, never run.
# shellcheck disable=SC2034 # the names are for the scripts that source this

name=paper-trading
account=paper-trading
service=paper-trading.service
socket=paper-trading.socket
origin=http://127.0.0.1:3000
proxy_origin=http://127.0.0.1

home=/opt/paper-trading
releases=$home/releases
current=$home/current
# One empty file for each release that has passed verify.sh here; its time says when.
accepted=$home/accepted
state=/var/lib/paper-trading
cache=/var/cache/paper-trading
unit_folder=/etc/systemd/system
site=/etc/nginx/sites-available/paper-trading
site_link=/etc/nginx/sites-enabled/paper-trading
proxy_settings=/etc/nginx/nginx.conf
proxy_settings_before=$proxy_settings.before-paper-trading
default_site=/etc/nginx/sites-available/default
default_site_link=/etc/nginx/sites-enabled/default
# A new release is tried under these names, on a copy of the data, while the old one serves.
trial=paper-trading-trial
trial_service=paper-trading-trial.service
trial_socket=paper-trading-trial.socket
trial_origin=http://127.0.0.1:3999
trial_state=/var/lib/paper-trading-trial
trial_units=/run/systemd/system
trial_environment=/run/paper-trading-trial.environment
environment_folder=/etc/paper-trading
environment_file=/etc/paper-trading/environment
lock_file=/run/lock/paper-trading-deploy.lock

dry_run=no
changes=0

step() { printf '== %s\n' "$1"; }
kept() { printf '   kept   %s\n' "$1"; }
note() { printf '   note   %s\n' "$1"; }

# `would "do this" || do_this`: says what is done, or in a dry run what would be, and then holds the work back.
would() {
  changes=$((changes + 1))
  if [[ $dry_run == yes ]]; then
    printf '   would  %s\n' "$1"
    return 0
  fi
  printf '   does   %s\n' "$1"
  return 1
}

# The reason is kept for the sentence with which the script ends.
failure=''
fail() {
  failure=$1
  printf '   FAILED %s\n' "$1" >&2
  exit 1
}

usage_error() {
  printf '%s: %s; see --help\n' "${0##*/}" "$1" >&2
  trap - EXIT
  exit 2
}

# The value of an option that needs one.
value_of() { # option rest...
  (($# > 1)) || usage_error "$1 needs a value"
  printf '%s' "$2"
}

require_root() {
  [[ $(id --user) == 0 ]] || usage_error "run it as root, this is $(id --user --name)"
}

# Two deploys never run at once. A rollback that an install starts works under the lock of the install.
take_lock() {
  [[ $dry_run == no ]] || return 0
  [[ ${DEPLOYMENT_LOCKED_BY:-} != "$PPID" ]] || return 0
  exec 9>"$lock_file"
  flock --nonblock 9 || fail "another deploy holds $lock_file; wait until it is done"
  export DEPLOYMENT_LOCKED_BY=$$
}

current_release() {
  [[ -L $current ]] || return 0
  basename -- "$(readlink -- "$current")"
}

# The release that was accepted last, of those that are there and not this one.
accepted_before() { # release
  [[ -d $accepted ]] || return 0
  local found
  while read -r _ found; do
    if [[ $found != "$1" && -d $releases/$found ]]; then
      printf '%s' "$found"
      return 0
    fi
  done < <(find "$accepted" -mindepth 1 -maxdepth 1 -type f -printf '%T@ %f\n' | sort --reverse --numeric-sort)
}

# Every client that waits through a restart is two connections of nginx, and each of these a descriptor; the 768
# connections of the package are those of a second at a few hundred requests.
with_room_for_waiting() { # settings of nginx
  local limited=0
  if grep --quiet '^[[:space:]]*worker_rlimit_nofile' -- "$1"; then limited=1; fi
  awk -v connections=4096 -v descriptors=16384 -v limited="$limited" '
    $1 == "events" && !limited { print "worker_rlimit_nofile " descriptors ";" }
    $1 == "worker_connections" && $2 + 0 < connections { sub(/[0-9]+/, connections) }
    { print }' "$1"
}

is_same() { cmp --silent -- "$1" "$2"; }

seconds_since() { # EPOCHREALTIME of the beginning
  awk -v now="$EPOCHREALTIME" -v start="$1" 'BEGIN { printf "%.1f", now - start }'
}
