/** Probes of what a unit may use and reach. In a machine without controllers of its own most of these do not strike, silently. */
import type { CommandResult } from '../../../harness/transport/transport.ts';
import type { Probe } from './probe.ts';

const succeeded = (result: CommandResult): boolean => result.ran && result.code === 0;
const codeOf = (result: CommandResult): string => (result.ran ? `code ${result.code}` : result.reason);

/** A unit that runs a script with the option and without: the option is in force when only the first one fails. */
function refusing(
  option: string,
  relied: boolean,
  properties: readonly string[],
  script: string,
  what: string,
): Probe {
  return {
    option,
    relied,
    look: async (bench) => {
      const held = await bench.runIn(properties, script);
      const free = await bench.runIn([], script);
      return {
        withOption: !succeeded(held),
        withoutOption: !succeeded(free),
        seen: `${what}: ${codeOf(held)} with ${properties.join(' ')}, ${codeOf(free)} without`,
      };
    },
  };
}

export const memoryMax = refusing(
  'MemoryMax',
  false,
  ['MemoryMax=64M', 'MemorySwapMax=0'],
  'head --bytes=200M /dev/zero | tail --bytes=200M | wc --bytes | grep --quiet --line-regexp 209715200',
  'keeping 200 MB',
);

export const tasksMax = refusing(
  'TasksMax',
  false,
  ['TasksMax=4'],
  'for i in 1 2 3 4 5 6 7 8; do sleep 1 & done; wait',
  'starting 8 processes at once',
);

export const addressDeny = refusing(
  'IPAddressDeny',
  false,
  ['IPAddressDeny=any'],
  'exec 3<>/dev/tcp/127.0.0.1/22',
  'connecting to loopback',
);

export const protectSystem = refusing(
  'ProtectSystem=strict',
  true,
  ['ProtectSystem=strict'],
  'touch /usr/shakedown-probe && rm /usr/shakedown-probe',
  'writing to /usr',
);

export const openFiles = refusing(
  'LimitNOFILE',
  true,
  ['LimitNOFILE=16'],
  'for i in {20..60}; do exec {fd}</dev/null || exit 1; done',
  'opening 41 files',
);

const SLOWED = 3;

/** `CPUQuota`: the same work takes several times as long with a tenth of a processor. */
export const cpuQuota: Probe = {
  option: 'CPUQuota',
  relied: false,
  look: async (bench) => {
    const script = 'for ((i = 0; i < 150000; i++)); do :; done';
    const workMs = async (properties: readonly string[]): Promise<number> => {
      const result = await bench.runIn(properties, script);
      if (!succeeded(result)) throw new Error(`the work did not end well: ${codeOf(result)}`);
      return result.durationMs;
    };
    const first = await workMs([]);
    const slowed = await workMs(['CPUQuota=10%']);
    const again = await workMs([]);
    const base = Math.min(first, again);
    return {
      withOption: slowed > base * SLOWED,
      // The machine itself was too uneven to tell.
      withoutOption: Math.max(first, again) > base * SLOWED,
      seen: `the same work took ${Math.round(slowed)} ms with CPUQuota=10%, ${Math.round(first)} and ${Math.round(again)} ms without`,
    };
  },
};
