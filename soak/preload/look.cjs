// One look at what is open now: what was followed, what the system says, and what nobody has followed. Loaded by
// probe.cjs. Plain JavaScript for old Nodes.
'use strict';
const { framesOf, originOf } = require('./frames.cjs');

/** `{ open, files, active, listeners }`; frames as they are, `origins` where this Node can map them. */
exports.look = function look(registry, hooks, own) {
  if (hooks !== undefined) hooks.stop();
  try {
    registry.sweep();
    const open = [];
    for (const thing of registry.things) open.push(describe(thing));
    const active = activeNow();
    const seen = { open, active, files: filesNow(registry.fds, own), listeners: listenersNow() };
    if (hooks !== undefined) seen.more = moreOf(hooks, registry);
    return seen;
  } finally {
    if (hooks !== undefined) hooks.start();
  }
};

function describe(thing) {
  const frames = framesOf(thing.stack);
  return {
    opens: typeof thing.opens === 'function' ? thing.opens() : thing.opens,
    holds: answerOf(() => thing.holds()),
    detail: answerOf(() => thing.detail()) || '',
    dueInMs: thing.dueInMs,
    port: thing.port === undefined ? undefined : answerOf(() => thing.port()),
    frames,
    origins: originsOf(frames),
  };
}

function originsOf(frames) {
  const mapped = frames.map((frame) => originOf(frame) || null);
  return mapped.some((each) => each !== null) ? mapped : undefined;
}

function answerOf(ask) {
  try {
    return ask();
  } catch (_error) {
    return undefined; // a thing that has gone in the meantime has nothing to say
  }
}

/** How many of each kind keep the loop alive; undefined on a Node that does not tell. */
function activeNow() {
  if (typeof process.getActiveResourcesInfo !== 'function') return undefined;
  const counts = {};
  for (const name of process.getActiveResourcesInfo()) counts[name] = (counts[name] || 0) + 1;
  return counts;
}

/** Files that are open, with the stack that opened them where it was seen; the system knows which are. */
function filesNow(fds, own) {
  const fs = require('fs');
  let names;
  try {
    names = own.readdirSync('/proc/self/fd');
  } catch (_error) {
    return undefined; // this system has no /proc
  }
  const files = [];
  for (const name of names) {
    const path = answerOf(() => own.readlinkSync(`/proc/self/fd/${name}`));
    if (path === undefined || !path.startsWith('/') || /^\/(dev|proc|sys)\//.test(path)) continue;
    const fd = Number(name);
    if (fd <= 2 || !answerOf(() => own.fstatSync(fd).isFile())) continue;
    const frames = framesOf(fds.get(fd));
    files.push({ path, frames, origins: originsOf(frames) });
  }
  for (const fd of fds.keys()) if (names.indexOf(String(fd)) < 0) fds.delete(fd);
  return files;
}

function listenersNow() {
  let count = 0;
  for (const name of process.eventNames()) count += process.listenerCount(name);
  return count;
}

/** What only async_hooks has seen. */
function moreOf(hooks, registry) {
  const known = new Set();
  for (const thing of registry.things) known.add(keyOf(framesOf(thing.stack)));
  const more = [];
  for (const each of hooks.alive.values()) {
    const resource = each.resource.deref();
    // That a timer has ended is told late by async_hooks.
    if (resource === undefined || resource._destroyed === true || resource._idleTimeout === -1) continue;
    const frames = framesOf(each.stack);
    if (known.has(keyOf(frames))) continue;
    const holds = typeof resource.hasRef === 'function' ? answerOf(() => resource.hasRef()) : undefined;
    const dueInMs = each.type === 'Timeout' && resource._repeat === null ? resource._idleTimeout : undefined;
    more.push({ opens: opensOf(each, resource, frames), holds, dueInMs, frames, origins: originsOf(frames) });
  }
  return more;
}

function opensOf({ type, opens }, resource, frames) {
  if (type !== 'Timeout' || resource._repeat === null) return opens;
  const isIterator = frames.some((frame) => frame[1] === 'node:timers/promises');
  return isIterator ? 'node:timers/promises setInterval' : 'global setInterval';
}

/** The first frame that is not Node's own: one thing is opened by one line. */
function keyOf(frames) {
  const first = frames.find((frame) => !/^node:|^internal\//.test(frame[1]));
  return first === undefined ? '' : `${first[1]}:${first[2]}:${first[3]}`;
}
