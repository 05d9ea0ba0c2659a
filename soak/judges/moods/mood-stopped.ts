/** Judge: in this mood too the service stops in time, with its exit code, and leaves nothing behind. */
import type { CellHistory } from '../../moods/history.ts';
import { ms } from '../judge.ts';
import {
  describeExit,
  fail,
  type MoodExpectation,
  type MoodJudge,
  pass,
  refusal,
  seen,
  unknown,
} from './mood-judge.ts';

/** What is wrong, and what was not seen. */
interface Findings {
  wrong: string[];
  unseen: string[];
}

const judge: MoodJudge = {
  id: 'mood-stopped',
  title:
    'with the companion in this mood the service stops in time, with the agreed code, and leaves nothing behind',
  why: 'a request that hangs on a silent companion holds the exit until the supervisor kills it, on the very day of a redeploy',
  fix: 'abort requests in flight and end streams in the stop handler; a client without a deadline waits as long as the other side likes',
  judge(history, expected) {
    const refused = refusal(history) !== undefined;
    const parts = [
      ...(refused ? [] : [exitOf(history, expected)]),
      portOf(history, expected),
      survivorsOf(history),
    ];
    const wrong = parts.flatMap((part) => part.wrong);
    if (wrong.length > 0) return fail(wrong.join('; '));
    const unseen = parts.flatMap((part) => part.unseen);
    if (unseen.length > 0) return unknown(unseen.join('; '));
    if (refused) return pass('it left nothing behind when it refused to start');
    return pass(`stopped after ${ms(seen(history, 'exited')?.afterMs ?? 0)}, and left nothing behind`);
  },
};
export default judge;

function exitOf(history: CellHistory, { limits }: MoodExpectation): Findings {
  const running = seen(history, 'still-running');
  if (running !== undefined) return wrong(`still running ${ms(running.afterMs)} after the stop signal`);
  const exit = seen(history, 'exited');
  if (exit === undefined) return unseen('no exit after a stop signal was seen');
  const late = exit.afterMs > limits.exitWithinMs;
  const badly = exit.code !== limits.exitCode || exit.signal !== null;
  return {
    wrong: [
      ...(late ? [`stopped after ${ms(exit.afterMs)}; limit ${limits.exitWithinMs} ms`] : []),
      ...(badly ? [`ended by ${describeExit(exit)}; expected code ${limits.exitCode}`] : []),
    ],
    unseen: [],
  };
}

function portOf(history: CellHistory, { limits }: MoodExpectation): Findings {
  const held = seen(history, 'port-held');
  if (held !== undefined)
    return wrong(`its port is held ${ms(held.afterMs)} after the exit by ${held.holder}`);
  const free = seen(history, 'port-free');
  if (free === undefined) return unseen('it was not seen whether its port is free again');
  if (free.afterMs <= limits.portFreeWithinMs) return { wrong: [], unseen: [] };
  return wrong(`its port was free only after ${ms(free.afterMs)}; limit ${limits.portFreeWithinMs} ms`);
}

function survivorsOf(history: CellHistory): Findings {
  const processes = seen(history, 'survivors')?.processes;
  if (processes === undefined) return unseen('nobody looked for survivors');
  if (!processes.readable) return unseen(`survivors cannot be seen: ${processes.reason}`);
  if (processes.value.length === 0) return { wrong: [], unseen: [] };
  const names = processes.value.slice(0, 3).map(({ pid, command }) => `pid ${pid} (${command})`);
  return wrong(`outlived by ${names.join(', ')}`);
}

const wrong = (text: string): Findings => ({ wrong: [text], unseen: [] });
const unseen = (text: string): Findings => ({ wrong: [], unseen: [text] });
