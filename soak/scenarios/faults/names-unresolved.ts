/** No name can be resolved, or the resolver does not answer: while the service starts, while it works, while it stops. */
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errorText } from '../../../harness/errors.ts';
import { throughProxies, type Proxied } from '../../faults/dependencies.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { openNameServer, type NameServer } from '../../faults/name-server.ts';
import { folderOf, inMountNamespace } from '../../faults/places.ts';
import { judgeReadyAgain } from '../../faults/ready-again.ts';
import { REFUSAL_LINES, saysWhy } from '../../faults/refusals.ts';
import type { Trial } from '../../faults/trial.ts';
import { observed } from '../../judges/judge.ts';
import { ScenarioAborted } from '../scenario.ts';

const STARTING = 'unknown while it starts, and known again';
const WORKING = 'unknown while it works, and known again';
const STOPPING = 'the resolver does not answer while it stops';
/** By which the service knows the host of its companions. */
const NAME = 'companions.shakedown.test';
const MOUNT = 'mount --bind "$1/resolv.conf" /etc/resolv.conf';
const CONTROL_MS = 10_000;
const STRIKE_MS = 8_000;
const CUT_EVERY_MS = 250;
const HOLD_MS = 700;
const RECOVER_MS = 15_000;

const scenario: FaultScenario = {
  name: 'names-unresolved',
  group: 'dependencies',
  title: 'names that cannot be resolved do not end it for good, nor hold its exit',
  why: 'a resolver is away for a moment at every boot and in every network fault: a lookup that fails where nobody expects it ends the process; one without an answer holds its exit for ten seconds, process.exit included, as it cannot be aborted',
  fix: 'handle the error of every connection; give lookups an end: RES_OPTIONS=timeout:1 attempts:1 in the environment, or the same options in resolv.conf',
  modes: [32],
  important: false,
  allow: REFUSAL_LINES,
  doesNotApply: ({ companions }) =>
    companions.length === 0 ? 'no companions are configured: it depends on nothing that is known' : undefined,
  cannotRun: ({ resolver }) =>
    resolver
      ? undefined
      : 'the service cannot be given a resolver of its own here: that needs root and unshare',
  cases: () => [
    { name: WORKING, ends: 'clean' },
    { name: STOPPING, ends: 'clean' },
    { name: STARTING, ends: 'any' },
  ],
  async run(trial) {
    const names = await openNames(trial);
    if (trial.case.name === STARTING) return unknownAtStart(trial, names);
    names.say('known');
    const { other } = names;
    const life = await other.startReady();
    names.say(trial.case.name === STOPPING ? 'silent' : 'unknown');
    await awaitLookups(trial, names, STRIKE_MS);
    await other.hold(HOLD_MS);
    other.demandAlive(life, 'while no name could be resolved');
    if (trial.case.name === WORKING) {
      names.say('known');
      await other.awaitReadiness(life, RECOVER_MS, 'once names were known again');
    }
    await other.stop(life);
  },
  judge: (history) => {
    if (history.case.name === WORKING)
      return judgeReadyAgain(history, 'after names were known again', RECOVER_MS);
    // It gave up at its start: that is its right, when it says why.
    const gaveUp = observed(history, 'heard').some(({ what }) => what === 'last words');
    return gaveUp
      ? saysWhy(history, /ENOTFOUND|EAI_AGAIN|getaddrinfo|\bdns\b|shakedown\.test/i, 'the name')
      : [];
  },
};
export default scenario;

interface Names extends Pick<Proxied, 'other'>, Pick<NameServer, 'say' | 'lost'> {
  /** So that names have to be looked up again. */
  cutConnections(): void;
}

/** The service with its companions behind a name, and a resolver of the harness, proved by a lookup of the harness's own. */
async function openNames(trial: Trial): Promise<Names> {
  const { context } = trial;
  // A name server of the host that listens on every address leaves no room for another.
  const server = await openNameServer().catch((error: unknown) => {
    throw new ScenarioAborted(`no name server can listen on port 53 here: ${errorText(error)}`);
  });
  context.atEnd(() => server.close());
  const folder = folderOf(trial, 'names');
  writeFileSync(join(folder, 'resolv.conf'), `nameserver ${server.address}\n`);
  await demandAnswer(trial, folder);
  const nodePath = await context.nodePath();
  const { other, proxies } = await throughProxies(trial, {
    name: 'by name',
    host: NAME,
    also: (service) => inMountNamespace(service, nodePath, folder, MOUNT),
  });
  for (const proxy of proxies) proxy.set('none');
  return {
    other,
    say: (state) => server.say(state),
    lost: () => server.lost(),
    cutConnections: () => {
      for (const proxy of proxies) {
        proxy.set('resetting');
        proxy.set('none');
      }
    },
  };
}

/** Names may take another way on this host: a cache, a daemon. Then nothing can be lost. */
async function demandAnswer(trial: Trial, folder: string): Promise<void> {
  const words = ['--mount', 'sh', '-c', `${MOUNT} && exec getent ahostsv4 "$2"`, 'sh', folder, NAME];
  const asked = spawn('unshare', words, { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  let isOver = false;
  asked.stdout.on('data', (chunk: Buffer) => (said += chunk.toString('latin1')));
  asked.once('error', () => (isOver = true)).once('close', () => (isOver = true));
  try {
    await trial.until(() => (isOver ? true : undefined), CONTROL_MS, 'a lookup of the harness');
  } finally {
    if (!isOver) asked.kill('SIGKILL');
  }
  if (said.startsWith('127.0.0.1 ')) return;
  throw new ScenarioAborted('names are not looked up by /etc/resolv.conf on this host');
}

/** It waits for its names and gets ready, or gives up and says why. */
async function unknownAtStart(trial: Trial, names: Names): Promise<void> {
  const { other } = names;
  names.say('unknown');
  const life = await other.start();
  const hasEnded = (): true | undefined => (life.instance.exit() === undefined ? undefined : true);
  await other.until(() => (names.lost().length > 0 ? true : hasEnded()), STRIKE_MS, 'a name to be looked up');
  await other.until(hasEnded, HOLD_MS, 'it to end or go on');
  await awaitLookups(trial, names, 0);
  names.say('known');
  if (hasEnded() === true) return other.refuse(life);
  await other.becomeReady(life);
  await other.stop(life);
}

async function awaitLookups(trial: Trial, { lost, cutConnections }: Names, withinMs: number): Promise<void> {
  let cutAtMs = Number.NEGATIVE_INFINITY;
  const look = (): string | undefined => {
    // One that was on its way in the moment of the cut would be kept for good.
    if (performance.now() - cutAtMs > CUT_EVERY_MS) {
      cutConnections();
      cutAtMs = performance.now();
    }
    return lost()[0];
  };
  const looked = await trial.until(look, withinMs, 'a name to be looked up');
  if (looked.met) trial.struck(`${lost().length} lookups failed, the first of ${looked.value}`);
  else trial.moot(`it looked up no name within ${STRIKE_MS / 1_000} s`);
}
