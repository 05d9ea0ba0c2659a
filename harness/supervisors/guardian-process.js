// Ends what a harness leaves behind when it dies in any way. Started once by guardian.ts, in a session of its own,
// with a pipe as standard input: the pipe's end is the harness's death. Plain JavaScript, no dependencies: it is
// started before anything else and must not fail. One JSON message a line:
//   {"do":"mark","name":"VARIABLE","value":"x"}   processes with VARIABLE=x in their environment are ours
//   {"do":"group","pid":1,"startTicks":2}         so are the members of this process group
//   {"do":"forget","pid":1}   {"do":"folder","path":"/x"}   {"do":"unfolder","path":"/x"}
import { readFileSync, readdirSync, rmSync } from 'node:fs';

const GRACE_MS = 1000;
const LIMIT_MS = 2800;
const STEP_MS = 25;

const marks = [];
const groups = new Map();
const folders = new Set();

const actions = {
  mark: (message) => marks.push(`\0${message.name}=${message.value}\0`),
  group: (message) => groups.set(message.pid, message.startTicks),
  forget: (message) => groups.delete(message.pid),
  folder: (message) => folders.add(message.path),
  unfolder: (message) => folders.delete(message.path),
};

function readStat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return {
      pid,
      state: fields[0],
      group: Number(fields[2]),
      session: Number(fields[3]),
      start: Number(fields[19]),
    };
  } catch {
    return undefined;
  }
}

function isMarked(pid) {
  try {
    const environment = `\0${readFileSync(`/proc/${pid}/environ`, 'latin1')}\0`;
    return marks.some((mark) => environment.includes(mark));
  } catch {
    return false;
  }
}

function isOfGroup(stat) {
  const start = groups.get(stat.group);
  if (start === undefined || stat.session !== stat.group || stat.start < start) return false;
  const leader = stat.pid === stat.group ? stat : readStat(stat.group);
  return leader === undefined || leader.start === start;
}

function findOurs() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((name) => readStat(Number(name)))
    .filter((stat) => stat !== undefined && stat.state !== 'Z' && (isOfGroup(stat) || isMarked(stat.pid)));
}

// Without /proc there are only the groups themselves, and no way to tell a reused number.
function endGroups(signal) {
  for (const pid of groups.keys()) {
    try {
      process.kill(-pid, signal);
    } catch {
      // Gone already.
    }
  }
}

function endEach(stats, signal) {
  for (const stat of stats) {
    const now = readStat(stat.pid);
    if (now === undefined || now.start !== stat.start) continue;
    try {
      process.kill(stat.pid, signal);
    } catch {
      // Gone already, or not ours to end: the next look tells.
    }
  }
}

function removeFolders() {
  for (const path of folders) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Nobody is left to tell.
    }
  }
}

function cleanUp() {
  const startedAt = Date.now();
  const asked = new Set();
  let hasProc = true;
  const step = () => {
    const elapsed = Date.now() - startedAt;
    const signal = elapsed === 0 || elapsed < GRACE_MS ? 'SIGTERM' : 'SIGKILL';
    let ours = [];
    try {
      ours = findOurs();
      endEach(signal === 'SIGTERM' ? ours.filter((stat) => !asked.has(stat.pid)) : ours, signal);
      for (const stat of ours) asked.add(stat.pid);
    } catch {
      hasProc = false;
      endGroups(signal);
    }
    if ((hasProc && ours.length === 0) || elapsed > LIMIT_MS || (!hasProc && signal === 'SIGKILL')) {
      removeFolders();
      process.exit(0);
    }
    setTimeout(step, STEP_MS);
  };
  step();
}

// A Ctrl-C or a hang-up of the terminal is for the harness; the guardian leaves when the pipe ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => {});

let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (text) => {
  const lines = (rest + text).split('\n');
  rest = lines.pop();
  for (const line of lines) {
    const message = JSON.parse(line);
    actions[message.do](message);
  }
});
let ended = false;
const onEnd = () => {
  if (ended) return;
  ended = true;
  cleanUp();
};
process.stdin.on('end', onEnd);
process.stdin.on('error', onEnd);
process.stdin.on('close', onEnd);
