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
    step: 'bad-releases-refused',
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
