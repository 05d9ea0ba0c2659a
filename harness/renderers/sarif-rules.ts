/** What SARIF says about the checks themselves: names, descriptions, help. Pure; used by `sarif.ts`. */
import { oneLine } from './clean-text.ts';
import type { ReportCase } from './run-report.ts';
import type { SarifRule } from './sarif-types.ts';

/** A check as a reader is told of it. A rule fits, and so does a judge. */
export interface CheckDescription {
  id: string;
  title: string;
  why?: string;
  fix?: string;
  messages?: Record<string, string>;
}

/** The id that a user silences or explains; what the gate says of a stage or of itself has one with its stage. */
export const ruleIdOf = ({ stage, check }: Pick<ReportCase, 'stage' | 'check'>): string =>
  oneLine(check === 'stage' || check === 'outcome' ? `${stage}-${check}` : check) || 'unnamed';

export function describeRule({ id, title, why, fix, messages }: CheckDescription): SarifRule {
  const text = [
    sentence(title),
    ...(why === undefined ? [] : [`Why: ${sentence(why)}`]),
    ...(fix === undefined ? [] : [`Fix: ${sentence(fix)}`]),
  ];
  const findings = Object.entries(messages ?? {}).map(
    ([name, words]) => `- \`${name}\`: ${escapeMarkdown(words)}`,
  );
  const markdown = [
    ...text.map((line) => escapeMarkdown(line).replace(/^(Why|Fix): /, '**$1.** ')),
    ...(findings.length === 0 ? [] : [findings.join('\n')]),
  ];
  return {
    id,
    ...nameOf(id),
    shortDescription: { text: sentence(title) },
    fullDescription: { text: why === undefined ? sentence(title) : `${sentence(title)} ${sentence(why)}` },
    help: { text: text.join('\n'), markdown: markdown.join('\n\n') },
    defaultConfiguration: { level: 'error' },
    properties: { tags: ['reliability', 'shutdown'], precision: 'high', 'problem.severity': 'error' },
  };
}

/** `start-awaited` is StartAwaited; the standard wants no name that says no more than the id. */
function nameOf(id: string): { name?: string } {
  const name = id.replace(/(?:^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_dash, letter: string) =>
    letter.toUpperCase(),
  );
  return name.toLowerCase() === id.toLowerCase() ? {} : { name };
}

/** On one line, beginning with a capital letter where a word does, and ending as a sentence does. */
export function sentence(text: string): string {
  const line = oneLine(text);
  if (line === '') return '';
  const begun = /^[a-z]+ /.test(line) ? line[0]?.toUpperCase() + line.slice(1) : line;
  return /[.!?]$/.test(begun) ? begun : `${begun}.`;
}

/** Outside of code spans, what Markdown or HTML would take for its own. */
function escapeMarkdown(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part, index) => (index % 2 === 1 ? part : part.replace(/[\\*_<>[\]|]/g, '\\$&')))
    .join('');
}
