/** Ten restarts while a client asks: none of its requests is lost, and the journal of all of them is whole and clean. */
import { endOfJournal } from '../../../harness/journal/read-journal.ts';
import { cleannessSince } from '../clean-journal.ts';
import { expectedRelease, stateOf, UNIT } from '../deploy.ts';
import { expect, type Finding, type Stand, type Step } from '../step.ts';
import { describe, expectNoLoss, underLoad } from '../under-load.ts';

const RESTARTS = 10;

const step: Step = {
  id: 'restarts',
  title: `${RESTARTS} restarts lose no request and leave a clean journal`,
  needs: ['installed'],
  run: async (stand) => {
    const release = expectedRelease(stand);
    const from = await endOfJournal(stand.machine.transport);
    const first = await stateOf(stand);
    const { value: lives, client } = await underLoad(stand, () => restartAll(stand, first.invocation));
    expectNoLoss(client, [release]);
    const journal: Finding = await judgeJournal(stand, from, lives.seen);
    const slowest = Math.round(Math.max(...lives.tookMs));
    const message = `${RESTARTS} restarts, the slowest ${slowest} ms; a client through nginx ${describe(client)}`;
    return [{ subject: 'requests', outcome: 'pass', message }, journal];
  },
};

async function restartAll(stand: Stand, first: string): Promise<{ seen: Set<string>; tookMs: number[] }> {
  const seen = new Set([first]);
  const tookMs: number[] = [];
  for (let count = 1; count <= RESTARTS; count += 1) {
    const ended = await stand.inside(['systemctl', 'restart', UNIT]);
    expect(ended.code === 0, `restart ${count} was refused: ${ended.stderr.trim()}`);
    tookMs.push(ended.durationMs);
    const { invocation, active, restarts } = await stateOf(stand);
    expect(active === 'active', `after restart ${count} the unit is ${active}`);
    expect(!seen.has(invocation), `restart ${count} did not start the service anew`);
    expect(restarts === '0', `systemd itself restarted the service ${restarts} times after restart ${count}`);
    seen.add(invocation);
  }
  return { seen, tookMs };
}

async function judgeJournal(stand: Stand, from: string, lives: ReadonlySet<string>): Promise<Finding> {
  const { lines, forbidden, missing } = await cleannessSince(stand, from, lives);
  const subject = 'journal';
  if (forbidden.length > 0)
    return {
      subject,
      outcome: 'fail',
      message: `${forbidden.length} lines that a clean log does not have: ${forbidden[0]}`,
    };
  if (missing.length > 0)
    return { subject, outcome: 'unknown', message: `the journal is not whole: ${missing.join('; ')}` };
  // Each life says at least that it starts and that it stops.
  if (lines < RESTARTS * 2)
    return {
      subject,
      outcome: 'unknown',
      message: `only ${lines} lines in the journal of ${RESTARTS} restarts`,
    };
  return { subject, outcome: 'pass', message: `${lines} lines, all clean; the planted one was found` };
}

export default step;
