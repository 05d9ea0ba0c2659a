/**
 * One analysis from the disk to the verdicts: project, facts, graph, rules. Loaded by the source stage when no answer is kept:
 * with it comes the compiler.
 */
import path from 'node:path';
import { analysedNote } from './analysed.ts';
import { applyAllows, applySettings } from './allow.ts';
import { findEntries, type Entry } from './entries.ts';
import { runRule, type Finding } from './examine.ts';
import { openFacts } from './facts/read-facts.ts';
import { findProject, type Project } from './files.ts';
import { judgeFollowed } from './followed.ts';
import { NEEDED } from './given.ts';
import { catalogueWith } from './graph/flow/catalogue.ts';
import { buildGraph, type Graph } from './graph/graph.ts';
import { unresolvedNotes } from './lifecycle/releases/unresolved.ts';
import { oracleInput } from './oracle-input.ts';
import { configurationNotes, noFiles, parsedVerdicts } from './parsed.ts';
import type { AnyRule, RuleContext } from './rule.ts';
import { RULES } from './rules.ts';
import type { SourceCheck, SourceResult } from './source-stage.ts';
import { createOracle, type TypeOracle } from './types/oracle.ts';

export async function analyse(check: SourceCheck): Promise<SourceResult> {
  const { projectRoot, config, signal, progress } = check;
  const startedAt = new Date().toISOString();
  progress?.status('reading sources');
  const cache = openFacts(check.cacheFolder);
  const project = await findProject(
    { projectRoot, ...config.source, texts: check.texts },
    { facts: cache, signal },
  );
  cache.save();
  if (project.files.length === 0)
    return { verdicts: [noFiles(config, startedAt)], files: [], notes: [], looked: project.looked() };
  progress?.status('linking');
  const entries = findEntries(project, projectRoot, config.source.entries);
  const catalogue = catalogueWith(config.resources);
  const graph = buildGraph(programFiles(project), entryIndices(project, entries), catalogue);
  const facts = project.files.map((each) => each.facts);
  const known = { projectRoot, types: config.source.types, project, facts, graph };
  const types = createOracle({ ...oracleInput(known), texts: check.texts });
  try {
    return judge(check, { project, entries, graph, types, startedAt });
  } finally {
    types.end();
  }
}

interface Read {
  project: Project;
  entries: readonly Entry[];
  graph: Graph;
  types: TypeOracle;
  startedAt: string;
}

function judge(check: SourceCheck, read: Read): SourceResult {
  const { config, projectRoot } = check;
  const { project, entries, graph, types, startedAt } = read;
  const rules = check.rules ?? RULES;
  const findings = runRules(check, { graph, types, given: check.given ?? {} }, rules, startedAt);
  const examined = findings.filter(({ outcome }) => outcome !== 'skip').length;
  const parsed = parsedVerdicts(project, projectRoot, startedAt);
  findings.unshift(...parsed, judgeFollowed(graph, examined, startedAt));
  const allows = project.files.map(({ path: name, facts }) => ({ path: name, allows: facts.allows }));
  const allowed = applyAllows(findings, allows, {
    stage: 'source',
    startedAt,
    ran: rules.map((each) => each.id).filter((id) => config.rules.off[id] === undefined),
    known: RULES.map((each) => each.id),
  });
  const known = [...RULES, ...rules].map((each) => each.id);
  const notes = [
    analysedNote(project, projectRoot),
    ...configurationNotes(project, projectRoot),
    ...entryNotes(project, graph, entries),
    ...types.notes(),
    ...unresolvedNotes(graph),
  ];
  return {
    verdicts: applySettings(allowed, config.rules, { stage: 'source', startedAt, known }),
    files: project.files.map(({ path: name, hash }) => ({ path: name, hash })),
    notes,
    looked: project.looked(),
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

function programFiles(project: Project) {
  const indices = new Map(project.files.map((each, index) => [each.absolute, index]));
  return project.files.map((file) => {
    const known = new Map<string, number | string>();
    return {
      path: file.path,
      facts: file.facts,
      resolve: (specifier: string): number | string => {
        let target = known.get(specifier);
        if (target === undefined) {
          const found = project.resolve(file.absolute, specifier);
          known.set(specifier, (target = indices.get(found) ?? found));
        }
        return target;
      },
    };
  });
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
