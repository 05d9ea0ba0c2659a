/**
 * What a value can be, as far as the lifecycle is concerned. Things are interned: equal keys are one thing.
 * Created by the linker and the models, read by the graph.
 */
import type { ResourceRow } from '../../../../harness/resource-catalogue.ts';

/** Index of a thing in the table. */
export type ThingId = number;
/** Index of a place that holds things: a variable, a field, the value of an expression. */
export type NodeId = number;

export type Thing =
  | { t: 'function'; file: number; fn: number }
  | { t: 'class'; file: number; cls: number }
  /** All instances of a class of the project, taken together. */
  | { t: 'instance'; file: number; cls: number }
  | { t: 'object'; file: number; id: number }
  /** Arrays and sets; `id` is the expression that makes them, `part` tells several of one expression apart. */
  | { t: 'array'; file: number; id: number; part: string }
  | { t: 'map'; file: number; id: number }
  | { t: 'exports'; file: number }
  | { t: 'module'; file: number }
  /** What another package or the platform exports: `fastify` `().listen`; `global` `process.on`. */
  | { t: 'external'; from: string; path: string }
  | { t: 'resource'; site: number; row: ResourceRow; from: string; path: string }
  /** A method of a thing that this project did not write: of an array, a map, a resource, a function. */
  | { t: 'method'; of: ThingId; name: string }
  /** The promise that a call gave; it travels with the values it stands for. */
  | { t: 'promise'; site: number }
  /** The resolve function of a `new Promise`. */
  | { t: 'resolver'; result: NodeId }
  /** A string that names a signal or a lifecycle event. */
  | { t: 'text'; text: string }
  | { t: 'abort'; site: number }
  /** A DisposableStack. */
  | { t: 'stack'; site: number }
  | { t: 'signal'; site: number }
  /** A URL or a path inside a package: `import.meta.resolve('ccxt')`, and what is built on it. */
  | { t: 'location'; of: string }
  /** What a `new` of something unknown gives; an annotation may name it. */
  | { t: 'made'; site: number };

export function keyOf(thing: Thing): string {
  switch (thing.t) {
    case 'function':
      return `f${thing.file}.${thing.fn}`;
    case 'class':
      return `c${thing.file}.${thing.cls}`;
    case 'instance':
      return `i${thing.file}.${thing.cls}`;
    case 'object':
      return `o${thing.file}.${thing.id}`;
    case 'array':
      return `a${thing.file}.${thing.id}.${thing.part}`;
    case 'map':
      return `m${thing.file}.${thing.id}`;
    case 'exports':
      return `x${thing.file}`;
    case 'module':
      return `M${thing.file}`;
    case 'external':
      return `e${thing.from} ${thing.path}`;
    case 'resource':
      return `r${thing.site} ${thing.row.noun}`;
    case 'method':
      return `b${thing.of}.${thing.name}`;
    case 'promise':
      return `p${thing.site}`;
    case 'resolver':
      return `R${thing.result}`;
    case 'text':
      return `t${thing.text}`;
    case 'abort':
      return `A${thing.site}`;
    case 'stack':
      return `S${thing.site}`;
    case 'signal':
      return `s${thing.site}`;
    case 'location':
      return `l${thing.of}`;
    case 'made':
      return `n${thing.site}`;
  }
}

/** Strings worth following: they name a signal, an event or a hook of the lifecycle. */
const LIFECYCLE_WORD =
  /^(SIG[A-Z0-9]+|beforeExit|exit|disconnect|message|uncaughtException|uncaughtExceptionMonitor|unhandledRejection|shutdown|abort|on[A-Z]\w*|pre[A-Z]\w*)$/;

export function isLifecycleWord(text: string): boolean {
  return LIFECYCLE_WORD.test(text);
}
