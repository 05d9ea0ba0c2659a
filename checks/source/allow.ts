/** `// shakedown-allow <id>: reason`, and the rules that a configuration makes advisory or turns off. Pure. */
import type { RulesConfig } from '../../harness/config.ts';
import { createVerdict, type StageName, suppress, type Verdict } from '../../harness/verdict.ts';
import type { Finding } from './examine.ts';
import type { AllowComment } from './facts/model.ts';

export interface FileAllows {
  path: string;
  allows: readonly AllowComment[];
}

/** Silences findings on the line of an allow comment or the line after it; allows that are wrong become findings. */
export function applyAllows(
  findings: readonly Finding[],
  files: readonly FileAllows[],
  run: { stage: StageName; startedAt: string; ran: readonly string[]; known: readonly string[] },
): Finding[] {
  const used = new Set<AllowComment>();
  const out = findings.map((each): Finding => {
    if (each.outcome !== 'fail' || !each.location) return each;
    const { file, line } = each.location;
    const allow = files
      .find((one) => one.path === file)
      ?.allows.find(
        (one) => one.rule === each.check && (one.line === line || one.line === line - 1) && !used.has(one),
      );
    if (!allow) return each;
    used.add(allow);
    return allow.reason ? suppress(each, 'allow', allow.reason) : each;
  });
  for (const file of files)
    for (const allow of file.allows) {
      const problem = problemOf(allow, used.has(allow), run);
      if (problem) out.push(allowFinding(file.path, allow, problem, run));
    }
  return out;
}

function problemOf(
  { rule, reason }: AllowComment,
  used: boolean,
  { ran, known }: { ran: readonly string[]; known: readonly string[] },
): string | undefined {
  if (rule && !known.includes(rule)) return `names a rule that there is not; there are ${known.join(', ')}`;
  if (!reason) return 'gives no reason';
  // A rule that did not run says nothing about the comments that silence it.
  return used || (rule && !ran.includes(rule)) ? undefined : 'silences nothing';
}

function allowFinding(
  file: string,
  allow: AllowComment,
  problem: string,
  { stage, startedAt }: { stage: StageName; startedAt: string },
): Verdict {
  return createVerdict({
    stage,
    // Each stage has a say about its own only.
    check: stage === 'source' ? 'allow-comment' : `${stage}-allow-comment`,
    subject: `${file} shakedown-allow ${allow.rule || '(no rule)'}: ${allow.reason || '(no reason)'}`,
    outcome: 'fail',
    message: `the comment at ${file}:${allow.line} ${problem}`,
    fix: 'write `shakedown-allow <rule>: reason` in a comment on the line of the finding or the line before it, or remove the comment',
    location: { file, line: allow.line, column: allow.column },
    startedAt,
  });
}

/** Rules that are off get one `skip` with the reason; failures of advisory rules become `skip`. */
export function applySettings(
  findings: readonly Finding[],
  rules: RulesConfig,
  { stage, startedAt, known }: { stage: StageName; startedAt: string; known: readonly string[] },
): Finding[] {
  const mine = Object.entries(rules.off).filter(([id]) => known.includes(id));
  const off = mine.map(([id, reason]) =>
    createVerdict({
      stage,
      check: id,
      subject: `rule ${id}`,
      outcome: 'skip',
      message: `off: ${reason}`,
      startedAt,
    }),
  );
  const judged = findings.map((each): Finding => {
    const advisory = each.outcome === 'fail' && rules.advisory.includes(each.check);
    return advisory ? suppress(each, 'advisory', 'the configuration calls the rule advisory') : each;
  });
  return [...judged, ...off];
}
