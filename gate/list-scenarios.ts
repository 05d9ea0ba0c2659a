/** `soak --list`: the scenarios with what they provoke, what must hold, and whether they run here. Called by the command. */
import type { Config, ServiceConfig } from '../harness/config.ts';
import { lookAtHost, type HostAbilities } from '../soak/faults/host-abilities.ts';
import type { FaultScenario } from '../soak/faults/fault.ts';
import { FAULTS } from '../soak/scenarios/fault-list.ts';
import { EXIT_CODES } from './exit-code.ts';

const STANDARD = [
  ['restart-loop', 'restarts under load; every promise of the service around a restart'],
  ['companion-moods', 'a life in every mood of every companion: says what is true, stays up, stops'],
  ['kept-schedules', 'the schedules of soak-schedules/, each five times; found by --explore, kept by --keep'],
] as const;

/** Prints the list. @returns the exit code. */
export function listScenarios(config: Config & { service: ServiceConfig }): Promise<number> {
  process.stdout.write(`${renderScenarios(config, lookAtHost()).join('\n')}\n`);
  return Promise.resolve(EXIT_CODES.pass);
}

/** One scenario in two lines: what it is, then what it provokes and whether it runs here. */
export function renderScenarios(config: Config & { service: ServiceConfig }, host: HostAbilities): string[] {
  const chosen = new Set(config.soak.scenarios);
  const mark = (name: string): string => (chosen.has(name) ? '*' : ' ');
  return [
    ...STANDARD.map(([name, title]) => `${mark(name)} ${name.padEnd(WIDTH)} ${title}`),
    ...FAULTS.flatMap((fault) => {
      const { name, title, group, modes, important } = fault;
      const kinds = [
        group,
        ...(modes.length > 0 ? [`modes ${modes.join(', ')}`] : []),
        ...(important ? ['important'] : []),
        whereItRuns(fault, config, host),
      ];
      return [`${mark(name)} ${name.padEnd(WIDTH)} ${title}`, `  ${' '.repeat(WIDTH)} ${kinds.join('; ')}`];
    }),
    '* is what this call would run; --all runs each of them',
  ];
}

const WIDTH = Math.max(...FAULTS.map(({ name }) => name.length), 'companion-moods'.length) + 1;

function whereItRuns(
  fault: FaultScenario,
  config: Config & { service: ServiceConfig },
  host: HostAbilities,
): string {
  if (config.service.supervisor === 'systemd')
    return 'not here: it needs a service of the process supervisor';
  const meaningless = fault.doesNotApply?.(config);
  if (meaningless !== undefined) return `skipped: ${meaningless}`;
  const impossible = fault.cannotRun?.(host, config);
  return impossible === undefined ? 'runs here' : `not here: ${impossible}`;
}
