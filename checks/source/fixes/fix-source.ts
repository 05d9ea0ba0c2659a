/**
 * Fixes what can be fixed safely, in memory: edits are made, the program is analysed again with them, and they stay only
 * when the finding is gone, nothing new is found and no file has more type errors than before. Called by `check --fix`.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ts } from 'ts-morph';
import type { Finding } from '../examine.ts';
import { findProject, type Project } from '../files.ts';
import { checkSource, type SourceCheck, type SourceResult } from '../source-stage.ts';
import { createProgram6 } from '../types/typescript6.ts';
import { styleOf } from './file-style.ts';
import { applyEdits, type Edit, type FixAnswer } from './fix.ts';
import { fixesOf } from './fixes.ts';

export interface FixedFile {
  path: string;
  absolute: string;
  before: string;
  after: string;
}

export interface FixOutcome {
  files: FixedFile[];
  fixed: Finding[];
  /** Findings of a kind that can be fixed, and why these were not. */
  left: { finding: Finding; why: string }[];
}

/** Edits that only become possible, or visible, after others. */
const MOST_ROUNDS = 6;
/** Each trial analyses the program once. */
const MOST_TRIALS = 60;

interface Candidate {
  finding: Finding;
  file: string;
  edits: Edit[];
}

interface State {
  texts: Map<string, string>;
  result: SourceResult;
  project: Project;
  program: ts.Program;
}

export async function fixSource(check: SourceCheck): Promise<FixOutcome> {
  let trials = 0;
  let state = await analyse(check, new Map());
  const originals = new Map(state.project.files.map((each) => [each.absolute, each]));
  const fixed: Finding[] = [];
  const left = new Map<string, FixOutcome['left'][number]>();
  const attempt = async (candidates: Candidate[]): Promise<boolean> => {
    trials += 1;
    const next = await analyse(check, withEdits(state, candidates));
    if (!isBetter(state, next, candidates)) return false;
    fixed.push(...candidates.map(({ finding }) => finding));
    state = next;
    return true;
  };
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const chosen = chooseCandidates(state, left);
    if (chosen.length === 0) break;
    if (await attempt(chosen)) continue;
    // One of them does harm: each is tried by itself, and the next round looks at the rest again.
    let any = false;
    for (const each of chosen) {
      const still = chooseCandidates(state, left).find(
        (one) => one.finding.fingerprint === each.finding.fingerprint,
      );
      if (still === undefined) continue;
      if (trials < MOST_TRIALS && (await attempt([still]))) any = true;
      else {
        const why =
          trials < MOST_TRIALS
            ? 'the edit would not do, or would do harm elsewhere'
            : 'too many to be tried one by one';
        left.set(keyOf(each.finding), { finding: each.finding, why });
      }
    }
    if (!any) break;
  }
  const files = [...state.texts].flatMap(([absolute, after]) => {
    const original = originals.get(absolute);
    return original === undefined ? [] : [{ path: original.path, absolute, before: textOf(absolute), after }];
  });
  return { files, fixed, left: [...left.values()] };
}

async function analyse(check: SourceCheck, texts: Map<string, string>): Promise<State> {
  const result = await checkSource({ ...check, texts });
  const project = await findProject({ projectRoot: check.projectRoot, ...check.config.source, texts });
  const files = project.files.map(({ absolute }) => absolute);
  const program = createProgram6({
    root: path.resolve(check.projectRoot),
    files,
    options: project.options,
    texts,
  });
  return { texts, result, project, program };
}

/** Findings with edits that do not touch each other; why the others are left is written down. */
function chooseCandidates(state: State, left: Map<string, FixOutcome['left'][number]>): Candidate[] {
  const chosen: Candidate[] = [];
  for (const finding of state.result.verdicts) {
    if (finding.outcome !== 'fail' || left.has(keyOf(finding))) continue;
    const answer = answerFor(state, finding);
    if (answer === undefined) continue;
    if ('left' in answer) left.set(keyOf(finding), { finding, why: answer.left });
    else {
      const file = finding.location?.file ?? '';
      const taken = chosen.filter((each) => each.file === file).flatMap((each) => each.edits);
      const edits = answer.edits.filter((edit) => !taken.some((other) => isSame(edit, other)));
      if (edits.length > 0 && !edits.some((edit) => taken.some((other) => overlap(edit, other))))
        chosen.push({ finding, file, edits });
    }
  }
  return chosen;
}

function answerFor(state: State, finding: Finding): FixAnswer | undefined {
  const fix = fixesOf(finding.check)[finding.messageId ?? ''];
  const { location } = finding;
  const { graph } = state.result;
  if (fix === undefined || location === undefined || graph === undefined) return undefined;
  const file = graph.program.files.findIndex((each) => each.path === location.file);
  const absolute = state.project.files.find((each) => each.path === location.file)?.absolute;
  const source = absolute === undefined ? undefined : state.program.getSourceFile(absolute);
  if (source === undefined) return { left: 'its file is not among those that are compiled' };
  if (state.program.getSyntacticDiagnostics(source).length > 0) return { left: 'its file does not parse' };
  const at = source.getPositionOfLineAndCharacter(location.line - 1, location.column - 1);
  return fix({ source, at, graph, file, checker: state.program.getTypeChecker(), style: styleOf(source) });
}

/** The text of a file, with the edits made so far where these are given. */
const textOf = (absolute: string, texts?: ReadonlyMap<string, string>): string =>
  texts?.get(absolute) ?? readFileSync(absolute, 'utf8');

const BOM = '\uFEFF';

function withEdits(state: State, candidates: readonly Candidate[]): Map<string, string> {
  const texts = new Map(state.texts);
  for (const [path, group] of Map.groupBy(candidates, ({ file }) => file)) {
    const file = state.project.files.find((each) => each.path === path);
    const source = file && state.program.getSourceFile(file.absolute);
    if (file === undefined || source === undefined) continue;
    // The compiler may have taken the mark off; the file keeps it.
    const mark =
      textOf(file.absolute, state.texts).startsWith(BOM) && !source.text.startsWith(BOM) ? BOM : '';
    texts.set(
      file.absolute,
      mark +
        applyEdits(
          source.text,
          group.flatMap(({ edits }) => edits),
        ),
    );
  }
  return texts;
}

/** What was to be fixed is gone, nothing else is found or has become unknown, and the types hold as before. */
function isBetter(before: State, after: State, candidates: readonly Candidate[]): boolean {
  const [was, is] = [countProblems(before), countProblems(after)];
  for (const { finding } of candidates) {
    const key = problemKey(finding);
    was.set(key, (was.get(key) ?? 0) - 1);
  }
  for (const [key, count] of is) if (count > (was.get(key) ?? 0)) return false;
  const changed = [...after.texts.keys()].filter((file) => after.texts.get(file) !== before.texts.get(file));
  return changed.every((file) => errorCount(after.program, file) <= errorCount(before.program, file));
}

function countProblems({ result }: State): Map<string, number> {
  const counts = new Map<string, number>();
  for (const each of result.verdicts) {
    if (each.outcome !== 'fail' && each.outcome !== 'unknown') continue;
    counts.set(problemKey(each), (counts.get(problemKey(each)) ?? 0) + 1);
  }
  return counts;
}

/** Equal subjects are counted together: their numbers change when one of them is fixed. */
const problemKey = ({ check, messageId, outcome, subject }: Finding): string =>
  [check, messageId, outcome, subject.replace(/ #\d+$/, '')].join('\0');

const keyOf = ({ check, messageId, fingerprint }: Finding): string =>
  [check, messageId, fingerprint].join('\0');

function errorCount(program: ts.Program, file: string): number {
  const source = program.getSourceFile(file);
  if (source === undefined) return 0;
  return program.getSyntacticDiagnostics(source).length + program.getSemanticDiagnostics(source).length;
}

const isSame = (a: Edit, b: Edit): boolean => a.start === b.start && a.end === b.end && a.text === b.text;
const overlap = (a: Edit, b: Edit): boolean =>
  (a.start < b.end && b.start < a.end) || (a.start === b.start && a.end === b.end);
