#!/usr/bin/env bash
# The checks of verify.sh, each by its name: it says what it saw and returns 0 (well), 1 (not well) or 3 (cannot be told).
# Sourced, never run. A check is called where errexit is off, and so returns by itself.

# shellcheck disable=SC2154 # names of common.sh and verify.sh
readonly asked_times=10
readonly exposure_at_most=1.5
# What the release itself brings: the Node that runs it, and what these checks compare with.
node=$releases/$expected/node/bin/node
own=$releases/$expected/deployment

json_string() {
  local text=${1//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/ }
  printf '"%s"' "${text//[[:cntrl:]]/ }"
}

not_ok() { # number, check, severity, message
  printf 'not ok %d - %s\n  ---\n  message: %s\n  severity: "%s"\n  ...\n' "$1" "$2" "$(json_string "${4:-it said nothing}")" "$3"
}

property() { systemctl show --property="$1" --value -- "$unit"; }

check_unit_active() {
  local seen each
  for each in "$unit" "${unit%.service}.socket"; do
    seen=$(systemctl is-active -- "$each")
    printf '%s is %s; ' "$each" "$seen"
    [[ $seen == active ]] || return 1
  done
}

check_unit_enabled() {
  local seen each
  for each in "$service" "$socket" nginx.service; do
    seen=$(systemctl is-enabled -- "$each")
    printf '%s is %s; ' "$each" "$seen"
    [[ $seen == enabled ]] || return 1
  done
}

check_release_current() {
  local seen
  seen=$(current_release)
  printf '%s points to release %s, expected %s' "$current" "${seen:-none}" "${expected:-one}"
  [[ -n $seen && $seen == "$expected" && -d $releases/$seen ]]
}

# Every one of several answers, each on a connection of its own: an old process that still answers is seen.
answers_release() { # origin
  local urls=() seen other
  while ((${#urls[@]} < asked_times)); do urls+=("$1/api/health/ping"); done
  seen=$(curl --noproxy '*' --silent --show-error --max-time 5 --header 'Connection: close' \
    --write-out '\n%{http_code} %header{x-release}\n' "${urls[@]}") || {
    printf 'no answer from %s: %s' "$1" "$seen"
    return 1
  }
  seen=$(grep --extended-regexp '^[0-9]{3} ' <<<"$seen")
  other=$(grep --invert-match --line-regexp --fixed-strings -- "200 $expected" <<<"$seen" | sort --unique)
  if [[ -n $other || $(wc --lines <<<"$seen") != "$asked_times" ]]; then
    printf 'of %d answers of %s some were "%s", expected "200 %s"' "$asked_times" "$1" "${other//$'\n'/, }" "$expected"
    return 1
  fi
  printf '%d answers of %s, all of release %s' "$asked_times" "$1" "$expected"
}

check_release_direct() { answers_release "$origin"; }
check_release_proxied() { answers_release "$proxy_origin"; }

says_status() { # url, status
  local seen
  seen=$(curl --noproxy '*' --silent --show-error --max-time 5 --write-out ' %{http_code}' "$1") || {
    printf 'no answer from %s: %s' "$1" "$seen"
    return 1
  }
  printf '%s said %s' "$1" "$seen"
  [[ $seen == "{\"status\":\"$2\"} 200" ]]
}

check_health() { says_status "$origin/api/health/ping" ok; }
check_health_proxied() { says_status "$proxy_origin/api/health/ping" ok; }
check_readiness() { says_status "$origin/api/health/ready" ready; }

check_routes_required() {
  local document
  [[ -x $node ]] || {
    printf 'there is no Node of release %s to read the document with' "$expected"
    return 3
  }
  document=$(curl --noproxy '*' --fail --silent --show-error --max-time 5 "$origin/openapi.json") || {
    printf 'no document from %s/openapi.json: %s' "$origin" "$document"
    return 1
  }
  "$node" "$own/server/required-routes.ts" "$own/required-routes.txt" <<<"$document"
}

check_headers_required() {
  local seen missing=() each
  seen=$(curl --noproxy '*' --silent --show-error --max-time 5 --head --request GET "$proxy_origin/api/health/ping" | tr --delete '\r')
  for each in "x-release: $expected" 'x-content-type-options: nosniff' 'x-frame-options: DENY' 'referrer-policy: no-referrer' \
    'content-type: application/json; charset=utf-8' 'server: nginx'; do
    grep --quiet --ignore-case --line-regexp --fixed-strings -- "$each" <<<"$seen" || missing+=("$each")
  done
  if ((${#missing[@]} > 0)); then
    printf 'the answer of %s/api/health/ping lacks ' "$proxy_origin"
    printf '"%s" ' "${missing[@]}"
    return 1
  fi
  printf 'all required headers are there'
}

check_journal_clean() {
  local invocation since lines
  invocation=$(property InvocationID)
  since=$(property ExecMainStartTimestamp)
  [[ -n $invocation && -n $since && -x $node ]] || {
    printf '%s has no running process whose journal could be read, or release %s no Node to read it with' "$unit" "$expected"
    return 3
  }
  # What is under way is written first, or the last lines would be missing.
  journalctl --sync || {
    printf 'the journal could not be written out'
    return 3
  }
  lines=$(journalctl --quiet --all --output=json --since="$since" \
    _SYSTEMD_INVOCATION_ID="$invocation" + INVOCATION_ID="$invocation" + MESSAGE_ID=a596d6fe7bfa4994828e72309e95d61e) || {
    printf 'the journal could not be read'
    return 3
  }
  "$node" "$own/server/read-journal.ts" "$own/log-patterns.json" "$invocation" "$unit" <<<"$lines"
}

check_not_restarted() {
  local count
  count=$(property NRestarts)
  printf 'systemd has restarted it %s times since it was started' "${count:-an unknown number of}"
  [[ -n $count ]] || return 3
  [[ $count == 0 ]]
}

check_descriptors() {
  local pid count limit
  pid=$(property MainPID)
  count=$(find "/proc/$pid/fd" -mindepth 1 -maxdepth 1 2>/dev/null | wc --lines)
  limit=$(awk '/^Max open files/ { print $4 }' "/proc/$pid/limits" 2>/dev/null)
  if [[ ${pid:-0} == 0 || $count == 0 || -z $limit ]]; then
    printf 'the descriptors of process %s cannot be counted' "${pid:-0}"
    return 3
  fi
  printf '%d descriptors are open, the limit is %d; a quarter of it is where it gets strange' "$count" "$limit"
  ((count * 4 <= limit))
}

check_security() {
  local level
  level=$(systemd-analyze security --no-pager -- "$unit" 2>/dev/null |
    sed --quiet 's/.*Overall exposure level for [^:]*: \([0-9.]*\).*/\1/p')
  [[ -n $level ]] || {
    printf 'systemd-analyze says nothing of %s' "$unit"
    return 3
  }
  printf 'exposure %s, at most %s is allowed' "$level" "$exposure_at_most"
  awk -v level="$level" -v most="$exposure_at_most" 'BEGIN { exit !(level <= most) }'
}
