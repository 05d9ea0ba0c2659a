// The probe: loaded by `--require` into the service's own Node before the service, off in production, unknown to the
// service. It tells what is open and at which line it was opened, warnings, rejections, event-loop delay and the heap, by
// lines appended to a file; it is asked through a unix socket. Never by standard output. Plain JavaScript for old Nodes.
// Its folder is given by SHAKEDOWN_INSIDE: plan.json is read there, probe.ndjson is written there, ask.sock listens there.
'use strict';

const FOLDER = 'SHAKEDOWN_INSIDE';

/** Programs that start another one: they hand the probe on. */
const WRAPPERS = /(^|[\\/])(npm|npx|yarn|pnpm|corepack)(-cli|-cli\.js|\.c?js)?$|[\\/]npm[\\/]bin[\\/]/;

function begin() {
  const folder = process.env[FOLDER];
  if (folder === undefined) return;
  const { isMainThread } = require('worker_threads');
  if (!isMainThread || WRAPPERS.test(String(process.argv[1]))) return;
  leaveEnvironment();
  const own = Object.assign({}, require('fs'));
  let plan;
  try {
    plan = JSON.parse(own.readFileSync(`${folder}/plan.json`, 'utf8'));
    // One process per life: what the service starts itself is not looked into.
    own.writeFileSync(`${folder}/probe.ndjson`, '', { flag: 'wx' });
  } catch (_error) {
    return; // another process has it, or the run is over: nothing is said, which is judged as unknown
  }
  const say = (fact) => {
    try {
      own.appendFileSync(
        `${folder}/probe.ndjson`,
        `${JSON.stringify(Object.assign({ atMs: uptimeMs() }, fact))}\n`,
      );
    } catch (_error) {
      // The service must not suffer; what was not said is unknown.
    }
  };
  say({ said: 'loaded', pid: process.pid, node: process.version, mode: plan.mode });
  try {
    observe(folder, plan, own, say);
  } catch (error) {
    say({ said: 'broken', reason: String(error && error.stack) });
  }
}

const uptimeMs = () => Math.round(process.uptime() * 1e6) / 1e3;

/** What the service starts itself finds the environment that it would have without the probe. */
function leaveEnvironment() {
  delete process.env[FOLDER];
  const options = process.env.NODE_OPTIONS;
  if (options === undefined) return;
  const rest = options.replace(/\s*--require[ =]("(?:[^"\\]|\\.)*probe\.cjs"|\S*probe\.cjs)/, '').trim();
  if (rest === '') delete process.env.NODE_OPTIONS;
  else process.env.NODE_OPTIONS = rest;
}

function observe(folder, plan, own, say) {
  const connection = connect(folder, say);
  const loop = watchLoop(own);
  const hooks = plan.mode === 'stacks' ? require('./hooks.cjs').watch() : undefined;
  const registry = require('./registry.cjs').watch(plan.mode === 'stacks');
  for (const problem of registry.problems) say({ said: 'blind', reason: problem });
  const { look } = require('./look.cjs');
  const seen = (moment, more) => {
    try {
      say(Object.assign({ said: 'look', moment, loop: loop.take(), seen: look(registry, hooks, own) }, more));
    } catch (error) {
      say({ said: 'blind', moment, reason: String(error && error.stack) });
    }
  };
  require('./events.cjs').watch(say, seen);
  if (plan.faults !== undefined && plan.faults.length > 0) require('./faults.cjs').arm(plan.faults, say);
  connection.onAsk((ask) => {
    if (ask.do === 'look') seen('asked', { word: ask.word });
    else if (ask.do === 'heap') say({ said: 'heap', word: ask.word, heap: heapAfterGc(registry) });
  });
}

/** The harness listens; the connection keeps nothing alive, and is made before anything is followed. */
function connect(folder, say) {
  let answer = () => undefined;
  let rest = '';
  const socket = require('net').connect(`${folder}/ask.sock`);
  socket.unref();
  socket.setEncoding('utf8');
  socket.on('error', (error) => say({ said: 'deaf', reason: String(error.message) }));
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) answer(JSON.parse(line));
  });
  return {
    onAsk(handler) {
      answer = handler;
    },
  };
}

const TICK_MS = 20;

/**
 * How late the loop was since the last look, without what the machine had to do with it: the time in which the main thread
 * could have run and was not let is told apart, where the system counts it.
 */
function watchLoop(own) {
  const waited = waitedForCpu(own);
  let last = process.hrtime();
  let lastWaited = waited();
  let maxMs = 0;
  let starvedMs = 0;
  const tick = () => {
    const since = process.hrtime(last);
    const now = waited();
    const lateMs = since[0] * 1e3 + since[1] / 1e6 - TICK_MS;
    const waitedMs = now - lastWaited;
    last = process.hrtime();
    lastWaited = now;
    maxMs = Math.max(maxMs, lateMs - waitedMs);
    starvedMs = Math.max(starvedMs, waitedMs);
  };
  setInterval(tick, TICK_MS).unref();
  const rounded = (ms) => Math.round(Math.max(0, ms) * 10) / 10;
  return {
    take() {
      // What stands still right now has not ticked yet.
      tick();
      const delay = { maxMs: rounded(maxMs), starvedMs: rounded(starvedMs) };
      maxMs = 0;
      starvedMs = 0;
      return delay;
    },
  };
}

/** Milliseconds that the main thread has waited for a processor; 0 where the system does not tell. */
function waitedForCpu(own) {
  let file;
  try {
    file = own.openSync(`/proc/self/task/${process.pid}/schedstat`, 'r');
  } catch (_error) {
    return () => 0;
  }
  const buffer = Buffer.alloc(64);
  return () => {
    try {
      const text = buffer.toString('latin1', 0, own.readSync(file, buffer, 0, 64, 0));
      return Number(text.split(' ')[1]) / 1e6 || 0;
    } catch (_error) {
      return 0;
    }
  };
}

let collect;

/** The heap once all that can go has gone. */
function heapAfterGc(registry) {
  if (collect === undefined) {
    require('v8').setFlagsFromString('--expose-gc');
    collect = require('vm').runInNewContext('gc');
  }
  registry.sweep();
  // What a first collection lets go of may hold something that only a second one finds.
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heapUsedBytes: heapUsed, codeBytes: codeBytes(), externalBytes: external, rssBytes: rss };
}

/** What of the heap is compiled code: it grows for minutes as V8 compiles what is used often, and is no data. */
function codeBytes() {
  const v8 = require('v8');
  const spaces = v8.getHeapSpaceStatistics();
  const sum = spaces
    .filter((space) => /code|trusted/.test(space.space_name))
    .reduce((total, space) => total + space.space_used_size, 0);
  if (spaces.some((space) => space.space_name === 'trusted_space')) return sum;
  // Before V8 12, bytecode lay among the data.
  return sum + v8.getHeapCodeStatistics().bytecode_and_metadata_size;
}

begin();
