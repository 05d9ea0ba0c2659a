import { expect, it } from 'vitest';
import { type MoodCell, type MoodTable, moodTableLines, renderMoodTable } from './mood-table.ts';

const MOODS = ['healthy', 'slow', 'silent', 'resetting', 'refusing', '429', '500', 'malformed', 'closing'];
const checks = ['mood-struck', 'mood-start', 'mood-told', 'mood-stayed-up', 'mood-stopped', 'mood-log-clean'];

function cell(subject: string, mood: string, changes: Partial<MoodCell> = {}): MoodCell {
  const word = mood === 'healthy' || mood === 'closing' ? 'connected' : mood === 'slow' ? 'degraded' : 'down';
  const outcomes = Object.fromEntries(checks.map((check) => [check, 'pass' as const]));
  return {
    subject,
    mood,
    refused: false,
    readyMs: 612,
    word,
    toldMs: 1_236,
    stoppedMs: 311,
    outcomes,
    reasons: {},
    ...changes,
  };
}

const subjects = ['luno', 'binance', 'kucoin'];
const table: MoodTable = {
  companion: 'exchanges',
  subjects,
  moods: MOODS,
  checks,
  cells: subjects.flatMap((subject) => MOODS.map((mood) => cell(subject, mood))),
};

/** The same table with one cell in the place of another. */
const withCell = (one: MoodCell): MoodTable => ({
  ...table,
  cells: table.cells.map((other) => (other.subject === one.subject && other.mood === one.mood ? one : other)),
});

it('fits three exchanges in nine moods into 108 columns', () => {
  const lines = moodTableLines(table, 108);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(108);
  expect(lines).toHaveLength(1 + 3 * 4);
  expect(lines.slice(0, 5)).toEqual([
    '                  healthy    slow      silent  resetting  refusing  429   500   malformed  closing',
    'luno     ready    0.61       0.61      0.61    0.61       0.61      0.61  0.61  0.61       0.61',
    '         told     connected  degraded  down    down       down      down  down  down       connected',
    '         after    1.24       1.24      1.24    1.24       1.24      1.24  1.24  1.24       1.24',
    '         stopped  0.31       0.31      0.31    0.31       0.31      0.31  0.31  0.31       0.31',
  ]);
});

it('goes on below where it does not fit', () => {
  const lines = moodTableLines(table, 60);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(60);
  for (const mood of MOODS) expect(lines.filter((line) => line.split(/ +/).includes(mood))).toHaveLength(1);
});

it('marks what failed and what is unknown beside what was seen', () => {
  const lied = cell('luno', 'silent', {
    word: 'connected',
    outcomes: { ...cell('luno', 'silent').outcomes, 'mood-told': 'fail' },
    reasons: { 'mood-told': 'said "connected"; it should\nhave said "down"' },
  });
  expect(moodTableLines(withCell(lied), 108)[2]).toContain('✖ connected');
  const text = renderMoodTable(withCell(lied));
  expect(text).toContain('**FAIL** (mood-told) ready 0.61 s, told "connected" 1.24 s, stopped 0.31 s');
  expect(text).toContain('- luno silent, mood-told: said "connected"; it should have said "down"');
});

it('shows a cell that was not seen as unknown, and one that is missing as well', () => {
  const outcomes = Object.fromEntries(checks.map((check) => [check, 'unknown' as const]));
  const unseen: MoodCell = { subject: 'luno', mood: 'silent', refused: false, outcomes, reasons: {} };
  expect(moodTableLines(withCell(unseen), 108)[1]).toMatch(/0\.61 +0\.61 +\? - /);
  expect(renderMoodTable(withCell(unseen))).toContain('mood-log-clean) nothing was seen |');
  const missing = { ...table, cells: table.cells.slice(1) };
  expect(moodTableLines(missing, 108)[1]).toMatch(/^luno +ready +\? /);
  expect(renderMoodTable(missing)).toContain('| **luno** | **UNKNOWN** |');
});

it('shows a refusal, and a fault in the log of a life', () => {
  const refused: MoodCell = {
    subject: 'luno',
    mood: '500',
    refused: true,
    outcomes: { ...cell('luno', '500').outcomes, 'mood-told': 'skip', 'mood-log-clean': 'fail' },
    reasons: {},
  };
  const lines = moodTableLines(withCell(refused), 120);
  expect(lines[1]).toContain('refused');
  expect(lines[4]).toContain('✖ -');
  expect(renderMoodTable(withCell(refused))).toContain('**FAIL** (mood-log-clean) refused to start');
});
