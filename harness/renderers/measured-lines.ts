/** What the soak measured where it passed: numbers are worth reading on a good day too. Pure; called by `terminal.ts`. */
import { cutText, oneLine } from './clean-text.ts';
import type { ReportCase } from './run-report.ts';

const MAX_MESSAGE_BYTES = 2_000;

/** One line for each check: its message, or where it passed several times, in which cases. */
export function measuredLines(cases: readonly ReportCase[], tabulated: ReadonlySet<string>): string[] {
  const passed = cases.filter(
    ({ stage, outcome, check }) => stage === 'soak' && outcome === 'pass' && !tabulated.has(check),
  );
  const byCheck = Map.groupBy(passed, ({ check }) => check);
  const width = Math.max(0, ...[...byCheck.keys()].map((check) => check.length));
  return [...byCheck].map(
    ([check, ones]) =>
      `  ${oneLine(check).padEnd(width)}  ${cutText(oneLine(measured(ones)), MAX_MESSAGE_BYTES)}`,
  );
}

function measured(ones: readonly ReportCase[]): string {
  const [first, ...others] = ones;
  if (first === undefined) return '';
  if (others.length === 0) return first.message;
  return `${ones.length} passed: ${ones.map(({ subject }) => subject).join('; ')}`;
}
