import { expect, it } from 'vitest';
import { renderReport } from './report.ts';
import { type Request, type Restart, resultOf } from './result.ts';

const at = {
  date: '2026-01-01',
  suite: 'bookworm',
  node: '24.0.0',
  cores: 2,
  processor: 'any',
  perSecond: 200,
  restarts: 200,
  perTurn: 10,
  together: 1,
  loadAverage: 1.25,
};
const restarts: Restart[] = Array.from({ length: 200 }, (_, index) => ({
  askedAtMs: index * 1_000,
  tookMs: 300,
  stopAtMs: index * 1_000 + 10,
}));
const answered = (sentAtMs: number): Request => ({
  dueAtMs: sentAtMs,
  sentAtMs,
  endedAtMs: sentAtMs + 20,
  fate: 'answered',
  retried: false,
});

it('bounds a loss that was not seen, and says nothing of one that could not be', () => {
  const struck = resultOf([{ requests: [answered(5)], restarts }], 200);
  const missed = resultOf([{ requests: [answered(500)], restarts }], 200);
  const times = [{ what: 'upgrade', tookMs: 2_345 }];
  const report = renderReport({ results: { 'kept-new': struck, 'kept-alive': missed }, times }, at);
  expect(report).toContain('| **0** | 0 | 0 of 200 (under 1.5 % at 95 %) |');
  expect(report).toContain('| **0** | 0 | unknown |');
  expect(report).toContain('Unknown, socket unit and drain: keep-alive: the load did not strike');
  expect(report).toContain('| upgrade | 2.3 |');
});

it('claims no bound where something was lost', () => {
  const lost: Request = { ...answered(5), fate: 'refused' };
  const result = resultOf([{ requests: [answered(5), lost], restarts }], 200);
  const report = renderReport({ results: { 'plain-new': result }, times: [] }, at);
  expect(report).toContain('| **1** | 0.01 | 1 of 200 |');
  expect(report).not.toContain('95 %');
});
