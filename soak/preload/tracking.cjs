// What is followed, and how the platform is wrapped to see it. Used by the files that watch one part of it each.
'use strict';
const { take } = require('./frames.cjs');

const LIMIT = 30;

const things = new Set();
let sweepAt = 512;

/** A thing: `opens` in the words of the resource catalogue; `isOpen`, `holds` and `detail` are asked when it is looked at. */
function track(opens, thing) {
  thing.opens = opens;
  thing.stack = take(LIMIT);
  things.add(thing);
  if (things.size > sweepAt) {
    sweep();
    sweepAt = Math.max(512, things.size * 2);
  }
}

function sweep() {
  for (const thing of things) if (!thing.isOpen()) things.delete(thing);
}

/** Puts `make(original)` in the place of a property of each owner, with everything that hangs on the original. */
function wrap(owners, name, make) {
  const all = Array.isArray(owners) ? owners : [owners];
  const original = all[0][name];
  if (typeof original !== 'function') return;
  const made = make(original);
  for (const key of Reflect.ownKeys(original)) {
    const own = Object.getOwnPropertyDescriptor(made, key);
    if (own === undefined || own.configurable)
      Object.defineProperty(made, key, Object.getOwnPropertyDescriptor(original, key));
  }
  for (const owner of all) if (owner[name] === original) put(owner, name, made);
}

function put(owner, name, value) {
  const found = Object.getOwnPropertyDescriptor(owner, name);
  const enumerable = found === undefined || found.enumerable === true;
  Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable });
}

/** A class whose instances are told to `made`. */
function wrapClass(owners, name, made) {
  const Original = owners[0][name];
  if (typeof Original !== 'function') return;
  const proxy = new Proxy(Original, {
    construct(target, args, newTarget) {
      const instance = Reflect.construct(target, args, newTarget === proxy ? target : newTarget);
      made(instance, args);
      return instance;
    },
  });
  for (const owner of owners) if (owner[name] === Original) put(owner, name, proxy);
}

const asks = (object, method, otherwise) => {
  if (object === null || object === undefined) return false;
  return typeof object[method] === 'function' ? Boolean(object[method]()) : otherwise;
};
const handleHolds = (object) => asks(object._handle, 'hasRef', true);

/** Wraps a method that does no more than change what is known of its object. */
const noting = (set, add) => (original) =>
  function () {
    const answer = original.apply(this, arguments);
    if (add) set.add(this);
    else set.delete(this);
    return answer;
  };

/** The stack of whoever opens something now. */
const openedHere = () => take(LIMIT);

module.exports = { things, track, sweep, wrap, wrapClass, asks, handleHolds, noting, openedHere };
