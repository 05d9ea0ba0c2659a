#!/usr/bin/env bash
# Is the service on this server as it should be? Looks and changes nothing; prints TAP.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$here/lib/common.sh"

usage() {
  cat <<'END'
usage: verify.sh [--release ID] [--trial] [--dry-run]

Looks at the paper trading service on this server as it stands, and prints one TAP line for each check. Changes nothing.

  --release ID   the release that must be the one that answers; what `current` points to when left out
  --trial        the release that install.sh tries beside the one that serves: without proxy, boot and link
  --dry-run      prints the names of the checks and asks nothing
  --help         this text

exit code: 0 all is well, 1 something is not, 2 usage, 3 nothing is wrong but something cannot be told
END
}

unit=$service
expected=''
is_trial=no
while (($# > 0)); do
  case $1 in
    --release) expected=$(value_of "$@"); shift 2 ;;
    --trial) is_trial=yes; shift ;;
    --dry-run) dry_run=yes; shift ;;
    --help) usage; exit 0 ;;
    *) usage_error "there is no option $1" ;;
  esac
done

checks=(unit-active release-direct health readiness routes-required journal-clean not-restarted descriptors security)
if [[ $is_trial == yes ]]; then
  unit=$trial_service
  origin=$trial_origin
  [[ -n $expected ]] || usage_error '--trial needs --release'
else
  checks=(unit-enabled release-current "${checks[@]}" release-proxied health-proxied headers-required)
  [[ -n $expected ]] || expected=$(current_release)
fi

if [[ $dry_run == yes ]]; then
  printf '# would check %s\n' "${checks[@]}"
  exit 0
fi
require_root

# They are about this release and this unit.
# shellcheck source=lib/checks.sh
source "$here/lib/checks.sh"
printf 'TAP version 13\n1..%d\n' "${#checks[@]}"
number=0
failed=0
unknown=0
for check in "${checks[@]}"; do
  number=$((number + 1))
  started=$EPOCHREALTIME
  # In a process of its own, which a failure ends there and not here.
  code=0
  message=$(set +o errexit; "check_${check//-/_}" 2>&1) || code=$?
  printf '# {"unit":%s,"release":%s,"durationMs":%s}\n' "$(json_string "$unit")" "$(json_string "$expected")" \
    "$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%d", (b - a) * 1000 }')"
  case $code in
    0) printf 'ok %d - %s\n# %s\n' "$number" "$check" "${message//$'\n'/ }" ;;
    3) unknown=$((unknown + 1)); not_ok "$number" "$check" unknown "$message" ;;
    *) failed=$((failed + 1)); not_ok "$number" "$check" fail "$message" ;;
  esac
done

if ((failed > 0)); then exit 1; fi
if ((unknown > 0)); then exit 3; fi
