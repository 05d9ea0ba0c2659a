/**
 * The source stage: rules of real analysis over the sources of a service. `sourceStage` is run by the gate,
 * `checkSource` by the command that checks any repository without a configuration.
 */
import path from 'node:path';
import type { Config } from '../../harness/config.ts';
import type { Progress, Stage, StageContext } from '../../harness/stage.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { analysedNote } from './analysed.ts';
import { applyAllows, applySettings } from './allow.ts';
import { findEntries, type Entry } from './entries.ts';
import { runRule, type Finding } from './examine.ts';
import { readFacts } from './facts/read-facts.ts';
import type { FileFacts } from './facts/model.ts';
import { findProject, type Project } from './files.ts';
import { type Given, NEEDED } from './given.ts';
import { judgeFollowed } from './followed.ts';
import { catalogueWith } from './graph/flow/catalogue.ts';
import { buildGraph, type Graph } from './graph/graph.ts';
import type { AnyRule, RuleContext } from './rule.ts';
import { RULES } from './rules.ts';
import { unresolvedNotes } from './lifecycle/releases/unresolved.ts';
import { oracleInput } from './oracle-input.ts';
import { createOracle, type TypeOracle } from './types/oracle.ts';

export interface SourceCheck {
  /** Folder of the configuration, or where the command was called. */
  projectRoot: string;
  config: Pick<Config, 'source' | 'rules' | 'resources'>;
  signal?: AbortSignal;
  progress?: Progress;
  /** Folder for cached facts; nothing is cached without it. */
  cacheFolder?: string;
  /** Rules to run; all without it. */
  rules?: readonly AnyRule[];
  /** What stands beside the source, for the rules that need it. */
  given?: Given;
  /** Texts in the place of what is on the disk, by absolute path: what a fix would write. */
  texts?: ReadonlyMap<string, string>;
}

export interface SourceResult {
  verdicts: Finding[];
  /** Everything that was analysed; the hash is sha256 of the content. */
  files: { path: string; hash: string }[];
  /** Said once about the whole: entries, missing types, unresolved calls. */
  notes: string[];
  /** What the rules saw; absent where there was nothing to see. */
  graph?: Graph;
}

export async function checkSource(check: SourceCheck): Promise<SourceResult> {
  const { projectRoot, config, signal, progress } = check;
  const startedAt = new Date().toISOString();
  progress?.status('reading sources');
  const project = findProject({ projectRoot, ...config.source, texts: check.texts });
  const files = project.files.map(({ path: name, hash }) => ({ path: name, hash }));
  if (project.files.length === 0) return { verdicts: [noFiles(config, startedAt)], files, notes: [] };
  const facts: FileFacts[] = [];
  for (const each of project.files) {
    signal?.throwIfAborted();
    facts.push(readFacts(each, check.cacheFolder));
    // Lets a signal in between files.
    if (facts.length % 200 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  progress?.status('linking');
  const entries = findEntries(project, projectRoot, config.source.entries);
  const catalogue = catalogueWith(config.resources);
  const graph = buildGraph(programFiles(project, facts), entryIndices(project, entries), catalogue);
  const known = { projectRoot, types: config.source.types, project, facts, graph };
  const types = createOracle({ ...oracleInput(known), texts: check.texts });
  try {
    return judge(check, { project, facts, entries, graph, types, startedAt });
  } finally {
    types.end();
  }
}

interface Read {
  project: Project;
  facts: readonly FileFacts[];
  entries: readonly Entry[];
  graph: Graph;
  types: TypeOracle;
  startedAt: string;
}

function judge(check: SourceCheck, read: Read): SourceResult {
  const { config, projectRoot } = check;
  const { project, facts, entries, graph, types, startedAt } = read;
  const files = project.files.map(({ path: name, hash }) => ({ path: name, hash }));
  const rules = check.rules ?? RULES;
  const findings = runRules(check, { graph, types, given: check.given ?? {} }, rules, startedAt);
  const examined = findings.filter(({ outcome }) => outcome !== 'skip').length;
  findings.unshift(...parsedVerdicts(project, facts, startedAt), judgeFollowed(graph, examined, startedAt));
  const allows = project.files.map((each, index) => ({
    path: each.path,
    allows: facts[index]?.allows ?? [],
  }));
  const allowed = applyAllows(findings, allows, {
    stage: 'source',
    startedAt,
    ran: rules.map((each) => each.id).filter((id) => config.rules.off[id] === undefined),
    known: RULES.map((each) => each.id),
  });
  const known = [...RULES, ...rules].map((each) => each.id);
  const notes = [
    analysedNote(project, projectRoot),
    ...entryNotes(project, graph, entries),
    ...types.notes(),
    ...unresolvedNotes(graph),
  ];
  return {
    verdicts: applySettings(allowed, config.rules, { stage: 'source', startedAt, known }),
    files,
    notes,
    graph,
  };
}

function runRules(
  { config, signal, progress }: SourceCheck,
  context: Omit<RuleContext, 'examine'>,
  rules: readonly AnyRule[],
  startedAt: string,
): Finding[] {
  const fileCount = context.graph.program.files.length;
  return rules.flatMap((rule) => {
    signal?.throwIfAborted();
    if (config.rules.off[rule.id] !== undefined) return [];
    progress?.status(`rule ${rule.id}`);
    const mustHaveSubjects = config.rules.mustHaveSubjects.includes(rule.id);
    const missing = rule.needs?.find((each) => context.given[each] === undefined);
    return runRule(rule, context, {
      stage: 'source',
      mustHaveSubjects,
      fileCount,
      startedAt,
      missing: missing && NEEDED[missing],
    });
  });
}

function programFiles(project: Project, facts: readonly FileFacts[]) {
  const indices = new Map(project.files.map((each, index) => [each.absolute, index]));
  return project.files.map((file, index) => ({
    path: file.path,
    facts: facts[index] ?? readFacts(file, undefined),
    resolve: (specifier: string): number | string => {
      const target = project.resolve(file.absolute, specifier);
      return indices.get(target) ?? target;
    },
  }));
}

function entryIndices(project: Project, entries: readonly { file: string }[]): number[] {
  return entries
    .map((each) => project.files.findIndex((file) => file.absolute === each.file))
    .filter((each) => each >= 0);
}

function entryNotes(
  project: Project,
  graph: Graph,
  entries: readonly { file: string; because: string }[],
): string[] {
  const named = entries.map((each) => `${path.relative(project.root, each.file)} (${each.because})`);
  const found = graph.entries.map(
    (each) => `${graph.program.files[each]?.path} (opens or registers at top level)`,
  );
  const all = named.length > 0 ? named : found;
  return [
    all.length > 0
      ? `entries: ${all.join(', ')}`
      : 'no entry found: nothing names one, and no file starts anything at top level',
  ];
}

function noFiles(config: Pick<Config, 'source'>, startedAt: string): Verdict {
  return createVerdict({
    stage: 'source',
    check: 'parsed',
    subject: 'source files',
    outcome: 'unknown',
    message: `no source files found in ${config.source.root}: nothing was checked`,
    fix: 'set source.root to the folder of the TypeScript or JavaScript sources, and look at source.exclude',
    startedAt,
  });
}

function parsedVerdicts(project: Project, facts: readonly FileFacts[], startedAt: string): Verdict[] {
  const base = { stage: 'source', check: 'parsed', startedAt } as const;
  const broken = project.files.flatMap((file, index): Verdict[] => {
    const [error] = facts[index]?.errors ?? [];
    if (!error) return [];
    const location = { file: file.path, line: error.line, column: error.column };
    const message = `${file.path}:${error.line} does not parse (${error.message}); what follows in this file is not judged`;
    return [
      createVerdict({
        ...base,
        subject: file.path,
        outcome: 'unknown',
        message,
        location,
        fix: 'correct the syntax error',
      }),
    ];
  });
  if (broken.length > 0) return broken;
  const count = `${facts.length} ${facts.length === 1 ? 'file' : 'files'}`;
  return [createVerdict({ ...base, subject: 'source files', outcome: 'pass', message: `${count} parsed` })];
}

/** Checks that a configuration asks for: the rules that are not off, and that the files parse. */
function plannedChecks(chosen: readonly AnyRule[]): string[] {
  return ['parsed', 'followed', ...chosen.map((each) => each.id)];
}

/**
 * @param givenOf what stands beside the source, found by whoever runs the stage.
 * @param rules those that run; all of them when left out.
 */
export function sourceStage(
  givenOf: (context: StageContext) => Given = () => ({}),
  rules: readonly AnyRule[] = RULES,
): Stage {
  return {
    name: 'source',
    plan: () => ({ checks: plannedChecks(rules) }),
    async run(context) {
      const { config, projectRoot, files, progress, signal, verdict } = context;
      const cacheFolder = path.join(projectRoot, '.shakedown', 'cache');
      const given = givenOf(context);
      const result = await checkSource({ projectRoot, config, signal, progress, cacheFolder, given, rules });
      files.write('files.json', `${JSON.stringify(result.files, null, 2)}\n`);
      for (const note of result.notes) progress.note(note);
      for (const each of result.verdicts)
        verdict({ ...each, evidence: [...each.evidence, files.evidence('files.json')] });
    },
  };
}
