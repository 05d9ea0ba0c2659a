/** Files that the program runs in a thread or a process of their own: entries beside those that somebody starts. Used by the graph. */
import path from 'node:path';
import type { Value } from '../facts/model.ts';
import { functionKey, type Program, type Site } from './flow/program.ts';

const RUNS =
  /^(node:worker_threads Worker|node:child_process fork|node:cluster (setupPrimary|setupMaster)|piscina( Piscina)?|tinypool( Tinypool)?|workerpool pool)$/;

/** The files of the program that live code runs so. */
export function workerFiles(program: Program, live: ReadonlySet<string>): number[] {
  const found = program.sites.flatMap((site) =>
    live.has(functionKey(site)) && runsFile(program, site) ? filesOf(program, site) : [],
  );
  return [...new Set(found)];
}

function runsFile(program: Program, site: Site): boolean {
  return [...program.flow.thingsAt(site.callee)].some((id) => {
    const thing = program.flow.things[id];
    return thing?.t === 'external' && RUNS.test(`${thing.from} ${thing.path}`.trim());
  });
}

function filesOf(program: Program, site: Site): number[] {
  const [first] = site.call.a;
  const given =
    first?.k === 'object' ? first.props.find(([name]) => /^(filename|exec)$/.test(name))?.[1] : first;
  const pattern = given && patternOf(given);
  return pattern === undefined ? [] : matching(program, site.file, pattern);
}

/** The path that a value stands for; `*` for what is known only when it runs. */
function patternOf(value: Value): string | undefined {
  if (value.k === 'text') return value.t;
  if (value.k === 'member') return patternOf(value.o);
  if (value.k === 'operands') return value.texts?.join('*');
  if (value.k !== 'call') return undefined;
  const texts = value.a.flatMap((each) => patternOf(each) ?? []);
  return texts.length > 0 ? texts.join('/') : undefined;
}

const OUTPUT = /^(dist|build|built|out|lib|output|target)\//;
const stemOf = (file: string): string => file.replace(/\.[cm]?[jt]sx?$/, '');

/** Beside the file that runs it, or in the sources where the output says; a name alone must be of one file. */
function matching(program: Program, from: number, pattern: string): number[] {
  const stems = program.files.map((each) => stemOf(each.path));
  const wanted = stemOf(pattern);
  const beside = path.posix.normalize(path.posix.join(path.posix.dirname(stems[from] ?? ''), wanted));
  const plain = wanted.replace(/^(\.{0,2}\/)+/, '').replace(OUTPUT, '');
  for (const each of [beside, plain, `src/${plain}`]) {
    const found = indicesOf(stems, each);
    if (found.length > 0) return found;
  }
  const ends = stems.flatMap((stem, index) => (stem.endsWith(`/${plain}`) ? [index] : []));
  return ends.length === 1 ? ends : [];
}

function indicesOf(stems: readonly string[], pattern: string): number[] {
  if (pattern === '*' || pattern === '') return [];
  const parts = pattern.split('*').map((each) => each.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  const matches = new RegExp(`^${parts.join('[^/]+')}$`);
  return stems.flatMap((stem, index) => (matches.test(stem) ? [index] : []));
}
