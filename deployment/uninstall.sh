#!/usr/bin/env bash
# Takes the paper trading service from this machine; the data and the settings stay unless --purge is given.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$here/lib/common.sh"

usage() {
  cat <<'END'
usage: uninstall.sh [--purge] [--dry-run]

Stops the service and removes its units, its site of nginx, its releases and the Node under /opt/node that they used.
Packages of the system stay.

  --purge     the data, the settings with the secret, and the account too
  --dry-run   says what would be done, and changes nothing
  --help      this text

exit code: 0 done, 1 failed, 2 usage
END
}

purge=no
while (($# > 0)); do
  case $1 in
    --purge) purge=yes; shift ;;
    --dry-run) dry_run=yes; shift ;;
    --help) usage; exit 0 ;;
    *) usage_error "there is no option $1" ;;
  esac
done
require_root

started=$EPOCHREALTIME
finish() { # exit code
  trap - EXIT
  (($1 == 0)) || printf 'uninstall failed: %s, after %s s\n' "${failure:-a command failed, see above}" "$(seconds_since "$started")"
  exit "$1"
}

remove() { # path...
  local each
  for each in "$@"; do
    if [[ -e $each || -L $each ]]; then would "remove $each" || rm --recursive --force -- "$each"; fi
  done
}

stop_service() {
  step 'service'
  local each
  for each in "$service" "$socket"; do
    if [[ -f $unit_folder/$each ]]; then
      would "stop and disable $each" || systemctl --quiet disable --now "$each"
    fi
  done
  if [[ -f $unit_folder/$service || -f $unit_folder/$socket ]]; then
    remove "$unit_folder/$service" "$unit_folder/$socket"
    would 'let systemd read its units anew' || systemctl daemon-reload
  fi
  if systemctl is-failed --quiet "$service"; then
    would "forget the failure of $service" || systemctl reset-failed "$service"
  fi
}

remove_site() {
  step 'nginx'
  [[ -e $site || -L $site_link || -f $proxy_settings_before ]] || { kept 'there is no site of it'; return 0; }
  remove "$site_link" "$site"
  if [[ -f $default_site && ! -e $default_site_link ]]; then
    would 'switch the site of the package on again' || ln --symbolic --force "$default_site" "$default_site_link"
  fi
  restore_proxy_settings
  if systemctl is-active --quiet nginx; then
    would 'test the configuration of nginx and reload it' || { nginx -t -q; systemctl reload nginx; }
  fi
}

# What somebody has changed since then stays.
restore_proxy_settings() {
  [[ -f $proxy_settings_before && -f $proxy_settings ]] || return 0
  if is_same "$proxy_settings" <(with_room_for_waiting "$proxy_settings_before"); then
    would "bring $proxy_settings back to what it was" ||
      mv --no-target-directory -- "$proxy_settings_before" "$proxy_settings"
  else
    kept "$proxy_settings: it was changed meanwhile; what it was before is in $proxy_settings_before"
  fi
}

# Only those that releases of this service point to.
remove_releases() {
  step 'releases'
  local each
  for each in "$releases"/*/node; do
    if [[ -L $each && $(readlink -- "$each") == /opt/node/v* ]]; then remove "$(readlink -- "$each")"; fi
  done
  remove "$home" "$cache"
  if [[ -d /opt/node && -z $(find /opt/node -mindepth 1 -maxdepth 1) ]]; then remove /opt/node; fi
}

remove_data() {
  step 'data, settings and account'
  if [[ $purge == no ]]; then
    kept "$state and $environment_folder; --purge removes them"
    return 0
  fi
  remove "$state" "$environment_folder" "$lock_file"
  if getent passwd "$account" >/dev/null; then
    would "remove the account $account" || userdel "$account"
  fi
}

trap 'finish $?' EXIT
take_lock
stop_service
remove_site
remove_releases
remove_data
printf '%s, %d changes, after %s s\n' "$([[ $dry_run == yes ]] && printf 'a dry run' || printf 'uninstalled')" "$changes" "$(seconds_since "$started")"
