#!/usr/bin/env bash
# The trial: a new release is started beside the one that serves, in a copy of its own unit, on a copy of the data, asked
# everything, and stopped again. What fails here has never had a client. Sourced by install.sh, never run.

# shellcheck disable=SC2154,SC2034 # names of common.sh and install.sh, and for them
try_release() {
  step "trial of $release beside $before"
  would "start $release as $trial_service on a copy of the data, verify it and stop it" || {
    phase=trial
    if [[ -e $trial_units/$trial_service || -e $trial_state ]]; then
      note 'another run has left its trial behind: it is ended first'
      end_trial
    fi
    write_trial
    systemctl start "$trial_socket"
    start_trial
    wait_until_ready "$trial_origin" "$release"
    verify_release "$release" --trial
    stop_trial
    end_trial
    phase=prepared
  }
}

# The release's own unit: what it asks of systemd is tried too.
write_trial() {
  local units=$releases/$release/deployment/units
  install --directory --mode=0755 "$trial_units"
  sed --regexp-extended \
    --expression="s#$current/#$releases/$release/#g" \
    --expression="/^(Requires|After)=/s#$socket#$trial_socket#" \
    --expression="/^(StateDirectory|WorkingDirectory|SyslogIdentifier|Environment)=/s#$name#$trial#g" \
    --expression='s#^Restart=.*#Restart=no#' \
    --expression="s#^ExecStart=#EnvironmentFile=$trial_environment\n&#" \
    --expression='/^\[Install\]/,$d' \
    "$units/$service" >"$trial_units/$trial_service"
  sed --regexp-extended --expression="s#^ListenStream=.*#ListenStream=${trial_origin#http://}#" \
    --expression='/^\[Install\]/,$d' "$units/$socket" >"$trial_units/$trial_socket"
  printf 'DATABASE_PATH=%s/trial.sqlite\n' "$trial_state" >"$trial_environment"
  systemctl daemon-reload
  copy_data
}

copy_data() {
  local database
  database=$(sed --quiet 's/^DATABASE_PATH=//p' "$environment_file" | tail --lines=1)
  # As systemd reads it, quotes are no part of it.
  database=${database#[\"\']}
  database=${database%[\"\']}
  database=${database:-$state/$name.sqlite}
  install --directory --mode=0700 --owner="$account" --group="$account" "$trial_state"
  if [[ -f $database ]]; then
    runuser --user "$account" -- env --ignore-environment --chdir="$trial_state" "$node_folder/bin/node" \
      "$releases/$release/deployment/server/copy-database.ts" "$database" "$trial_state/trial.sqlite"
  elif systemctl is-active --quiet "$service"; then
    fail "$before serves, but there is no database at $database for the trial; see DATABASE_PATH in $environment_file"
  else
    note "there is no database at $database: the trial begins with an empty one"
  fi
}

start_trial() {
  systemctl start "$trial_service" || {
    journalctl --sync
    journalctl --quiet --no-pager --unit="$trial_service" --lines=15 --output=cat | sed 's/^/   | /' >&2
    fail "release $release did not start in its trial; its last lines are above"
  }
}

# A release that cannot stop cleanly would fail at the next deploy.
stop_trial() {
  local result status how
  # The socket keeps the unit loaded: of one that is forgotten systemd says that all was well.
  systemctl stop "$trial_service"
  result=$(systemctl show --property=Result --value "$trial_service")
  status=$(systemctl show --property=ExecMainStatus --value "$trial_service")
  how=$(systemctl show --property=ExecMainCode --value "$trial_service")
  # 1 is CLD_EXITED: it has ended by itself, and not by the signal.
  [[ $result == success && $how == 1 && $status == 0 ]] ||
    fail "release $release did not stop cleanly in its trial: result $result, $([[ $how == 1 ]] && printf 'exit code' || printf 'ended by signal') $status"
  systemctl stop "$trial_socket"
  printf '   passed a clean stop\n'
}

# Safe in any state: it is on the way back too.
end_trial() {
  systemctl stop "$trial_service" "$trial_socket" 2>/dev/null || note 'systemd knows no units of the trial'
  rm --force -- "$trial_units/$trial_service" "$trial_units/$trial_socket" "$trial_environment"
  rm --recursive --force -- "$trial_state"
  if systemctl is-failed --quiet "$trial_service"; then
    systemctl reset-failed "$trial_service" || note "the failure of $trial_service stays on record"
  fi
  systemctl daemon-reload
}
