/**
 * A stage whose known findings, or those that a change leaves alone, do not count: `--baseline` and `--changed` around
 * the stages that read the project. What is unknown stays unknown. Called by `check` and `gate`.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { errorText, UsageError } from '../../harness/errors.ts';
import type { LoadedConfig } from '../../harness/load-config.ts';
import { writeAtomically } from '../../harness/run-store.ts';
import type { Stage, StageContext } from '../../harness/stage.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import {
  applyBaseline,
  BASELINE_FILE,
  baselineOf,
  type BaselineEntry,
  parseBaseline,
  renderBaseline,
} from './baseline.ts';
import { changedFiles, type ChangedFiles, leaveOutElsewhere } from './changed-files.ts';

export interface Adoption {
  /** The file of what is known; absolute. */
  baseline?: { file: string; entries: BaselineEntry[]; write: boolean };
  changed?: ChangedFiles;
}

export interface AdoptionOptions {
  /** `true`: the usual file. */
  baseline?: string | true;
  writeBaseline?: boolean;
  /** `true`: since the usual base. */
  changed?: string | true;
}

/** What the options and the configuration ask for. @throws UsageError when it cannot be had. */
export function openAdoption(
  { baseline, writeBaseline = false, changed }: AdoptionOptions,
  { config, projectRoot }: LoadedConfig,
): Adoption {
  if (writeBaseline && changed !== undefined)
    throw new UsageError('--write-baseline with --changed would forget what stands elsewhere: leave one out');
  const configured = config.rules.baseline;
  const usual = resolve(projectRoot, configured ?? BASELINE_FILE);
  const wanted = typeof baseline === 'string' ? resolve(baseline) : usual;
  const asked = baseline !== undefined || configured !== undefined || writeBaseline;
  return {
    ...(asked ? { baseline: openBaseline(wanted, writeBaseline) } : {}),
    ...(changed === undefined ? {} : { changed: changedFiles(projectRoot, changed, process.env) }),
  };
}

/** Reads the baseline before anything runs. @throws UsageError when it is not there or broken. */
function openBaseline(file: string, write: boolean): NonNullable<Adoption['baseline']> {
  const name = relative(process.cwd(), file) || file;
  if (!existsSync(file)) {
    if (write) return { file, entries: [], write };
    throw new UsageError(
      `no baseline at ${file}: write it first with --write-baseline, or correct --baseline`,
    );
  }
  try {
    return { file, entries: parseBaseline(readFileSync(file, 'utf8'), name), write };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError(`the baseline ${name} cannot be read: ${errorText(error)}`);
  }
}

export function adoptingStage(stage: Stage, { baseline, changed }: Adoption): Stage {
  if (baseline === undefined && changed === undefined) return stage;
  return {
    name: stage.name,
    plan: (config) => {
      const { checks } = stage.plan(config);
      return { checks: baseline === undefined ? checks : [...checks, 'baseline'] };
    },
    async run(context) {
      const held: Verdict[] = [];
      try {
        await stage.run({ ...context, verdict: (verdict) => void held.push(verdict) });
      } catch (error) {
        // What was found before it broke is told as it is.
        held.forEach(context.verdict);
        throw error;
      }
      const known = baseline === undefined ? held : withBaseline(held, baseline, stage, context);
      const shown = changed === undefined ? known : withChange(known, changed, context);
      shown.forEach(context.verdict);
    },
  };
}

function withBaseline(
  verdicts: Verdict[],
  baseline: NonNullable<Adoption['baseline']>,
  stage: Stage,
  context: StageContext,
): Verdict[] {
  const { file, entries, write } = baseline;
  const name = relative(context.projectRoot, file);
  const ran = ranToTheEnd(stage, verdicts, context);
  const wanted = write ? baselineOf(verdicts, entries, ran) : entries;
  if (write) writeBaseline(file, wanted);
  // The next stage adds to what this one wrote.
  baseline.entries = wanted;
  const today = new Date().toISOString().slice(0, 10);
  const {
    verdicts: judged,
    known,
    fresh,
    gone,
    expired,
  } = applyBaseline(verdicts, wanted, ran, { file: name, today });
  const words = [
    `${count(known, 'known finding')} of ${name} still there, ${fresh} new`,
    ...(expired.length === 0 ? [] : [`${expired.length} expired`]),
    ...(gone.length === 0 ? [] : [`${gone.length} gone`]),
  ].join(', ');
  const unknown = verdicts.filter(({ outcome }) => outcome === 'unknown').length;
  tell(context, write ? `wrote ${count(wanted.length, 'finding')} to ${name}` : words, unknown, gone);
  const verdict = createVerdict({
    stage: stage.name,
    check: 'baseline',
    subject: name,
    outcome: 'pass',
    message:
      gone.length === 0
        ? words
        : `${words}: ${gone.map(({ rule, subject }) => `${rule} ${subject}`).join('; ')}`,
    startedAt: new Date().toISOString(),
  });
  return [...judged, verdict];
}

function tell(
  { progress }: StageContext,
  words: string,
  unknown: number,
  gone: readonly BaselineEntry[],
): void {
  progress.note(`baseline: ${words}`);
  if (unknown > 0)
    progress.note(
      `baseline: ${unknown} unknown ${unknown === 1 ? 'is' : 'are'} not in it: only what is found can be known`,
    );
  if (gone.length === 0) return;
  progress.note('baseline: gone, drop them with --write-baseline:');
  for (const { rule, subject } of gone) progress.note(`  ${rule}  ${subject}`);
}

function withChange(verdicts: Verdict[], changed: ChangedFiles, { progress }: StageContext): Verdict[] {
  const { verdicts: judged, elsewhere } = leaveOutElsewhere(verdicts, changed);
  const files = count(changed.files.size, 'file');
  progress.note(
    `changed: ${files} since ${changed.since}; ${count(elsewhere, 'finding')} elsewhere left out, shown without --changed`,
  );
  return judged;
}

const COMMENTS = 'allow-comment';

/** The rules that looked at everything: of one that did not, nothing can be said to be gone. */
function ranToTheEnd(
  stage: Stage,
  verdicts: readonly Verdict[],
  { config }: StageContext,
): ReadonlySet<string> {
  const undecided = new Set(
    verdicts.filter(({ outcome }) => outcome === 'unknown').map(({ check }) => check),
  );
  if (undecided.has('parsed')) return new Set();
  // Comments that silence nothing are looked for in every run, and have no verdict where all is well. Two stages have them:
  // only of the source's is it said that they are gone.
  const checks = verdicts.map(({ check }) => check).filter((check) => check !== COMMENTS);
  if (stage.name === 'source') checks.push(COMMENTS);
  return new Set(checks.filter((check) => !undecided.has(check) && config.rules.off[check] === undefined));
}

function writeBaseline(file: string, entries: readonly BaselineEntry[]): void {
  try {
    mkdirSync(dirname(resolve(file)), { recursive: true });
    writeAtomically(file, renderBaseline(entries));
  } catch (error) {
    throw new UsageError(`the baseline could not be written to ${file}: ${errorText(error)}`);
  }
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`;
