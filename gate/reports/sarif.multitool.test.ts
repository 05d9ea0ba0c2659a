/**
 * SARIF as the standard's own validator and GitHub's demands read it. The validator carries a .NET runtime of 100 MB: it
 * has a folder of its own and is installed when it is not there. It always exits 0, so its output is read.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MOST_RESULTS, renderSarif } from '../../harness/renderers/sarif.ts';
import type { SarifLog } from '../../harness/renderers/sarif-types.ts';
import { PROJECT, readInput, REPORTS_FIXTURES, SPECS } from './golden-runs.ts';

const TOOL = join(REPORTS_FIXTURES, 'sarif-multitool');
const PROGRAM = join(
  TOOL,
  'node_modules/@microsoft',
  `sarif-multitool-${process.platform}`,
  'Sarif.Multitool',
);

/** Advice that does not fit, each with the reason. */
const DECLINED: Record<string, string> = {
  SARIF2005: 'there is no public address of the tool that it could name',
};

const scratch = mkdtempSync(join(tmpdir(), 'shakedown-sarif-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

beforeAll(() => {
  if (!existsSync(PROGRAM))
    execFileSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: TOOL, stdio: 'pipe', timeout: 280_000 });
  // What its install script does, which npm may not run.
  chmodSync(PROGRAM, 0o755);
}, 300_000);

/** What the validator has to say about each file, as `name: rule level: message`. */
function validate(texts: Record<string, string>): string[] {
  const output = join(scratch, 'validated.json');
  const files = Object.entries(texts).map(([name, text]) => {
    writeFileSync(join(scratch, `${name}.sarif`), text);
    return join(scratch, `${name}.sarif`);
  });
  const args = [...files, '--output', output, '--log', 'ForceOverwrite', '--rule-kind', 'Sarif;Ghas'];
  const told = execFileSync(PROGRAM, ['validate', ...args], {
    encoding: 'utf8',
    timeout: 240_000,
    env: { ...process.env, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT: '1' },
  });
  expect(told).toContain('Analysis completed');
  const [run] = (JSON.parse(readFileSync(output, 'utf8')) as Validation).runs;
  expect(run?.invocations[0]?.executionSuccessful).toBe(true);
  return (run?.results ?? [])
    .filter(({ ruleId }) => DECLINED[ruleId.split('/')[0] ?? ''] === undefined)
    .map(({ ruleId, level, message, locations: [location] }) => {
      const file = basename(location?.physicalLocation.artifactLocation.uri ?? '', '.sarif');
      return `${file}: ${ruleId} ${level ?? 'warning'}: ${message.text ?? JSON.stringify(message)}`;
    });
}

interface Validation {
  runs: {
    invocations: { executionSuccessful: boolean }[];
    results: {
      ruleId: string;
      level?: string;
      message: { text?: string };
      locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
    }[];
  }[];
}

describe('SARIF', () => {
  // The validator is really asked: what is wrong is told, of that run alone.
  it('of every golden run is valid, and as GitHub wants it', { timeout: 300_000 }, () => {
    const texts = Object.fromEntries(SPECS.map((spec) => [spec, renderSarif(readInput(spec), PROJECT)]));
    const wrong = (texts['mixed'] ?? '').replace('"startLine": 14', '"startLine": 0');
    const told = validate({ ...texts, wrong });
    expect(told.filter((each) => !each.startsWith('wrong: '))).toEqual([]);
    expect(told).not.toEqual([]);
  });

  it('has no more results than readers take, the failed ones first, and says what it left out', () => {
    const input = readInput('adopted');
    const [stage] = input.stages;
    const [fail, allowed] = stage?.verdicts ?? [];
    if (stage === undefined || fail === undefined || allowed === undefined) throw new Error('no verdicts');
    const many = Array.from({ length: MOST_RESULTS }, (_, index) => ({
      ...(index % 2 === 0 ? fail : allowed),
      subject: `subject ${index}`,
    }));
    stage.verdicts.push(...many);
    const [run] = (JSON.parse(renderSarif(input, PROJECT)) as SarifLog).runs;
    expect(run?.results).toHaveLength(MOST_RESULTS);
    expect(run?.results.filter(({ suppressions }) => suppressions === undefined)).toHaveLength(
      MOST_RESULTS / 2 + 2,
    );
    expect(JSON.stringify(run?.invocations[0]?.toolExecutionNotifications)).toContain(
      `4 of ${MOST_RESULTS + 4} results are left out`,
    );
  });
});
