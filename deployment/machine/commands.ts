/** Commands of this host that must succeed; used by everything in this folder that builds up or tears down. */
import { localTransport } from '../../harness/transport/local.ts';
import type { CommandResult, Transport } from '../../harness/transport/transport.ts';

/** Runs a command of this host and returns its output. @throws Error with the command, its code and what it said. */
export async function demand(
  command: readonly string[],
  { timeoutMs = 30_000, environment }: { timeoutMs?: number; environment?: Record<string, string> } = {},
): Promise<string> {
  return demandIn(localTransport, command, {
    timeoutMs,
    ...(environment === undefined ? {} : { environment }),
  });
}

/** The same through any transport. */
export async function demandIn(
  transport: Transport,
  command: readonly string[],
  options: { timeoutMs: number; environment?: Record<string, string>; input?: string | Buffer },
): Promise<string> {
  const result = await transport.run(command, options);
  if (result.ran && result.code === 0) return result.stdout;
  throw new Error(`${transport.where}: \`${command.join(' ')}\` ${endOf(result)}`);
}

/** How a command ended, for a message: its code and the end of what it said. */
export function endOf(result: CommandResult): string {
  if (!result.ran) return `gave no result: ${result.reason}`;
  const said = `${result.stdout}\n${result.stderr}`.trim().split('\n').slice(-6).join(' | ');
  return `ended with ${result.code}${said === '' ? '' : `: ${said}`}`;
}
