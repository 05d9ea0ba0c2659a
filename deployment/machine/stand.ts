/** What a step has at hand: commands inside that are written down. Made by `machine-stage.ts` for each step. */
import { endOf } from './commands.ts';
import type { Machine } from './machine.ts';
import type { Releases } from './releases.ts';
import { type Ended, type InsideOptions, type Memory, type Stand, Unmet } from './step.ts';

/** Longer than anything that a step runs: a fresh install with its packages takes a tenth of it. */
const LIMIT_MS = 300_000;

export function createStand(given: {
  machine: Machine;
  releases: Releases;
  signal: AbortSignal;
  memory: Memory;
  log(text: string): void;
}): Stand {
  const { machine, signal, log } = given;
  const inside = async (
    command: readonly string[],
    { timeoutMs = LIMIT_MS, input }: InsideOptions = {},
  ): Promise<Ended> => {
    log(`$ ${command.join(' ')}`);
    const result = await machine.transport.run(command, {
      timeoutMs,
      signal,
      ...(input === undefined ? {} : { input }),
    });
    if (!result.ran) {
      log(`= no result: ${result.reason}`);
      throw new Error(result.reason);
    }
    for (const text of [result.stdout, result.stderr]) if (text.trim() !== '') log(text.trimEnd());
    log(`= ${result.code} after ${Math.round(result.durationMs)} ms`);
    return result;
  };
  return {
    ...given,
    inside,
    must: async (command, options) => {
      const result = await inside(command, options);
      if (result.code !== 0) throw new Unmet(`\`${command.join(' ')}\` ${endOf(result)}`);
      return result.stdout;
    },
  };
}
