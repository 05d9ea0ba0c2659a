/** `check --explain RULE` and `check --list`. Called by the command. */
import { UsageError } from '../../harness/errors.ts';
import { nearest } from '../../harness/nearest.ts';
import { ALL_RULES, commentOf, type RuleWords } from '../all-rules.ts';
import { type Example, exampleOf } from './examples.ts';

export function listRules(): string {
  const width = Math.max(...ALL_RULES.map(({ id }) => id.length)) + 1;
  return ALL_RULES.map(({ id, title }) => `${id.padEnd(width)} ${title}`).join('\n');
}

/** @throws UsageError when no rule is called so. */
export function ruleNamed(id: string): RuleWords {
  const rule = ALL_RULES.find((each) => each.id === id);
  if (rule !== undefined) return rule;
  const ids = ALL_RULES.map((each) => each.id);
  const near = nearest(id, ids);
  const hint = near === undefined ? `there are ${ids.join(', ')}` : `did you mean "${near}"?`;
  throw new UsageError(`no rule is called "${id}"; ${hint}`);
}

/** Everything about a rule, with an example that it finds and one that it passes. */
export function explainRule(id: string): string {
  const rule = ruleNamed(id);
  const { bad, good } = exampleOf(id);
  return [
    `${rule.id}: ${rule.title}`,
    `Why: ${rule.why}`,
    `Fix: ${rule.fix}`,
    ['Findings:', ...Object.entries(rule.messages).map(([name, text]) => `  ${name}: ${text}`)].join('\n'),
    ...exampleLines('Found', bad),
    ...exampleLines('Right', good),
    `Silence one finding with \`${commentOf(id)} shakedown-allow ${rule.id}: reason\` on its line or the line before.`,
  ].join('\n\n');
}

function exampleLines(heading: string, example: Example | undefined): string[] {
  if (example === undefined) return [];
  const text = example.text
    .trimEnd()
    .split('\n')
    .map((line) => `    ${line}`.trimEnd());
  return [`${heading}, for example (${example.name}):\n\n${text.join('\n')}`];
}
