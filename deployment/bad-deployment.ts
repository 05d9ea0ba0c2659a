/**
 * A copy of the deployment with one fault in it that no rule sees in its files, for the test of the machine test: the step
 * that is named must turn red. An edit that finds no place to strike throws.
 * Called by the machine test (`npm run machine -- test --defect KIND`).
 */
import { cpSync } from 'node:fs';
import path from 'node:path';
import { type SeededEdit, strike } from './seeded-edit.ts';

interface Fault {
  /** What a person sees of it. */
  meaning: string;
  /** The step of the machine test that must find it. */
  step: string;
  edits: readonly SeededEdit[];
}

export const BAD_DEPLOYMENTS = {
  'not-enabled': {
    meaning: 'the units are not enabled, and verify.sh does not ask: dead after a reboot',
    step: 'reboots',
    edits: [
      {
        file: 'lib/activate.sh',
        find: '|| systemctl --quiet enable "$service" "$socket"',
        replace: '|| systemctl --quiet start "$socket"',
      },
      { file: 'verify.sh', find: 'checks=(unit-enabled ', replace: 'checks=(' },
    ],
  },
  'no-way-back': {
    meaning: 'what fails after the switch is not taken back',
    step: 'bad-releases-rolled-back',
    edits: [
      {
        file: 'install.sh',
        find: 'if DEPLOYMENT_LOCKED_BY=$$ "$here/rollback.sh" --to "$before" --no-return; then',
        replace: 'if [[ -z $before ]]; then',
      },
    ],
  },
  'ready-not-waited-for': {
    meaning: 'neither systemd nor a script waits until a release has said that it is ready',
    step: 'slow-release-awaited',
    edits: [
      { file: 'units/paper-trading.service', find: 'Type=notify', replace: 'Type=exec' },
      {
        file: 'lib/trial.sh',
        find: '    wait_until_ready "$trial_origin" "$release"\n',
        replace: '',
      },
      {
        file: 'lib/activate.sh',
        find: '  [[ $dry_run == yes ]] || wait_until_ready "$origin" "$1"\n',
        replace: '',
      },
    ],
  },
  'code-not-loaded': {
    meaning: 'a release is not loaded before it is tried',
    step: 'bad-releases-refused',
    edits: [
      { file: 'install.sh', find: 'if [[ ! -e $accepted/$release ]]; then check_code; fi\n', replace: '' },
    ],
  },
  'not-locked': {
    meaning: 'two deploys may run at once',
    step: 'deploys-one-at-a-time',
    edits: [
      {
        file: 'lib/common.sh',
        find: '  flock --nonblock 9 || fail "another deploy holds $lock_file; wait until it is done"\n',
        replace: '',
      },
    ],
  },
  'secret-readable': {
    meaning: 'everybody on the machine can read the secret',
    step: 'secrets-private',
    edits: [
      {
        file: 'lib/machine.sh',
        find: 'install --mode=0640 --owner=root --group="$account" /dev/null "$environment_file.new"',
        replace: 'install --mode=0644 --owner=root --group="$account" /dev/null "$environment_file.new"',
      },
    ],
  },
  'unpacked-in-place': {
    meaning: 'a release is unpacked where it will be looked for',
    step: 'killed-install',
    edits: [
      {
        file: 'lib/release.sh',
        find: 'local fresh=$releases/.$release.new.$$',
        replace: 'local fresh=$releases/$release',
      },
      {
        file: 'lib/release.sh',
        find: '    mv --no-target-directory -- "$fresh" "$releases/$release"\n',
        replace: '',
      },
    ],
  },
  'node-not-checked': {
    meaning: 'whatever is in the tarball of Node is run',
    step: 'first-install-fails',
    edits: [
      { file: 'lib/machine.sh', find: '  check_integrity "$tarball" "$node_integrity"\n', replace: '' },
    ],
  },
  'way-back-interruptible': {
    meaning: 'a second signal, or a terminal that is gone, ends the way back in the middle',
    step: 'interrupted-install',
    edits: [
      { file: 'install.sh', find: "  trap '' HUP INT PIPE TERM\n", replace: '' },
      { file: 'install.sh', find: "trap 'exec >/dev/null 2>&1; exit 129' HUP\n", replace: '' },
      { file: 'install.sh', find: "trap 'exec >/dev/null 2>&1; exit 141' PIPE\n", replace: '' },
    ],
  },
  'dry-run-deaf': {
    meaning: 'a dry run does what it says',
    step: 'dry-runs-change-nothing',
    edits: [
      {
        file: 'lib/common.sh',
        find: "  if [[ $dry_run == yes ]]; then\n    printf '   would",
        replace: "  if false; then\n    printf '   would",
      },
    ],
  },
  'always-written': {
    meaning: 'units and site are written whether they differ or not',
    step: 'idempotent',
    edits: [
      {
        file: 'lib/common.sh',
        find: 'is_same() { cmp --silent -- "$1" "$2"; }',
        replace: 'is_same() { [[ $1 == "$2" ]]; }',
      },
    ],
  },
} as const satisfies Record<string, Fault>;

export type BadDeployment = keyof typeof BAD_DEPLOYMENTS;

/** Copies the deployment into `folder` with the fault in it. */
export function makeBadDeployment(kind: BadDeployment, folder: string): void {
  const machine = path.join(import.meta.dirname, 'machine');
  cpSync(import.meta.dirname, folder, { recursive: true, filter: (file) => !file.startsWith(machine) });
  for (const edit of BAD_DEPLOYMENTS[kind].edits) strike(kind, folder, edit);
}
