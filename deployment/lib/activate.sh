#!/usr/bin/env bash
# How a release becomes the one that serves: its unit, socket and site, the link, the restart, the questions after it.
# Sourced by install.sh and rollback.sh, never run.

# shellcheck disable=SC2154 # names of common.sh
readonly ready_within_s=30
units_changed=no
socket_changed=no
site_changed=no

# Files are written only when they differ: what is equal needs no reload, and no restart.
put_units() { # folder of the release
  step 'units'
  if is_same "$1/deployment/units/$socket" "$unit_folder/$socket"; then
    kept "$unit_folder/$socket"
  else
    socket_changed=yes
    would "write $unit_folder/$socket" ||
      install --mode=0644 --no-target-directory "$1/deployment/units/$socket" "/etc/systemd/system/$socket"
  fi
  if is_same "$1/deployment/units/$service" "$unit_folder/$service"; then
    kept "$unit_folder/$service"
  else
    units_changed=yes
    would "write $unit_folder/$service" ||
      install --mode=0644 --no-target-directory "$1/deployment/units/$service" "/etc/systemd/system/$service"
  fi
  # Files that another run has written, which was ended before systemd read them.
  if [[ $(systemctl show --property=NeedDaemonReload --value "$service" "$socket") == *yes* ]]; then
    units_changed=yes
  fi
  if [[ $socket_changed == yes || $units_changed == yes ]]; then
    would 'let systemd read its units anew' || systemctl daemon-reload
  fi
  if systemctl is-enabled --quiet "$service" "$socket" 2>/dev/null; then
    kept "$service and $socket are enabled"
  else
    would "enable $service and $socket" || systemctl --quiet enable "$service" "$socket"
  fi
}

# rename(2) puts the new link in the place of the old one: there is no moment without one.
switch_current() { # release
  step "switch to $1"
  if [[ $(current_release) == "$1" ]]; then
    kept "$current points to $1"
    return 0
  fi
  would "point $current to $1" || {
    ln --symbolic --force --no-dereference "releases/$1" "$current.new"
    mv --no-target-directory -- "$current.new" "$current"
  }
}

start_release() { # release
  step "start $1"
  if [[ $socket_changed == yes ]] && systemctl is-active --quiet "$socket"; then
    note 'the socket has changed: for the moment of its restart connections are refused'
    would "stop $service and restart $socket" || {
      systemctl stop "$service"
      systemctl restart "$socket"
    }
  fi
  would "start $socket" || systemctl start "$socket"
  # What has failed and waits for its next start is begun anew, with a count of its own.
  would "restart $service" || {
    systemctl reset-failed "$service" 2>/dev/null || kept 'no failure of it is on record'
    restart_or_say
  }
  [[ $dry_run == yes ]] || wait_until_ready "$origin" "$1"
}

# With Type=notify it returns when the service has said that it is ready, or has not within TimeoutStartSec=.
restart_or_say() {
  systemctl restart "$service" || {
    journalctl --sync
    journalctl --quiet --no-pager --unit="$service" --lines=15 --output=cat | sed 's/^/   | /' >&2
    fail "$service did not start; its last lines are above"
  }
}

wait_until_ready() { # origin, release
  local deadline=$((SECONDS + ready_within_s)) seen=''
  until seen=$(curl --noproxy '*' --fail --silent --show-error --max-time 2 --output /dev/null \
    --write-out '%header{x-release}' "$1/api/health/ready" 2>&1) && [[ $seen == "$2" ]]; do
    ((SECONDS < deadline)) || fail "release $2 was not ready at $1 within $ready_within_s s; the last answer: ${seen:-none}"
    sleep 0.1
  done
  printf '   ready  release %s answers at %s\n' "$2" "$1"
}

put_site() { # folder of the release
  step 'nginx'
  if is_same "$1/deployment/nginx/$name.conf" "$site"; then
    kept "$site"
  else
    site_changed=yes
    would "write $site" || install --mode=0644 --no-target-directory "$1/deployment/nginx/$name.conf" "$site"
  fi
  if [[ -L $site_link ]]; then
    kept "$site_link"
  else
    site_changed=yes
    would "switch the site on" || ln --symbolic --force --no-dereference "$site" "$site_link"
  fi
  if [[ -L $default_site_link && $(readlink --canonicalize "$default_site_link") == "$default_site" ]]; then
    site_changed=yes
    would "switch the site of the package off, which answers on the same port; its file stays" ||
      rm --force -- "$default_site_link"
  fi
  make_room_for_waiting
  if [[ $site_changed == yes ]]; then
    would 'test the configuration of nginx and reload it' || reload_proxy
  fi
  if systemctl is-enabled --quiet nginx 2>/dev/null; then
    kept 'nginx is enabled'
  else
    would 'enable nginx' || systemctl --quiet enable nginx
  fi
}

make_room_for_waiting() {
  if [[ -f $proxy_settings ]] && is_same "$proxy_settings" <(with_room_for_waiting "$proxy_settings"); then
    kept "$proxy_settings has room for clients that wait"
    return 0
  fi
  site_changed=yes
  would "make room in $proxy_settings for clients that wait through a restart" || {
    [[ -e $proxy_settings_before ]] || cp --preserve=all -- "$proxy_settings" "$proxy_settings_before"
    cp --preserve=all -- "$proxy_settings" "$proxy_settings.new"
    with_room_for_waiting "$proxy_settings" >"$proxy_settings.new"
    cp --preserve=all -- "$proxy_settings" "$proxy_settings.was"
    mv --no-target-directory -- "$proxy_settings.new" "$proxy_settings"
    nginx -t -q || {
      mv --no-target-directory -- "$proxy_settings.was" "$proxy_settings"
      fail "nginx does not take $proxy_settings with room for clients that wait, or the new site; see above"
    }
    rm --force -- "$proxy_settings.was"
  }
}

reload_proxy() {
  nginx -t -q
  if systemctl is-active --quiet nginx; then systemctl reload nginx; else systemctl start nginx; fi
}

# The last word: everything that verify.sh asks, of a server as it stands.
verify_release() { # release, further options of verify.sh
  step "verify $1"
  [[ $dry_run == no ]] || return 0
  local code=0
  "$here/verify.sh" --release "$@" >"$report" || code=$?
  case $code in
    0) printf '   passed %s checks\n' "$(grep --count '^ok ' "$report")" ;;
    3) sed 's/^/   | /' "$report" >&2; fail "whether release $1 is well cannot be told: $(first_complaint)" ;;
    *) sed 's/^/   | /' "$report" >&2; fail "release $1 is not well: $(first_complaint)" ;;
  esac
}

first_complaint() {
  awk '/^not ok/ { sub(/^not ok [0-9]+ - /, ""); check = $0 } /^  message:/ { sub(/^  message: /, ""); print check ": " $0; exit }' "$report"
}
