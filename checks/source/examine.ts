/**
 * Runs a rule so that silence is not a pass: each subject ends in a verdict, a handle left open is `unknown`, a rule
 * that throws is one `unknown`, a rule without subjects says so. Called by the source and the deployment stage.
 */
import { errorText } from '../../harness/errors.ts';
import {
  createVerdict,
  OUTCOME_RANK,
  type Location,
  type PathStep,
  type StageName,
  type Verdict,
} from '../../harness/verdict.ts';
import type { Examination, Examine, MessageData, Subject } from './rule.ts';

/** A verdict of a rule. */
export type Finding = Verdict;

/** A rule on whatever it is handed: the source's graph, the deployment's files. */
export interface JudgingRule<Context> {
  id: string;
  title: string;
  fix: string;
  messages: Record<string, string>;
  check(context: Context & { examine: Examine }): void;
}
type RuleWords = Omit<JudgingRule<never>, 'check'>;

export interface ExamineOptions {
  stage: StageName;
  /** No subject is `unknown`, not `skip`. */
  mustHaveSubjects: boolean;
  /** How many files were searched. */
  fileCount: number;
  /** ISO 8601, UTC. */
  startedAt: string;
  /** What the rule cannot judge without and was not found: it is not run. */
  missing?: string | undefined;
}

interface Examined {
  subject: Subject;
  outcome?: 'pass' | 'fail' | 'unknown';
  because?: string;
  messageId?: string;
  text?: string;
  path?: PathStep[];
  closedTwice?: boolean;
}

export function runRule<Context extends object>(
  rule: JudgingRule<Context>,
  context: Context,
  options: ExamineOptions,
): Finding[] {
  if (options.missing !== undefined)
    return [noSubjects(rule, options, `it needs ${options.missing}, and none was found`)];
  const records: Examined[] = [];
  const examine = (subject: Subject): Examination => {
    const record: Examined = { subject };
    records.push(record);
    return handleOf(rule, record);
  };
  let crash: unknown;
  let crashed = false;
  try {
    rule.check({ ...context, examine });
  } catch (error) {
    crash = error;
    crashed = true;
  }
  const findings = number(records).map((each) => toFinding(rule, each, options));
  if (crashed) findings.push(crashFinding(rule, crash, options));
  else if (records.length === 0) findings.push(noSubjects(rule, options));
  return findings;
}

function handleOf(rule: RuleWords, record: Examined): Examination {
  const close = (outcome: Examined['outcome'], text?: string): void => {
    if (record.outcome !== undefined) record.closedTwice = true;
    if (outcome) record.outcome = outcome;
    if (text !== undefined) record.text = text;
  };
  return {
    pass: () => close('pass'),
    fail: (messageId, data = {}, path = []) => {
      const template = rule.messages[messageId];
      if (template === undefined) throw new Error(`rule ${rule.id} has no message ${messageId}`);
      close('fail', fill(template, data));
      record.messageId = messageId;
      record.path = path;
    },
    unknown: (reason, because) => {
      close('unknown', reason);
      if (because !== undefined) record.because = because;
    },
  };
}

function fill(template: string, data: MessageData): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => String(data[name] ?? whole));
}

/**
 * Equal subjects are told apart by a number: the failed ones first, each group in the order of the file. So what is found
 * keeps its name when an equal subject with nothing wrong is written above it.
 */
function number(records: readonly Examined[]): Examined[] {
  const sorted = [...records].sort((a, b) => compare(a.subject.location, b.subject.location));
  const names = new Map<Examined, string>();
  for (const equals of Map.groupBy(sorted, (each) => each.subject.subject).values())
    [...equals]
      .sort((a, b) => rankOf(b) - rankOf(a))
      .forEach((each, index) => {
        if (index > 0) names.set(each, `${each.subject.subject} #${index + 1}`);
      });
  return sorted.map((each) => {
    const name = names.get(each);
    return name === undefined ? each : { ...each, subject: { ...each.subject, subject: name } };
  });
}

const rankOf = ({ outcome }: Examined): number => OUTCOME_RANK[outcome ?? 'unknown'];

function compare(a: Location, b: Location): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

function toFinding(rule: RuleWords, record: Examined, { stage, startedAt }: ExamineOptions): Finding {
  const { subject, location } = record.subject;
  const base = { stage, check: rule.id, subject, location, startedAt } as const;
  if (record.closedTwice)
    return createVerdict({
      ...base,
      outcome: 'unknown',
      message: `rule ${rule.id} judged ${subject} twice; report this as a defect of shakedown`,
    });
  if (record.outcome === undefined)
    return createVerdict({
      ...base,
      outcome: 'unknown',
      message: `rule ${rule.id} began to examine ${subject} and came to no verdict; report this as a defect of shakedown`,
    });
  if (record.outcome === 'pass')
    return createVerdict({ ...base, outcome: 'pass', message: `${rule.title}: ${subject}` });
  const message = record.text ?? '';
  const fix = rule.fix;
  const { because } = record;
  if (record.outcome === 'unknown')
    return createVerdict({ ...base, outcome: 'unknown', message, fix, ...(because ? { because } : {}) });
  const verdict = createVerdict({
    ...base,
    outcome: 'fail',
    message,
    fix,
    ...(record.path?.length ? { path: record.path } : {}),
  });
  return { ...verdict, ...(record.messageId ? { messageId: record.messageId } : {}) };
}

function crashFinding(rule: RuleWords, crash: unknown, options: ExamineOptions): Finding {
  return createVerdict({
    stage: options.stage,
    check: rule.id,
    subject: `rule ${rule.id}`,
    outcome: 'unknown',
    message: `rule ${rule.id} crashed: ${errorText(crash)}; what it had not examined yet is not judged`,
    fix: 'report this as a defect of shakedown; turn the rule off in the configuration, with the reason, to go on',
    startedAt: options.startedAt,
  });
}

function noSubjects(rule: RuleWords, options: ExamineOptions, because?: string): Finding {
  const searched = because ?? `${options.fileCount} ${options.fileCount === 1 ? 'file' : 'files'} searched`;
  return createVerdict({
    stage: options.stage,
    check: rule.id,
    subject: `rule ${rule.id}`,
    outcome: options.mustHaveSubjects ? 'unknown' : 'skip',
    message: options.mustHaveSubjects
      ? `rule ${rule.id} must have subjects (rules.mustHaveSubjects) and found none: ${searched}`
      : `nothing that rule ${rule.id} is about: ${searched}`,
    startedAt: options.startedAt,
  });
}
