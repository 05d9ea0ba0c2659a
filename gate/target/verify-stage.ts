/**
 * Verifies a deployed server as it stands: runs the configured program there, which looks and changes nothing, and takes
 * its TAP as verdicts. A stage of `gate --target`.
 */
import type { TargetConfig } from '../../harness/config.ts';
import { UsageError } from '../../harness/errors.ts';
import type { Stage, StageContext } from '../../harness/stage.ts';
import { openTarget } from '../../harness/supervisors/open-supervisor.ts';
import type { CommandResult } from '../../harness/transport/transport.ts';
import { createVerdict, type Outcome } from '../../harness/verdict.ts';
import { readTap } from './read-tap.ts';

const TAP_FILE = 'verify.tap';
/** That everything which the program planned was told. */
const COMPLETE = 'verify-complete';

export const verifyStage: Stage = {
  name: 'deployment',
  plan: () => ({ checks: [COMPLETE] }),
  run: async (context) => {
    const { target } = context.config;
    if (target === undefined) throw new UsageError('target: it is missing; expected what is to be verified');
    if (target.verify === undefined) {
      give(context, target, COMPLETE, 'unknown', NOT_CONFIGURED);
      return;
    }
    await verify(context, target, target.verify);
  },
};

const NOT_CONFIGURED =
  'target.verify is not configured: nobody has looked at the server itself; name the program that does and prints TAP';

async function verify(context: StageContext, target: TargetConfig, command: string[]): Promise<void> {
  const way = await openTarget(target, context.projectRoot);
  let result: CommandResult;
  try {
    context.progress.status(`verify: ${command.join(' ')} on ${target.host}`);
    result = await way.transport.run(command, { timeoutMs: target.verifyWithinMs, signal: context.signal });
  } finally {
    await way.close();
  }
  const startedAt = new Date(Date.now() - result.durationMs).toISOString();
  if (!result.ran) {
    give(context, target, COMPLETE, 'unknown', `it did not run: ${result.reason}`, startedAt);
    return;
  }
  context.files.write(TAP_FILE, result.stdout);
  const { results, missing } = readTap(result.stdout);
  for (const { name, outcome, message } of results) give(context, target, name, outcome, message, startedAt);
  const told = new Set(results.map(({ outcome }) => outcome));
  const isBad = told.has('fail') || told.has('unknown');
  // A program that says that all is well and ends otherwise has not said everything.
  if ((result.code !== 0) !== isBad) missing.push(`it ended with ${result.code}: ${result.stderr.trim()}`);
  if (!told.has('pass')) missing.push('not one check passed');
  if (missing.length > 0) give(context, target, COMPLETE, 'unknown', missing.join('; '), startedAt);
  else give(context, target, COMPLETE, 'pass', `${results.length} checks planned and told`, startedAt);
}

function give(
  context: StageContext,
  { unit, host }: TargetConfig,
  check: string,
  outcome: Outcome,
  message: string,
  startedAt = new Date().toISOString(),
): void {
  context.verdict(
    createVerdict({
      stage: 'deployment',
      check,
      subject: `${unit} on ${host}`,
      outcome,
      message,
      ...(outcome === 'pass' || outcome === 'skip' ? {} : { fix: FIX }),
      evidence: [context.files.evidence(TAP_FILE)],
      startedAt,
    }),
  );
}

const FIX = 'look at the server: the program that verifies it can be run there by hand, it changes nothing';
