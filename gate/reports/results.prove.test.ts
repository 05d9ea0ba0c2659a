/** results.tap read by Perl's TAP::Harness, which knows nothing of us: its verdict and its points must be ours. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { reportCases } from '../../harness/renderers/run-report.ts';
import { readInput, REPORTS_FIXTURES, SPECS } from './golden-runs.ts';

const PROVE_MISSING = spawnSync('prove', ['--version']).status !== 0;
const MISSING_REASON = "Perl's prove is not on the PATH";

/** Prints `ok` or `not ok`, the directive and the unescaped name of every point, then what did not parse. */
const READ_POINTS = `
  use TAP::Parser; binmode STDOUT, ':utf8';
  my $parser = TAP::Parser->new({ exec => ['cat', $ARGV[0]] });
  while (my $result = $parser->next) {
    next unless $result->is_test;
    printf "%s|%s|%s\\n", ($result->is_actual_ok ? 'ok' : 'not ok'), $result->directive, $result->description;
  }
  print STDERR join "\\n", $parser->parse_errors;
`;

describe.each(SPECS)('results.tap of the run "%s"', (spec) => {
  const input = readInput(spec);
  const path = join(REPORTS_FIXTURES, `${spec}.${input.exitCode}.tap`);

  it('passes in prove exactly when the gate passes', ({ skip }) => {
    if (PROVE_MISSING) skip(MISSING_REASON);
    const { status, stdout } = spawnSync('prove', ['--exec', 'cat', path], { encoding: 'utf8' });
    expect(stdout).toMatch(input.exitCode === 0 ? /Result: PASS/ : /Result: FAIL/);
    expect(status === 0).toBe(input.exitCode === 0);
    expect(stdout).not.toMatch(/Parse errors/);
  });

  it('holds the same points for TAP::Parser as for us', ({ skip }) => {
    if (PROVE_MISSING) skip(MISSING_REASON);
    const { stdout, stderr } = spawnSync('perl', ['-e', READ_POINTS, path], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const expected = reportCases(input).map(({ outcome, name }) => {
      const status = outcome === 'fail' || outcome === 'unknown' ? 'not ok' : 'ok';
      return `${status}|${outcome === 'skip' ? 'SKIP' : ''}|- ${name}`;
    });
    expect(stdout.trimEnd().split('\n').map(unescapeTap)).toEqual(expected);
  });
});

function unescapeTap(line: string): string {
  return line.replace(/\\([\\#])/g, '$1');
}
