#!/usr/bin/env bash
# Brings a release of the paper trading service to this machine, from a fresh one or over one that serves.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=lib/common.sh
source "$here/lib/common.sh"
# shellcheck source=lib/machine.sh
source "$here/lib/machine.sh"
# shellcheck source=lib/release.sh
source "$here/lib/release.sh"
# shellcheck source=lib/trial.sh
source "$here/lib/trial.sh"
# shellcheck source=lib/activate.sh
source "$here/lib/activate.sh"

usage() {
  cat <<'END'
usage: install.sh (--release FILE | --checkout FOLDER) [options]
       install.sh --step packages

Installs a release of the paper trading service on Debian 12 or 13 (Ubuntu 24.04 is supported and untried): packages, the
pinned Node under /opt/node, account, environment file, units, nginx site. Run again, it changes what differs and nothing
else. A release is tried beside the one that serves before it is switched to; what fails after the switch is taken back.

  --release FILE        a tarball made by deployment/release.ts
  --checkout FOLDER     makes the release from a checkout; needs npm
  --node-tarball FILE   the npm package that carries Node; else node-linux-ARCH-VERSION.tgz beside the release is taken,
                        else it is fetched from the npm registry (NPM_CONFIG_REGISTRY, or as npm is configured)
  --environment FILE    settings of the service; JWT_SECRET is kept or generated when it is not among them
  --step packages       installs the packages of the system and nothing else
  --offline             fails where something would have to be fetched
  --skip-trial          switches without the trial; what fails is taken back all the same
  --keep COUNT          releases that stay, 5 when left out
  --dry-run             says what would be done, and changes nothing
  --help                this text

exit code: 0 done, 1 failed before anything was switched, 2 usage, 10 the release was refused or taken back and the one
before serves, 11 it could not be taken back, 12 the first install failed
END
}

tarball=''
checkout=''
node_tarball=''
environment_given=''
only_packages=no
offline=no
with_trial=yes
keep=5
while (($# > 0)); do
  case $1 in
    --release) tarball=$(value_of "$@"); shift 2 ;;
    --checkout) checkout=$(value_of "$@"); shift 2 ;;
    --node-tarball) node_tarball=$(value_of "$@"); shift 2 ;;
    --environment) environment_given=$(value_of "$@"); shift 2 ;;
    --step) [[ $(value_of "$@") == packages ]] || usage_error '--step knows packages only'; only_packages=yes; shift 2 ;;
    --keep) keep=$(value_of "$@"); shift 2 ;;
    --offline) offline=yes; shift ;;
    --skip-trial) with_trial=no; shift ;;
    --dry-run) dry_run=yes; shift ;;
    --help) usage; exit 0 ;;
    *) usage_error "there is no option $1" ;;
  esac
done
if [[ $only_packages == no ]]; then
  [[ -n $tarball || -n $checkout ]] || usage_error 'give --release FILE or --checkout FOLDER'
  [[ -z $tarball || -z $checkout ]] || usage_error 'give --release or --checkout, not both'
  [[ -z $tarball || -f $tarball ]] || usage_error "there is no file $tarball"
  [[ -z $checkout || -f $checkout/deployment/release.ts ]] || usage_error "there is no deployment/release.ts in $checkout"
  [[ -z $node_tarball || -f $node_tarball ]] || usage_error "there is no file $node_tarball"
  [[ -z $environment_given || -f $environment_given ]] || usage_error "there is no file $environment_given"
  [[ $keep =~ ^[1-9][0-9]*$ ]] || usage_error "--keep is $keep, but must be a whole number from 1"
fi
require_root

started=$EPOCHREALTIME
phase=unlocked
release=''
# Read again once nobody else can change it.
before=$(current_release)
environment_changed=no
work=''

end_with() { # exit code, sentence
  printf '%s, after %s s\n' "$2" "$(seconds_since "$started")"
  exit "$1"
}

# Runs at every end: what was switched and is not well is taken back, and the exit code says what is the case now.
finish() { # exit code
  trap - EXIT
  # The way back is gone to its end: a second signal does not leave it half done.
  trap '' HUP INT PIPE TERM
  # Nor does a step of it that fails: each is tried, and said.
  remove_halves || note 'not all that this run has begun could be removed'
  (($1 != 0)) || exit 0
  if [[ $phase == accepted ]]; then
    end_with 0 "release $release serves, but not every older release could be removed (exit code $1, see above)"
  fi
  local reason=${failure:-a command failed with exit code $1, see above}
  reason=${reason:0:300}
  if [[ $phase == unlocked ]]; then end_with 1 "nothing was changed: $reason"; fi
  if [[ $phase == trial ]]; then end_trial; fi
  restore_environment || note "$environment_file could not be brought back: what it was before is in $environment_file.before"
  if [[ -z $before ]]; then
    [[ $phase == prepared ]] || stop_all || note 'not all could be switched off'
    end_with 12 "the first install failed and nothing serves: $reason"
  fi
  case $phase in
    prepared) end_with 1 "failed before anything was switched, release $before is untouched: $reason" ;;
    trial) end_with 10 "release $release was refused by its trial and $before serves on: $reason" ;;
    *)
      if DEPLOYMENT_LOCKED_BY=$$ "$here/rollback.sh" --to "$before" --no-return; then
        end_with 10 "release $release was taken back and $before serves again: $reason"
      fi
      end_with 11 "release $release is not well and $before could not be brought back, look at it now: $reason"
      ;;
  esac
}

remove_halves() {
  [[ -z $work ]] || rm --recursive --force -- "$work"
  rm --recursive --force -- "${node_folder:-/opt/node/none}.new.$$" "$releases/.$release.new.$$"
}

restore_environment() {
  [[ $environment_changed == yes && -f $environment_file.before ]] || return 0
  mv --no-target-directory -- "$environment_file.before" "$environment_file" || return 1
  note "$environment_file is what it was before"
}

# Nothing is there to go back to: a unit that crashes for ever helps nobody.
stop_all() {
  systemctl --quiet disable --now "$service" "$socket" || note 'systemd knows no such units'
  rm --force -- "$current"
}

# Whether what serves is exactly this already.
is_as_it_should_be() {
  # Settings that are newer than its last proof may not have reached it.
  [[ $before == "$release" && -e $accepted/$release && $environment_changed == no ]] &&
    [[ ! $environment_file -nt $accepted/$release ]] &&
    [[ $units_changed == no && $socket_changed == no ]] && systemctl is-active --quiet "$service"
}

build_release() { # folder for it
  step "release from $checkout"
  command -v npm >/dev/null || fail 'a release is made with npm, and there is none on the PATH; make it elsewhere with deployment/release.ts and give it with --release'
  would "make a release from $checkout" || {
    PATH=$node_folder/bin:$PATH node "$checkout/deployment/release.ts" --out "$1"
    tarball=$(find "$1" -name 'paper-trading-*.tgz')
  }
}

trap 'finish $?' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
# Whoever listened has gone: what is said on the way back must not fail for that.
trap 'exec >/dev/null 2>&1; exit 129' HUP
trap 'exec >/dev/null 2>&1; exit 141' PIPE
take_lock
phase=prepared
before=$(current_release)
install_packages
if [[ $only_packages == yes ]]; then end_with 0 'packages are installed'; fi

work=$(mktemp --directory)
report=$work/report.tap
if [[ -n $checkout ]]; then
  install_node "$checkout/package-lock.json" "$checkout"
  build_release "$work"
  [[ -n $tarball ]] || end_with 0 'a dry run knows no more of a release that is not made yet'
fi
read_release "$tarball" "$work"
install_node "$work/package-lock.json" "$(dirname -- "$tarball")"
make_account
write_environment "$environment_given"
unpack_release "$tarball"
if [[ ! -e $accepted/$release ]]; then check_code; fi

folder=$releases/$release
if [[ -n $before && $with_trial == yes && ($before != "$release" || ! -e $accepted/$release || $environment_changed == yes) ]]; then
  try_release
fi

[[ $dry_run == yes ]] || phase=switched
put_units "$folder"
if is_as_it_should_be; then
  kept "release $release runs"
else
  switch_current "$release"
  start_release "$release"
fi
put_site "$folder"
verify_release "$release"
if [[ $dry_run == no ]]; then touch "$accepted/$release"; fi
phase=accepted
prune_releases "$keep"
if [[ $dry_run == yes ]]; then end_with 0 "would have made $changes changes"; fi
printf 'release %s serves, %d changes, after %s s\n' "$release" "$changes" "$(seconds_since "$started")"
