#!/usr/bin/env bash
# Steps of install.sh that bring a release and check it before anything is switched. Sourced, never run.

# shellcheck disable=SC2154 # names of common.sh and machine.sh

# What a tarball says of itself, before anything of it is unpacked: lockfile, release.json.
read_release() { # tarball, folder to put them into
  tar --extract --gzip --occurrence=1 --file="$1" --directory="$2" --strip-components=1 --no-same-owner \
    "$name/package-lock.json" "$name/release.json" ||
    fail "$1 is no release: it has no package-lock.json and release.json; make one with deployment/release.ts"
  release=$(sed --quiet 's/^ *"id": "\([A-Za-z0-9._+-]*\)",\{0,1\}$/\1/p' "$2/release.json")
  [[ -n $release ]] || fail "$1 has a release.json without an id; make the release anew with deployment/release.ts"
}

unpack_release() { # tarball
  step "release $release"
  if [[ -d $releases/$release ]]; then
    kept "$releases/$release"
    return 0
  fi
  # Beside it, and then renamed: a release is there whole or not at all.
  local fresh=$releases/.$release.new.$$
  would "unpack $1 into $releases/$release" || {
    rm --recursive --force -- "$releases"/.*.new.*
    install --directory --mode=0755 "$fresh"
    tar --extract --gzip --file="$1" --directory="$fresh" --strip-components=1 --no-same-owner
    ln --symbolic --force --no-dereference "$node_folder" "$fresh/node"
    mv --no-target-directory -- "$fresh" "$releases/$release"
  }
}

# Every module is loaded by the Node that will run it, as the account that will run it, and compiled for the start.
check_code() {
  [[ $dry_run == no ]] || return 0
  local folder=$releases/$release
  install --directory --mode=0755 --owner="$account" --group="$account" "$cache/$release"
  runuser --user "$account" -- env --ignore-environment --chdir=/ NODE_COMPILE_CACHE="$cache/$release" \
    "$folder/node/bin/node" "$folder/deployment/server/check-code.ts" "$folder/service/src" ||
    fail "release $release does not load; nothing was switched"
}

# The newest stay, and what can be gone back to.
prune_releases() { # how many stay
  [[ -d $releases ]] || return 0
  local folder found count=0
  while read -r _ folder; do
    found=${folder##*/}
    count=$((count + 1))
    [[ $found != "$release" && -e $folder ]] || continue
    if ((count > $1)) && [[ $found != "$(accepted_before "$release")" ]]; then
      would "remove release $found, older than the newest $1" ||
        rm --recursive --force -- "$folder" "${cache:?}/$found" "${accepted:?}/$found"
    fi
  done < <(find "$releases" -mindepth 1 -maxdepth 1 -type d ! -name '.*' -printf '%C@ %p\n' | sort --reverse --numeric-sort)
}
