/**
 * Makes the real things that calls name: a bot of the user, an order of that bot.
 * Effects of the routes stage; used by `observe-routes.ts` before the calls, and again before calls that destroy.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SetupConfig } from '../../harness/config/routes.ts';
import { missingNames, obtainIdentity } from './identities.ts';
import type { CellCause, Exchange } from './route-observations.ts';
import { describeAnswer, sendConfigured, valueInAnswer } from './session.ts';
import type { Bench, Credential, Made } from './session.ts';
import { randomWord } from './templates.ts';
import type { Captured } from './templates.ts';

/** Makes every configured thing, in order. */
export async function makeSetups(bench: Bench): Promise<void> {
  for (const name of Object.keys(bench.routes.setup)) await makeSetup(bench, name);
}

/** Makes these things anew, in the order of the configuration. Says which could not be made and why. */
export async function makeFresh(bench: Bench, names: readonly string[]): Promise<Made> {
  for (const name of Object.keys(bench.routes.setup)) {
    if (!names.includes(name)) continue;
    const made = await makeSetup(bench, name);
    if (!made.made) return made;
  }
  return { made: true };
}

async function makeSetup(bench: Bench, name: string): Promise<Made> {
  const setup = bench.routes.setup[name];
  if (setup === undefined) return { made: false, reason: `there is no setup ${name}` };
  const made = await attemptSetup(bench, name, setup);
  bench.setups.set(name, made);
  // What an earlier one captured is another thing, and perhaps gone.
  if (!made.made) for (const key of Object.keys(setup.capture)) delete bench.captures[key];
  return made;
}

async function attemptSetup(bench: Bench, name: string, setup: SetupConfig): Promise<Made> {
  const notCalled = (reason: string, because?: CellCause): Made => {
    const cause = because === undefined ? {} : { because };
    bench.recorder.record({ kind: 'setup-not-called', setup: name, reason, ...cause });
    return { made: false, reason: `${name} was not made: ${reason}` };
  };
  const as = setup.as ?? 'none';
  const missing = missingNames(bench, [setup.call, setup.body, setup.headers]);
  if (missing.length > 0) return notCalled(`nothing was captured for ${missing.join(', ')}`, 'setup-made');
  const identity = await obtainIdentity(bench, as);
  if (!identity.obtained) return notCalled(`${as} has no identity: ${identity.reason}`, 'identity-works');
  const ended = await bench.target.ended(0);
  if (ended !== undefined) return notCalled(`the service had ended: ${ended}`);
  const mark = randomWord();
  const marked = JSON.stringify([setup.call, setup.body]).includes('{random}') ? { mark } : {};
  const exchanged = await askUntilMade(bench, { ...setup, random: mark }, identity.credentials[0]);
  const { captured, ...wrong } = readCaptures(setup, exchanged);
  Object.assign(bench.captures, captured);
  for (const key of Object.keys(captured)) bench.owners[key] = as;
  bench.recorder.record({
    kind: 'setup-called',
    setup: name,
    as,
    captured,
    ...marked,
    ...wrong,
    ...exchanged,
  });
  const { problem } = wrong;
  return problem === undefined ? { made: true } : { made: false, reason: `${name} was not made: ${problem}` };
}

const POLL_MS = 100;

/** Asks until the answer is the expected one or the time for it is over; each refusal is polled, none is waited out. */
async function askUntilMade(
  bench: Bench,
  setup: SetupConfig & { random: string },
  credential?: Credential,
): Promise<Exchange> {
  const endsAt = performance.now() + setup.withinMs;
  let exchanged = await sendConfigured(bench, setup, credential);
  while (
    exchanged.answer?.status !== setup.expect &&
    performance.now() < endsAt &&
    !bench.signal.aborted &&
    (await bench.target.ended(0)) === undefined
  ) {
    await sleep(POLL_MS);
    exchanged = await sendConfigured(bench, setup, credential);
  }
  return exchanged;
}

interface Reading {
  captured: Record<string, Captured>;
  problem?: string;
  refused?: boolean;
}

function readCaptures(setup: SetupConfig, exchanged: Exchange): Reading {
  const seen = `${setup.call}: ${describeAnswer(exchanged)}`;
  if (exchanged.interrupted === true) return { captured: {}, problem: 'the run was interrupted' };
  if (exchanged.answer?.status !== setup.expect) {
    const refused = exchanged.error === undefined;
    return { captured: {}, problem: `${seen}, expected ${setup.expect}`, refused };
  }
  const captured: Record<string, Captured> = {};
  for (const [name, pointer] of Object.entries(setup.capture)) {
    const value = valueInAnswer(exchanged, pointer);
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      return { captured: {}, problem: `${seen}: no text, number or boolean at ${pointer} for ${name}` };
    }
    captured[name] = value;
  }
  return { captured };
}
