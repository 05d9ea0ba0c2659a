/** Runs a part of a step while a client asks, and tells whether it lost anything. Called by the steps. */
import { type ClientReport, lossOf, startClient } from './client.ts';
import { PING } from './deploy.ts';
import { expect, type Stand } from './step.ts';

const PER_SECOND = 40;
/** Fewer say nothing about a moment in between. */
const FEWEST = 20;

/** What `work` gave, and what the client saw from its beginning to its end. */
export async function underLoad<T>(
  { machine, log }: Stand,
  work: () => Promise<T>,
): Promise<{ value: T; client: ClientReport }> {
  const client = startClient(`http://${machine.address}${PING}`, PER_SECOND);
  let report: ClientReport | undefined;
  try {
    const value = await work();
    report = await client.stop();
    log(`# client: ${describe(report)}`);
    return { value, client: report };
  } finally {
    if (report === undefined) await client.stop();
  }
}

/** Every request was answered with 200, by one of these releases. @throws Unmet */
export function expectNoLoss(client: ClientReport, releases: readonly string[]): void {
  if (client.sent < FEWEST)
    throw new Error(
      `the client sent ${client.sent} requests only, which show nothing; ${FEWEST} were expected`,
    );
  expect(client.lost.length === 0, `the client ${lossOf(client)}; it was to lose none`);
  const strangers = [...client.byRelease.keys()].filter((id) => !releases.includes(id));
  expect(
    strangers.length === 0,
    `release ${strangers.join(', ')} answered; only ${releases.join(' or ')} was to`,
  );
}

export function describe(client: ClientReport): string {
  const shares = [...client.byRelease].map(([id, count]) => `${count} by ${id}`).join(', ');
  return `${lossOf(client)}, answered ${shares || 'by nobody'}, the slowest after ${Math.round(client.slowestMs)} ms`;
}
