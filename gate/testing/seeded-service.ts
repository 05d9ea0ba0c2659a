/** Copies of the reference service with edits, judged as a user would have them judged. */
import { cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Defect, Edit } from '../../fixtures/defects/defect.ts';
import type { RunSummary } from '../../harness/renderers/summary.ts';
import { createProject, type Outcome, type Project, runProgram, runWarmProgram } from './project.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The reference configuration for each stage a defect belongs to: whatever makes it take long, and shows nothing about
 * the defect, is less of here. Times are far from their limits, on either side: a busy machine decides no verdict.
 */
const CONFIGURATIONS = {
  source: `export default {
  source: { root: 'service', entries: ['service/src/main.ts'], tsconfig: 'service/tsconfig.json' },
  service: { command: ['node', 'src/main.ts'], cwd: 'service', readiness: { http: '/api/health/ready' } },
};
`,
  routes: `import reference from './reference.config.ts';
export default reference;
`,
  soak: `import reference from './reference.config.ts';
const { service, limits } = reference;
const { moods, ...soak } = reference.soak;
export default {
  ...reference,
  service: { ...service, env: { ...service.env, DRAIN_GRACE_MS: '1000' } },
  soak: { ...soak, cycles: 2, scenarios: ['restart-loop'] },
  limits: { ...limits, readyWithinMs: 10_000, exitWithinMs: 9_000, unreadyWithinMs: 500 },
};
`,
} as const satisfies Record<Defect['stage'], string>;

/** A finding without what depends on where and when it was made. */
export interface Finding {
  check: string;
  outcome: string;
  message: string;
}

export type Rewrite = (text: string, file: string) => Promise<string> | string;

/** A copy of the service in a project of its own, edited and then rewritten; removed when disposed. */
export async function copyService(
  edits: readonly Edit[],
  { stage = 'source', rewrite = (text) => text }: { stage?: Defect['stage']; rewrite?: Rewrite } = {},
): Promise<Project> {
  const project = createProject();
  try {
    await fill(project.folder, edits, stage, rewrite);
    return project;
  } catch (error) {
    project[Symbol.dispose]();
    throw error;
  }
}

async function fill(
  folder: string,
  edits: readonly Edit[],
  stage: Defect['stage'],
  rewrite: Rewrite,
): Promise<void> {
  mkdirSync(join(folder, 'service'));
  for (const part of ['src', 'package.json', 'tsconfig.json']) {
    cpSync(join(REPOSITORY, 'service', part), join(folder, 'service', part), { recursive: true });
  }
  cpSync(join(REPOSITORY, 'tsconfig.json'), join(folder, 'tsconfig.json'));
  for (const shared of ['node_modules', 'fixtures'])
    symlinkSync(join(REPOSITORY, shared), join(folder, shared));
  const reference = readFileSync(join(REPOSITORY, 'shakedown.config.ts'), 'utf8');
  const defineConfig = pathToFileURL(join(REPOSITORY, 'harness/config.ts')).href;
  writeFileSync(
    join(folder, 'reference.config.ts'),
    reference.replace("'./harness/config.ts'", `'${defineConfig}'`),
  );
  writeFileSync(join(folder, 'shakedown.config.mjs'), CONFIGURATIONS[stage]);
  for (const edit of edits) applyEdit(join(folder, 'service', edit.file), edit);
  for (const file of readdirSync(join(folder, 'service', 'src'), { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, 'service', 'src', file);
    if (file.endsWith('.ts')) writeFileSync(path, await rewrite(readFileSync(path, 'utf8'), file));
  }
}

/** @throws when the text is not there exactly once: the service has changed, and the defect must follow. */
export function applyEdit(path: string, { file, find, replace }: Edit): void {
  const words = find
    .trim()
    .split(/\s+/)
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  const parts = readFileSync(path, 'utf8').split(new RegExp(words.join('\\s+')));
  if (parts.length !== 2)
    throw new Error(`${file} holds ${parts.length - 1} times what the edit looks for: ${find.slice(0, 80)}`);
  writeFileSync(path, parts.join(replace));
}

/** What the gate says of a copy, in the stage that the defect belongs to. */
export async function judgeCopy(
  project: Project,
  stage: Defect['stage'] = 'source',
): Promise<Omit<Outcome, 'stdout'> & { findings: Finding[]; passed: Record<string, number> }> {
  const args = ['gate', '--stage', stage];
  // Analysed a hundred times, and nothing is started: the compiler is loaded once.
  const outcome = await (stage === 'source' ? runWarmProgram(project, args) : runProgram(project, ...args));
  const judged = outcome.summary?.stages.find(({ name }) => name === stage);
  return { ...outcome, findings: findingsOf(outcome.summary), passed: passedOf(judged) };
}

function findingsOf(summary: RunSummary | undefined): Finding[] {
  if (summary === undefined) throw new Error('the program left no summary');
  return summary.findings.map(({ check, outcome, message }) => ({ check, outcome, message }));
}

function passedOf(stage: RunSummary['stages'][number] | undefined): Record<string, number> {
  return Object.fromEntries(
    Object.entries(stage?.checks ?? {}).map(([check, { counts }]) => [check, counts.pass]),
  );
}
