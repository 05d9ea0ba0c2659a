import { describe, expect, it } from 'vitest';
import { reportCases } from '../../harness/renderers/run-report.ts';
import { createVerdict } from '../../harness/verdict.ts';
import { readInput } from './golden-runs.ts';
import { readBack } from './junit.ts';
import { renderJunit } from './junit-document.ts';

const verdicts = Array.from({ length: 40 }, (_, index) =>
  createVerdict({
    stage: 'source',
    check: 'long-winded',
    subject: `subject ${index}`,
    outcome: index % 2 === 0 ? 'fail' : 'unknown',
    message: 'word '.repeat(2_000),
    fix: 'word '.repeat(6_000),
    startedAt: '2026-11-20T08:00:00.000Z',
  }),
);
const input = {
  ...readInput('mixed'),
  stages: [{ name: 'source' as const, outcome: 'fail' as const, verdicts, durationMs: 1 }],
};
const cases = reportCases(input);
const content = { input, cases, problems: [] };

describe('a JUnit document', () => {
  it('holds messages within 4 kB and bodies within 16 kB', () => {
    const xml = renderJunit(content, 'plain');
    for (const [, message = ''] of xml.matchAll(/ message="([^"]*)"/g))
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4_096);
    for (const [, body = ''] of xml.matchAll(/<(?:failure|error)[^>]*>([^<]*)</g)) {
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(16_384);
    }
    expect(xml.match(/cut: \d+ bytes in all/g)?.length).toBeGreaterThanOrEqual(80);
  });

  it('shortens its texts, and drops no case, when the file would become larger than readers take', () => {
    const limit = 400_000;
    const xml = renderJunit(content, 'plain', limit);
    expect(Buffer.byteLength(renderJunit(content, 'plain'))).toBeGreaterThan(limit);
    expect(Buffer.byteLength(xml)).toBeLessThanOrEqual(limit);
    expect(readBack(xml, cases, 0)).toBeUndefined();
  });
});
