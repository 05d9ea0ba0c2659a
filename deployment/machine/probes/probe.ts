/**
 * Is an option of systemd in force in this machine? Each probe makes the option strike, and has a control: the same
 * without the option, where nothing may strike. A probe whose control does not hold says nothing.
 */
import { deadlineIn, poll } from '../../../harness/deadline.ts';
import type { CommandResult, Transport } from '../../../harness/transport/transport.ts';
import { demandIn, endOf } from '../commands.ts';

export interface Probe {
  /** The option as a unit file has it. */
  option: string;
  /** The deployment or its checks rely on it: where it is not in force, what they show is unknown. */
  relied: boolean;
  /** @returns what was seen with the option and without. @throws when that cannot be seen. */
  look(bench: Bench): Promise<Sighting>;
}

export interface Sighting {
  /** Whether the option struck where it was set. */
  withOption: boolean;
  /** Whether the same was seen where it was not set. */
  withoutOption: boolean;
  /** One line: what was measured. */
  seen: string;
}

export interface Bench {
  readonly transport: Transport;
  /**
   * Starts a transient unit. systemd fills in `${...}` of a script by itself: none may be in it. Resolves when `systemd-run` does, which is when the unit has
   * started.
   */
  start(unit: string, properties: readonly string[], script: string): Promise<CommandResult>;
  /** The same for a unit that must start. */
  mustStart(unit: string, properties: readonly string[], script: string): Promise<void>;
  /** Runs a script in a unit to its end. */
  runIn(properties: readonly string[], script: string): Promise<CommandResult>;
  stop(unit: string): Promise<void>;
  property(unit: string, name: string): Promise<string>;
  /** Asks until the property has one of these values; the last value that was seen. */
  becomes(unit: string, name: string, values: readonly string[], withinMs: number): Promise<string>;
  shell(script: string): Promise<CommandResult>;
}

const LIMIT_MS = 20_000;

export function openBench(transport: Transport): Bench {
  const run = (command: readonly string[]): Promise<CommandResult> =>
    transport.run(command, { timeoutMs: LIMIT_MS });
  const property = async (unit: string, name: string): Promise<string> => {
    const command = ['systemctl', 'show', unit, `--property=${name}`, '--value'];
    return (await demandIn(transport, command, { timeoutMs: LIMIT_MS })).trim();
  };
  const transient = (properties: readonly string[], words: readonly string[], script: string) => [
    ...['systemd-run', '--quiet', ...words],
    ...properties.map((text) => `--property=${text}`),
    ...['/bin/bash', '-c', script],
  ];
  const start = (unit: string, properties: readonly string[], script: string): Promise<CommandResult> =>
    run(transient(properties, [`--unit=${unit}`], script));
  return {
    transport,
    start,
    mustStart: async (unit, properties, script) => {
      const result = await start(unit, properties, script);
      if (!result.ran || result.code !== 0) throw new Error(`${unit} did not start: ${endOf(result)}`);
    },
    runIn: (properties, script) => run(transient(properties, ['--wait', '--pipe', '--collect'], script)),
    stop: async (unit) => void (await run(['systemctl', 'stop', unit])),
    property,
    becomes: async (unit, name, values, withinMs) => {
      let last = '';
      await poll(
        async () => {
          last = await property(unit, name);
          return values.includes(last) ? true : undefined;
        },
        deadlineIn(withinMs, `${unit} to have ${name} ${values.join(' or ')}`),
        { firstMs: 20, maxMs: 100 },
      );
      return last;
    },
    shell: (script) => run(['/bin/bash', '-c', script]),
  };
}

/** What a probe says in the end. */
export type InForce = { inForce: boolean; seen: string } | { inForce: 'unknown'; seen: string };

/** Runs a probe; a control that does not hold, and a probe that breaks, are `unknown`. */
export async function look(probe: Probe, bench: Bench): Promise<InForce> {
  try {
    const { withOption, withoutOption, seen } = await probe.look(bench);
    if (withoutOption) return { inForce: 'unknown', seen: `the control struck too: ${seen}` };
    return { inForce: withOption, seen };
  } catch (error) {
    return { inForce: 'unknown', seen: error instanceof Error ? error.message : String(error) };
  }
}

/** Name of a unit that only a probe uses. */
export const probeUnit = (name: string): string => `shakedown-probe-${name}`;
