/** What a name of the platform or the specifier of a module stands for. Used by the evaluator and the linker. */
import type { Program } from './program.ts';
import type { NodeId, Thing } from './things.ts';

export function globalThing(file: number, name: string): Thing {
  if (name === 'module') return { t: 'module', file };
  if (name === 'exports') return { t: 'exports', file };
  return { t: 'external', from: 'global', path: name === 'globalThis' || name === 'global' ? '' : name };
}

const PLATFORM_ALIASES: Record<string, [string, string]> = {
  'node:process': ['global', 'process'],
  'node:timers': ['global', ''],
};

/** The place of what a module exports as a whole. */
export function moduleNode(program: Program, file: number, specifier: string): NodeId {
  const { flow } = program;
  const target = program.files[file]?.resolve(specifier) ?? specifier;
  if (typeof target === 'number') return flow.field(flow.intern({ t: 'module', file: target }), 'exports');
  const [from, path] = PLATFORM_ALIASES[target] ?? [target, ''];
  const node = flow.node();
  flow.add(node, { t: 'external', from, path });
  return node;
}
