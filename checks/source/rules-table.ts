/** The table of rules for the README. Pure. */
import type { AnyRule } from './rule.ts';

type TableRule = Pick<AnyRule, 'id' | 'title' | 'messages'>;

/** A Markdown table: id, title, message ids. */
export function renderRulesTable(rules: readonly TableRule[]): string {
  const cell = (text: string): string => text.replaceAll('|', '\\|');
  const rows = [...rules]
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(
      (rule) =>
        `| \`${rule.id}\` | ${cell(rule.title)} | ${Object.keys(rule.messages)
          .map((each) => `\`${each}\``)
          .join(', ')} |`,
    );
  return ['| rule | what must hold | findings |', '|---|---|---|', ...rows, ''].join('\n');
}
