/**
 * The deployment stage: rules on install scripts, units, containers and proxy configuration. `deploymentStage` is run by
 * the gate and by `check`; both ask `lookAtDeployment` first whether there is anything to judge.
 */
import type { Config, DeploymentConfig } from '../../harness/config.ts';
import type { Stage } from '../../harness/stage.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { applyAllows, applySettings, type FileAllows } from '../source/allow.ts';
import { runRule, type Finding } from '../source/examine.ts';
import { type Deployment, hasSubjects, type Problem, problemsOf, readDeployment } from './deployment.ts';
import { findDeploymentFiles } from './files/find-files.ts';
import { allowsOf } from './files/allow-comments.ts';
import { type Program, readProgram } from './program.ts';
import type { AnyDeploymentRule } from './rule.ts';
import { DEPLOYMENT_RULES } from './rules.ts';
import { runTools } from './tools/run-tools.ts';

export interface DeploymentCheck {
  projectRoot: string;
  config: Pick<Config, 'deployment' | 'rules'>;
  program: Program;
  /** Rules to run; all without it. */
  rules?: readonly AnyDeploymentRule[];
}

export interface DeploymentResult {
  verdicts: Finding[];
  files: { path: string; kind: string; hash: string }[];
  notes: string[];
}

/** Whether there is anything to judge; asks no tool. */
export function deploysAnything({
  projectRoot,
  config,
}: Omit<DeploymentCheck, 'program' | 'rules'>): boolean {
  const settings: Partial<DeploymentConfig> = config.deployment === false ? {} : config.deployment;
  const files = findDeploymentFiles({ projectRoot, files: settings.files });
  return hasSubjects(
    readDeployment(files, {
      program: readProgram([]),
      tools: { absent: {}, versions: [] },
      settings: { exposureAtMost: 10 },
    }),
  );
}

/** What there is, with what the host's tools say of it. */
export function lookAtDeployment({
  projectRoot,
  config,
  program,
}: Omit<DeploymentCheck, 'rules'>): Deployment {
  const settings: Partial<DeploymentConfig> = config.deployment === false ? {} : config.deployment;
  const files = findDeploymentFiles({ projectRoot, files: settings.files });
  const read = readDeployment(files, {
    program,
    tools: { absent: {}, versions: [] },
    settings: { exposureAtMost: settings.exposureAtMost ?? 7 },
  });
  const scripts = read.installers.map(({ script }) => script.file);
  return { ...read, tools: runTools(read.services, scripts) };
}

export function judgeDeployment(deployment: Deployment, check: DeploymentCheck): DeploymentResult {
  const { config } = check;
  const startedAt = new Date().toISOString();
  const rules = check.rules ?? DEPLOYMENT_RULES;
  const findings = rules.flatMap((rule): Finding[] => {
    if (config.rules.off[rule.id] !== undefined) return [];
    const mustHaveSubjects = config.rules.mustHaveSubjects.includes(rule.id);
    const fileCount = deployment.files.length;
    const missing = rule.missing?.(deployment);
    const options = { stage: 'deployment', mustHaveSubjects, fileCount, startedAt, missing } as const;
    return runRule(rule, { deployment }, options);
  });
  findings.unshift(...parsedVerdicts(deployment, startedAt), foundVerdict(deployment, startedAt));
  const run = {
    stage: 'deployment',
    startedAt,
    known: [...DEPLOYMENT_RULES, ...rules].map(({ id }) => id),
  } as const;
  const allows: FileAllows[] = deployment.files.map((file) => ({ path: file.path, allows: allowsOf(file) }));
  const ran = rules.map(({ id }) => id).filter((id) => config.rules.off[id] === undefined);
  const verdicts = applySettings(applyAllows(findings, allows, { ...run, ran }), config.rules, run);
  return {
    verdicts,
    files: deployment.files.map(({ path, kind, hash }) => ({ path, kind, hash })),
    notes: notesOf(deployment),
  };
}

function notesOf({ tools }: Deployment): string[] {
  return [...tools.versions.map((each) => `asked ${each}`), ...Object.values(tools.absent)].map(
    (each) => `deployment: ${each}`,
  );
}

function parsedVerdicts(deployment: Deployment, startedAt: string): Verdict[] {
  const base = { stage: 'deployment', check: 'parsed', startedAt } as const;
  const problems = problemsOf(deployment);
  if (problems.length > 0) return problems.map((each) => brokenFile(each, startedAt));
  const count = deployment.files.length;
  const message = `${count} ${count === 1 ? 'file' : 'files'} parsed`;
  return [createVerdict({ ...base, subject: 'deployment files', outcome: 'pass', message })];
}

function brokenFile({ file, line, column, message }: Problem, startedAt: string): Verdict {
  return createVerdict({
    stage: 'deployment',
    check: 'parsed',
    subject: file,
    outcome: 'unknown',
    message: `${file}:${line} does not parse (${message}); what follows there is not judged`,
    location: { file, line, column },
    fix: 'correct the syntax, or name the files that are meant in deployment.files',
    startedAt,
  });
}

/** A stage without anything to judge would be green by silence. */
function foundVerdict(deployment: Deployment, startedAt: string): Verdict {
  const { files, installers, services, containers, proxied } = deployment;
  const found = [
    `${installers.length} install scripts`,
    `${services.length} units`,
    `${containers.length} containers`,
    `${proxied.length} proxied locations`,
  ].join(', ');
  const some = hasSubjects(deployment);
  return createVerdict({
    stage: 'deployment',
    check: 'found',
    subject: 'deployment',
    outcome: some ? 'pass' : 'unknown',
    message: some
      ? `${found} in ${files.length} files`
      : `nothing that deploys the service was found: no install script, unit, container or proxied location in ${files.length} files that may hold one`,
    ...(some
      ? {}
      : {
          fix: 'name the files in deployment.files, or say deployment: false where nothing here deploys the service',
        }),
    startedAt,
  });
}

/**
 * @param programOf what is known of the program, found by whoever runs the stage.
 * @param rules those that run; all of them when left out.
 * @param told is told what was looked at, by whoever wants to know.
 */
export function deploymentStage(
  programOf: (config: Config, projectRoot: string) => Program,
  rules: readonly AnyDeploymentRule[] = DEPLOYMENT_RULES,
  told: (deployment: Deployment) => void = () => undefined,
): Stage {
  return {
    name: 'deployment',
    plan: () => ({ checks: ['parsed', 'found', ...rules.map(({ id }) => id)] }),
    run: async ({ config, projectRoot, files, progress, verdict }) => {
      progress.status('reading deployment files');
      const check = { projectRoot, config, program: programOf(config, projectRoot), rules };
      const deployment = lookAtDeployment(check);
      told(deployment);
      const result = judgeDeployment(deployment, check);
      files.write('files.json', `${JSON.stringify(result.files, null, 2)}\n`);
      for (const note of result.notes) progress.note(note);
      for (const each of result.verdicts)
        verdict({ ...each, evidence: [...each.evidence, files.evidence('files.json')] });
      await Promise.resolve();
    },
  };
}
