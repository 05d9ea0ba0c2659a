/**
 * Keeps the answer of a whole `shakedown check`: what it printed, its exit code, where its evidence is, and what all of it
 * depends on. Called by `check`; given again by `kept-check.ts`. What is in doubt is not kept.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Deployment } from '../checks/deployment/deployment.ts';
import type { LookedAt } from '../checks/source/result-cache/inputs.ts';
import { hashOfTool } from '../checks/source/result-cache/tool.ts';
import type { Answer } from '../checks/source/source-stage.ts';
import type { Run, RunEnd } from '../harness/run-store.ts';
import type { Verdict } from '../harness/verdict.ts';
import { EXIT_CODES } from './exit-code.ts';
import { type Asked, askedOf, type Call } from './kept-check-call.ts';
import { entryFile, type Said, writeEntry } from './kept-check-entry.ts';
import { projectHash, sealOf, surroundingsHash } from './kept-check-inputs.ts';
import { recordOutput } from './record-output.ts';
import type { StageResult } from './run-stage.ts';

export interface Keeping extends Disposable {
  /** What the stages tell of what they looked at. */
  sawSource(answer: Answer): void;
  sawDeployment(deployment: Deployment): void;
  /** Takes note of the run; adds no verdict. */
  conclude(run: Run, results: StageResult[]): Verdict[];
  keep(exitCode: number): void;
}

/** Longer answers are seldom the same for long. */
const LARGEST_CHARACTERS = 8_000_000;

interface Seen {
  looked: LookedAt;
  run?: Run;
  /** What speaks against keeping it. */
  doubts: string[];
}

/** Listens until it is disposed. Nothing for a call whose answers are not kept. */
export function beginKeeping(call: Call, root: string): Keeping | undefined {
  const asked = askedOf(call);
  const before = asked?.root === root ? projectHash(asked) : undefined;
  if (asked === undefined || before === undefined) return undefined;
  const seen: Seen = { looked: { packages: [], files: [] }, doubts: [] };
  const output = recordOutput();
  return {
    sawSource: ({ looked }) => {
      seen.looked = looked;
    },
    sawDeployment: (deployment) => void seen.doubts.push(...doubtsOf(deployment)),
    conclude: (run, results) => {
      seen.run = run;
      seen.doubts.push(...results.flatMap(({ reason }) => reason ?? []));
      return [];
    },
    keep: (exitCode) => {
      try {
        keepAnswer(call, asked, { seen, before, exitCode, said: output.said() });
      } catch {
        // Something went away while it was read. The answer is given, and the next is made anew.
      }
    },
    [Symbol.dispose]: output[Symbol.dispose],
  };
}

/** What the host's tools made of the files, where that may be different next time. */
function doubtsOf({ tools, scripts }: Deployment): string[] {
  const failed = (tools.failed ?? []).map((each) => `${each} did not answer`);
  // shellcheck follows it, to wherever it leads.
  const sources =
    tools.lint === undefined ? [] : scripts.filter(({ file }) => SOURCES_ANOTHER.test(file.text));
  return [...failed, ...sources.map(({ file }) => `${file.path} sources another script`)];
}

const SOURCES_ANOTHER = /(^|[\s;&|({])(\.|source)\s+\S|shellcheck\s+source/m;

interface Given {
  seen: Seen;
  before: string;
  exitCode: number;
  said: Said;
}

function keepAnswer(call: Call, asked: Asked, { seen, before, exitCode, said }: Given): void {
  const { run, looked, doubts } = seen;
  const judged: number[] = [EXIT_CODES.pass, EXIT_CODES.fail, EXIT_CODES.unknown];
  if (run === undefined || doubts.length > 0 || !judged.includes(exitCode)) return;
  if (dirname(run.folder) !== asked.runsFolder || !endedWell(run.folder, exitCode)) return;
  if (said.reduce((sum, [, text]) => sum + text.length, 0) > LARGEST_CHARACTERS) return;
  const surroundings = surroundingsHash(asked, looked, call);
  const project = projectHash(asked);
  const seal = sealOf(run.folder);
  // A file that was changed meanwhile: nobody knows which of the two was read.
  if (project !== before || surroundings === undefined || seal === undefined) return;
  const { runId, startedAt, git = null } = run.header;
  writeEntry(entryFile(call, asked), {
    tool: hashOfTool(call.tool),
    project,
    surroundings,
    looked,
    git,
    run: { folder: run.folder, runId, startedAt, seal },
    exitCode,
    said,
  });
}

/** To the end, uninterrupted, and with every report. */
function endedWell(folder: string, exitCode: number): boolean {
  const end = JSON.parse(readFileSync(join(folder, 'end.json'), 'utf8')) as RunEnd;
  return end.exitCode === exitCode && end.interruptedBy === undefined && end.problems.length === 0;
}
