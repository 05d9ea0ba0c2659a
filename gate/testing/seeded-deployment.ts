/**
 * Copies of the project's own deployment with edits, judged by the deployment stage. In this process, and a tool of the
 * host is asked once for what it was asked already: hundreds of scripts and units differ in one.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Deployment, readDeployment } from '../../checks/deployment/deployment.ts';
import { judgeDeployment } from '../../checks/deployment/deployment-stage.ts';
import { findDeploymentFiles } from '../../checks/deployment/files/find-files.ts';
import type { Program } from '../../checks/deployment/program.ts';
import { runTools } from '../../checks/deployment/tools/run-tools.ts';
import type { ToolAnswers } from '../../checks/deployment/tools/tools.ts';
import { sourceTexts } from '../../checks/source/source-texts.ts';
import type { DeploymentChange } from '../../fixtures/defects/defect.ts';
import { type Config, configSchema } from '../../harness/config.ts';
import reference from '../../shakedown.config.ts';
import { collectProgram } from '../given.ts';
import { createProject, type Project } from './project.ts';
import { applyEdit, type Finding } from './seeded-service.ts';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
/** What the stage looks at; `deployment/machine` is a test of it. */
const COPIED = [
  'deployment/lib',
  'deployment/units',
  'deployment/nginx',
  'service/src',
  'service/package.json',
];
const SCRIPTS = ['install', 'rollback', 'verify', 'uninstall'].map((name) => `deployment/${name}.sh`);

export interface Judged {
  findings: Finding[];
  /** How many subjects passed, by check. */
  passed: Record<string, number>;
}

/** A project with nothing but the deployment, what it deploys, and the reference configuration. */
export function copyDeployment(edits: readonly DeploymentChange[]): Project {
  const project = createProject();
  try {
    for (const each of [...COPIED, ...SCRIPTS])
      cpSync(join(REPOSITORY, each), join(project.folder, each), { recursive: true });
    project.write('shakedown.config.mjs', `export default ${JSON.stringify(reference)};\n`);
    for (const edit of edits) change(join(project.folder, edit.file), edit);
    return project;
  } catch (error) {
    project[Symbol.dispose]();
    throw error;
  }
}

/** @throws when there is nothing to change: the deployment is another one now, and the defect must follow. */
function change(path: string, edit: DeploymentChange): void {
  if ('find' in edit) return applyEdit(path, edit);
  if ('create' in edit) {
    if (existsSync(path)) throw new Error(`${edit.file} is there already; edit it instead`);
    mkdirSync(dirname(path), { recursive: true });
    return writeFileSync(path, edit.create);
  }
  const { mode } = statSync(path);
  if ((mode & 0o111) === 0) throw new Error(`${edit.file} is not executable before the edit`);
  chmodSync(path, mode & ~0o111);
}

/** What the deployment stage says of a copy. */
export function judgeDeploymentOf({ folder: projectRoot }: Project): Judged {
  const config = configSchema.parse(reference);
  const program = programOf(config, projectRoot);
  const { verdicts } = judgeDeployment(look(projectRoot, config, program), { projectRoot, config, program });
  const passed: Record<string, number> = {};
  for (const { check, outcome } of verdicts) if (outcome === 'pass') passed[check] = (passed[check] ?? 0) + 1;
  const findings = verdicts
    .filter(({ outcome }) => outcome === 'fail' || outcome === 'unknown')
    .map(({ check, outcome, message }) => ({ check, outcome, message }));
  return { findings, passed };
}

const programs = new Map<string, Program>();

/** Read once for what is the same service: its sources are scanned longer than the deployment is judged. */
function programOf(config: Config, projectRoot: string): Program {
  const texts = sourceTexts(join(projectRoot, config.source.root), config.source.exclude);
  const key = JSON.stringify(texts.map(({ text }) => text));
  const program = programs.get(key) ?? collectProgram(config, projectRoot);
  programs.set(key, program);
  return program;
}

function look(projectRoot: string, config: Config, program: Program): Deployment {
  if (config.deployment === false) throw new Error('the reference configuration leaves the deployment out');
  const { files: named, exposureAtMost } = config.deployment;
  const files = findDeploymentFiles({ projectRoot, files: named });
  const none: ToolAnswers = { absent: {}, versions: [] };
  const read = readDeployment(files, { program, tools: none, settings: { exposureAtMost } });
  const [units, scripts] = [askUnits(read), askScripts(read)];
  const absent = { ...units.absent, ...scripts.absent };
  return { ...read, tools: { ...units, ...scripts, absent, versions: [] } };
}

const known = new Map<string, ToolAnswers>();

/** @param of everything that the answer depends on. */
function once(of: readonly unknown[], ask: () => ToolAnswers): ToolAnswers {
  const key = JSON.stringify(of);
  const answer = known.get(key) ?? ask();
  known.set(key, answer);
  return answer;
}

const askUnits = ({ services }: Deployment): ToolAnswers =>
  once(
    services.map(({ key, parts }) => [key, parts.map(({ file }) => file.text)]),
    () => runTools(services, []),
  );

/** Each script by itself, with those that it may source. */
function askScripts({ files, installers }: Deployment): Pick<ToolAnswers, 'lint' | 'absent'> {
  const sourced = files.filter(({ path }) => path.startsWith('deployment/lib/')).map(({ text }) => text);
  const answers = installers.map(({ script: { file } }) =>
    once([file.path, file.text, sourced], () => runTools([], [file])),
  );
  const lint = new Map(answers.flatMap(({ lint: found = new Map() }) => [...found]));
  const absent = Object.assign({}, ...answers.map((each) => each.absent)) as ToolAnswers['absent'];
  return Object.keys(absent).length > 0 ? { absent } : { lint, absent };
}
