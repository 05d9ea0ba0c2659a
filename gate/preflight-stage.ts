/**
 * Preflight: can this host show what the configuration asks for? What it cannot is said here, before anything runs.
 * Also builds the program when the configuration names a build step.
 */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statfsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import type { BuildConfig, Config } from '../harness/config.ts';
import { deadlineIn, within } from '../harness/deadline.ts';
import { errorText, UsageError } from '../harness/errors.ts';
import type { Stage, StageContext } from '../harness/stage.ts';
import { findOwnNode } from '../harness/supervisors/own-node.ts';
import { createVerdict, type Outcome } from '../harness/verdict.ts';
import { checkTarget } from './target/check-target.ts';

/** A run with its reports and logs needs less; below this a report may end up cut. */
const MIN_FREE_BYTES = 200 * 1024 * 1024;

/** The service's own Node, as the reports name it. */
export const SERVICE_NODE_FILE = 'service-node.json';

/** Files of the stage that a check rests on. */
const EVIDENCE: Record<string, string> = { 'build-ran': 'build.log', 'service-node': SERVICE_NODE_FILE };

interface Finding {
  outcome: Outcome;
  message: string;
  fix?: string;
}

type Check = (context: StageContext) => Finding | Promise<Finding>;

const CHECKS: Record<string, { needed: (config: Config) => boolean; check: Check }> = {
  'run-store': { needed: () => true, check: checkRunStore },
  'service-node': {
    needed: ({ service }) => isSpawned(service) && service?.command[0] === 'node',
    check: checkServiceNode,
  },
  target: { needed: ({ service }) => service?.supervisor === 'systemd', check: checkTarget },
  'process-probes': { needed: ({ service }) => isSpawned(service), check: checkProcessProbes },
  loopback: {
    needed: ({ service }) => isSpawned(service) && service?.port !== 'none',
    check: checkLoopback,
  },
  'build-ran': { needed: ({ build }) => build !== undefined, check: checkBuild },
};

const isSpawned = (service: Config['service']): boolean => service?.supervisor === 'process';

/** The preflight of a gate; `declined` are the stages that the configuration turns off, each with why. */
export function preflightStage(declined: { stage: string; why: string }[] = []): Stage {
  return {
    name: 'preflight',
    plan: (config) => ({ checks: Object.keys(CHECKS).filter((id) => CHECKS[id]?.needed(config)) }),
    run: async (context) => {
      for (const { stage, why } of declined) {
        give(context, 'stage-chosen', stage, {
          outcome: 'skip',
          message: `the stage ${stage} is not run: ${why}`,
        });
      }
      for (const [id, { needed, check }] of Object.entries(CHECKS)) {
        if (needed(context.config) && !context.signal.aborted) await runCheck(context, id, check);
      }
    },
  };
}

async function runCheck(context: StageContext, id: string, check: Check): Promise<void> {
  const startedAt = performance.now();
  const date = new Date().toISOString();
  let finding: Finding;
  try {
    finding = await check(context);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    finding = { outcome: 'unknown', message: `the check crashed: ${errorText(error)}` };
  }
  give(context, id, 'this host', finding, date, performance.now() - startedAt);
}

function give(
  context: StageContext,
  check: string,
  subject: string,
  finding: Finding,
  startedAt?: string,
  durationMs = 0,
): void {
  context.verdict(
    createVerdict({
      stage: 'preflight',
      check,
      subject,
      ...finding,
      startedAt: startedAt ?? new Date().toISOString(),
      durationMs,
      evidence: EVIDENCE[check] === undefined ? [] : [context.files.evidence(EVIDENCE[check])],
    }),
  );
}

function checkRunStore(context: StageContext): Finding {
  const { bavail, bsize } = statfsSync(context.files.folder);
  const freeMb = Math.floor((bavail * bsize) / 1024 / 1024);
  if (bavail * bsize >= MIN_FREE_BYTES) return { outcome: 'pass', message: `${freeMb} MB free for the run` };
  return {
    outcome: 'unknown',
    message: `only ${freeMb} MB are free where the run is written; ${MIN_FREE_BYTES / 1024 / 1024} MB were expected`,
    fix: 'free room, or set "runs" to a folder on another disk',
  };
}

async function checkServiceNode(context: StageContext): Promise<Finding> {
  const { config, projectRoot, serviceEnvironment, files } = context;
  const own = await findOwnNode(config.service?.node ?? 'node', projectRoot, serviceEnvironment);
  files.write(SERVICE_NODE_FILE, `${JSON.stringify(own, null, 2)}\n`);
  return {
    outcome: 'pass',
    message: `the service runs on Node ${own.version} (${own.path}); shakedown itself on ${process.version}`,
  };
}

function checkProcessProbes(): Finding {
  if (existsSync(`/proc/${process.pid}/fd`) && /^State:/m.test(readFileSync('/proc/self/status', 'utf8'))) {
    return { outcome: 'pass', message: '/proc shows descriptors, sockets and children of processes' };
  }
  return {
    outcome: 'unknown',
    message: `no readable /proc on this host (${process.platform}): descriptors, sockets and children cannot be counted`,
    fix: 'run the gate on Linux, or declare the soak checks that need it in "unavailable", each with a reason',
  };
}

async function checkLoopback({ config }: StageContext): Promise<Finding> {
  const host = config.service?.host ?? '127.0.0.1';
  const server = createServer();
  const listening = new Promise<void>((done, fail) => server.once('error', fail).listen(0, host, done));
  try {
    const waited = await within(listening, deadlineIn(5_000, `a port on ${host}`));
    if (!waited.met) return { outcome: 'unknown', message: waited.reason };
    return { outcome: 'pass', message: `${host} takes a listener` };
  } catch (error) {
    return {
      outcome: 'unknown',
      message: `cannot listen on ${host}: ${errorText(error)}`,
      fix: 'set service.host to an address of this machine',
    };
  } finally {
    server.close();
  }
}

async function checkBuild(context: StageContext): Promise<Finding> {
  const build = context.config.build as BuildConfig;
  const command = build.command.join(' ');
  context.progress.status(`build: ${command}`);
  const code = await runBuild(build, context);
  if (code !== 0) {
    return {
      outcome: 'fail',
      message: `the build \`${command}\` ended with ${code}`,
      fix: `run it by hand in ${build.cwd}; its output is in build.log`,
    };
  }
  const missing = build.outputs.filter((output) => !existsSync(join(context.projectRoot, output)));
  if (missing.length === 0)
    return { outcome: 'pass', message: `\`${command}\` wrote ${build.outputs.join(', ')}` };
  return {
    outcome: 'fail',
    message: `the build \`${command}\` ended with 0 and did not write ${missing.join(', ')}`,
    fix: 'correct build.outputs or the build',
  };
}

/** The exit code, or the signal or error that stood in its place. */
async function runBuild(build: BuildConfig, context: StageContext): Promise<number | string> {
  const [program = '', ...args] = build.command;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(build.withinMs)]);
  const child = spawn(program, args, {
    cwd: resolve(context.projectRoot, build.cwd),
    signal,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const ended = await new Promise<number | string>((done) => {
    child.once('error', (error) => done(errorText(error)));
    child.once('close', (code, killedBy) => done(code ?? String(killedBy)));
  });
  context.files.write('build.log', Buffer.concat(output).toString('utf8'));
  return ended;
}
