#!/usr/bin/env bash
# Goes back to the release before, or to one that is named, and proves that it serves.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$here/lib/common.sh"
# shellcheck source=lib/activate.sh
source "$here/lib/activate.sh"

usage() {
  cat <<'END'
usage: rollback.sh [--to ID] [--no-return] [--dry-run]
       rollback.sh --list

Switches to the release that was accepted last before the current one, starts it and verifies it. When that one is not
well, it returns to the release that was there.

  --to ID        a release under /opt/paper-trading/releases
  --list         the releases that are there
  --no-return    does not return when it fails (install.sh says so: what was there is what failed)
  --dry-run      says what would be done, and changes nothing
  --help         this text

exit code: 0 done, 1 failed before anything was switched, 2 usage, 10 the release was not well and the one that was there
serves again, 11 neither serves
END
}

target=''
may_return=yes
while (($# > 0)); do
  case $1 in
    --to) target=$(value_of "$@"); shift 2 ;;
    --no-return) may_return=no; shift ;;
    --dry-run) dry_run=yes; shift ;;
    --list)
      for each in "$releases"/*; do
        id=${each##*/}
        printf '%s%s%s\n' "$id" "$([[ -e $accepted/$id ]] && printf ' accepted')" "$([[ $id == "$(current_release)" ]] && printf ' current')"
      done
      exit 0
      ;;
    --help) usage; exit 0 ;;
    *) usage_error "there is no option $1" ;;
  esac
done
require_root

started=$EPOCHREALTIME
phase=prepared
before=''
report=''

end_with() { # exit code, sentence
  printf '%s, after %s s\n' "$2" "$(seconds_since "$started")"
  exit "$1"
}

finish() { # exit code
  trap - EXIT
  # The way back is gone to its end: a second signal does not leave it half done.
  trap '' HUP INT PIPE TERM
  rm --force -- "$report" || note "$report could not be removed"
  (($1 != 0)) || exit 0
  local reason=${failure:-a command failed with exit code $1, see above}
  reason=${reason:0:300}
  [[ $phase == switched ]] || end_with 1 "nothing was switched: $reason"
  if [[ $may_return == yes && -n $before && $before != "$target" ]]; then
    if DEPLOYMENT_LOCKED_BY=$$ "$here/rollback.sh" --to "$before" --no-return; then
      end_with 10 "release $target is not well, and $before serves again: $reason"
    fi
  fi
  end_with 11 "release $target is not well, and nothing else was brought back, look at it now: $reason"
}

trap 'finish $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Whoever listened has gone: what is said on the way back must not fail for that.
trap 'exec >/dev/null 2>&1; exit 129' HUP
trap 'exec >/dev/null 2>&1; exit 141' PIPE
take_lock
before=$(current_release)
report=$(mktemp)
[[ -n $target ]] || target=$(accepted_before "$before")
[[ -n $target ]] || fail "there is no accepted release but ${before:-none}; --list shows what there is"
folder=$releases/$target
[[ -d $folder ]] || fail "there is no release $target under $releases; --list shows what there is"
[[ -x $folder/node/bin/node ]] || fail "the Node of release $target is gone ($(readlink -- "$folder/node")); install the release again"

[[ $dry_run == yes ]] || phase=switched
put_units "$folder"
switch_current "$target"
start_release "$target"
put_site "$folder"
verify_release "$target"
if [[ $dry_run == yes ]]; then end_with 0 "would have made $changes changes"; fi
touch "$accepted/$target"
printf 'release %s serves, after %s s\n' "$target" "$(seconds_since "$started")"
