// Makes members of the service fail: a line at the end of the module that declares one puts a wrapper in its place. Nothing in
// the service knows it. Loaded by probe.cjs when its plan has faults. Plain JavaScript; ES modules need a Node with
// module.registerHooks (22.15, 23.5) or module.register (18.19, 20.6).
'use strict';
const path = require('path');
const { fileURLToPath, pathToFileURL } = require('url');

const HOOK = 'shakedown.faults';

/** @param faults `{ id, file, owner, name, how, slowMs }`; `how` is throw, reject, hang, slow, or pass: it is only told. */
exports.arm = function arm(faults, say) {
  const byId = new Map(faults.map((fault) => [fault.id, fault]));
  globalThis[Symbol.for(HOOK)] = {
    owner(id, Owner) {
      const fault = byId.get(id);
      for (const holder of [Owner && Owner.prototype, Owner]) {
        if (
          !holder ||
          typeof holder[fault.name] !== 'function' ||
          !Object.prototype.hasOwnProperty.call(holder, fault.name)
        )
          continue;
        holder[fault.name] = wrapped(fault, holder[fault.name], say);
        say({ said: 'armed', id, file: fault.file });
        return;
      }
      say({ said: 'unarmed', id, reason: `${fault.owner} has no method ${fault.name}` });
    },
    member(id, original) {
      say({ said: 'armed', id, file: byId.get(id).file });
      return wrapped(byId.get(id), original, say);
    },
    unarmed(id, error) {
      say({ said: 'unarmed', id, reason: String(error && error.message) });
    },
  };
  const lineFor = lineMaker(faults);
  hookCommonJs(lineFor);
  hookModules(faults, lineFor);
};

function wrapped(fault, original, say) {
  let call = 0;
  const made = function () {
    call += 1;
    say({ said: 'called', id: fault.id, how: fault.how, call });
    const error = () => new Error(`shakedown fault: ${fault.id} fails (${fault.how})`);
    if (fault.how === 'throw') throw error();
    if (fault.how === 'reject') return Promise.reject(error());
    if (fault.how === 'hang') return new Promise(() => undefined);
    if (fault.how === 'slow')
      return new Promise((resolve) => setTimeout(resolve, fault.slowMs)).then(() =>
        original.apply(this, arguments),
      );
    return original.apply(this, arguments);
  };
  Object.defineProperty(made, 'name', { value: original.name, configurable: true });
  Object.defineProperty(made, 'length', { value: original.length, configurable: true });
  return made;
}

/** In the scope of the module, where its classes and functions have their names; on its last line, so that no other moves. */
function tail({ id, owner, name }) {
  const hook = `globalThis[Symbol.for(${JSON.stringify(HOOK)})]`;
  const put =
    owner === undefined
      ? `${name} = ${hook}.member(${JSON.stringify(id)}, ${name});`
      : `${hook}.owner(${JSON.stringify(id)}, ${owner});`;
  return `\n;try { ${put} } catch (error) { ${hook}.unarmed(${JSON.stringify(id)}, error); }`;
}

/** Whether the source map of a built file names the source. */
function isMadeFrom(source, file, wanted) {
  const urls = String(source).match(/^\/\/[#@]\s*sourceMappingURL=(\S+)\s*$/gm);
  if (urls === null) return false;
  const url = urls[urls.length - 1].replace(/^.*sourceMappingURL=/, '').trim();
  try {
    const inline = /^data:[^,]*?(;base64)?,(.*)$/.exec(url);
    const text =
      inline === null
        ? require('fs').readFileSync(path.resolve(path.dirname(file), decodeURIComponent(url)), 'utf8')
        : Buffer.from(inline[2], inline[1] === undefined ? 'utf8' : 'base64').toString('utf8');
    const map = JSON.parse(text);
    const base =
      inline === null
        ? path.dirname(path.resolve(path.dirname(file), decodeURIComponent(url)))
        : path.dirname(file);
    return map.sources.some((each) => path.resolve(base, map.sourceRoot || '', each) === wanted);
  } catch (_error) {
    return false; // without its map nobody knows what it was made from
  }
}

/** The line for a file, empty for most. */
function lineMaker(faults) {
  return (file, source) =>
    faults
      .filter((fault) => fault.file === file || isMadeFrom(source, file, fault.file))
      .map(tail)
      .join('');
}
exports.lineMaker = lineMaker;

function hookCommonJs(lineFor) {
  const { Module } = require('module');
  const compile = Module.prototype._compile;
  Module.prototype._compile = function (content, filename) {
    const rest = Array.prototype.slice.call(arguments, 1);
    return compile.apply(this, [content + lineFor(filename, content)].concat(rest));
  };
}

function hookModules(faults, lineFor) {
  const module = require('module');
  if (typeof module.registerHooks === 'function') {
    module.registerHooks({
      load(url, context, nextLoad) {
        const loaded = nextLoad(url, context);
        if (
          !url.startsWith('file:') ||
          !/^module/.test(String(loaded.format)) ||
          loaded.source === null ||
          loaded.source === undefined
        )
          return loaded;
        const source = String(
          loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source,
        );
        const line = lineFor(fileURLToPath(url), source);
        return line === '' ? loaded : Object.assign({}, loaded, { source: source + line });
      },
    });
  } else if (typeof module.register === 'function') {
    // In a thread of its own: what is needed there goes with it.
    const code = `import { createRequire } from 'node:module'; import { fileURLToPath } from 'node:url';
      let lineFor; export function initialize(data) { lineFor = createRequire(data.file)(data.file).lineMaker(data.faults); }
      export async function load(url, context, nextLoad) {
        const loaded = await nextLoad(url, context);
        if (!url.startsWith('file:') || loaded.format !== 'module' || !loaded.source) return loaded;
        const source = String(loaded.source instanceof Uint8Array ? Buffer.from(loaded.source) : loaded.source);
        return { ...loaded, source: source + lineFor(fileURLToPath(url), source) };
      }`;
    module.register(`data:text/javascript,${encodeURIComponent(code)}`, pathToFileURL(__filename), {
      data: { file: __filename, faults },
    });
  }
}
