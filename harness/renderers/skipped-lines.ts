/** What did not run or does not count, with the reasons. Pure; called by the terminal renderer. */
import { oneLine } from './clean-text.ts';
import type { ReportCase } from './run-report.ts';

/** So many with one reason share a line. */
const FEW = 3;

/** What is skipped for one reason can be dozens: those of a rule without a subject, what is known, what stands elsewhere. */
export function skippedLines(cases: readonly ReportCase[]): string[] {
  const skipped = cases.filter(({ outcome }) => outcome === 'skip');
  return [...Map.groupBy(skipped, skipReason)].flatMap(([reason, ones]) => {
    const { suppressed } = ones[0] ?? {};
    if (suppressed?.by === 'baseline' || suppressed?.by === 'elsewhere')
      return [`  - ${ones.length} ${ones.length === 1 ? 'finding' : 'findings'}, ${reason}`];
    if (ones.length < FEW)
      return ones.map((one) => `  - ${one.name}: ${oneLine(one.message) || 'no reason was given'}`);
    return [`  - ${ones.map(({ check }) => oneLine(check)).join(', ')}: ${reason}`];
  });
}

/** Reasons that differ only in the rule that they name are one. */
function skipReason({ suppressed, message, check, subject, name }: ReportCase): string {
  if (suppressed?.by === 'baseline' || suppressed?.by === 'elsewhere')
    return `${suppressed.by}: ${oneLine(suppressed.reason)}`;
  if (subject !== `rule ${check}`) return name;
  return oneLine(message).replace(`rule ${check}`, 'the rule');
}
