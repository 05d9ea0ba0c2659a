/**
 * The table of the scenario companion-moods: what the service made of each mood of each subject. As Markdown for the
 * run, and in few columns for a terminal. Pure; the data come from `soak/moods/table.ts`.
 */
import type { Outcome } from '../verdict.ts';
import { oneLine } from './clean-text.ts';

/** One life. Times are milliseconds; what was not seen is absent. */
export interface MoodCell {
  subject: string;
  mood: string;
  refused: boolean;
  readyMs?: number;
  /** What it last said while the truth was waited for, and when it began to. */
  word?: string;
  toldMs?: number;
  stoppedMs?: number;
  /** By check: how each came out. */
  outcomes: Record<string, Outcome>;
  /** Why it is not a pass, by check. */
  reasons: Record<string, string>;
}

export interface MoodTable {
  companion: string;
  subjects: string[];
  moods: string[];
  /** The checks whose verdicts the table shows. */
  checks: string[];
  cells: MoodCell[];
}

/** Which check stands behind each row of a subject, and what the row shows. */
const ROWS: readonly { label: string; checks: string[]; show(cell: MoodCell): string }[] = [
  {
    label: 'ready',
    checks: ['mood-start'],
    show: (cell) => (cell.refused ? 'refused' : shortSeconds(cell.readyMs)),
  },
  {
    label: 'told',
    checks: ['mood-struck', 'mood-told'],
    show: ({ word }) => (word === undefined ? '-' : oneLine(word)),
  },
  { label: 'after', checks: ['mood-stayed-up'], show: ({ toldMs }) => shortSeconds(toldMs) },
  {
    label: 'stopped',
    checks: ['mood-stopped', 'mood-log-clean'],
    show: ({ stoppedMs }) => shortSeconds(stoppedMs),
  },
];

const SIGNS = { fail: '✖ ', unknown: '? ', pass: '', skip: '' } as const satisfies Record<Outcome, string>;

/** The table in lines of at most `width` characters, where its columns can be that narrow; no colours. */
export function moodTableLines(table: MoodTable, width: number): string[] {
  const left = Math.max(...table.subjects.map(({ length }) => length), 0) + 2;
  const labels = Math.max(...ROWS.map(({ label }) => label.length)) + 2;
  const columns = table.moods.map((mood) => columnOf(table, mood));
  return blocksOf(columns, width - left - labels).flatMap((block, index) => [
    ...(index === 0 ? [] : ['']),
    `${' '.repeat(left + labels)}${block.map(({ mood, width: own }) => mood.padEnd(own)).join('')}`.trimEnd(),
    ...table.subjects.flatMap((subject, row) =>
      ROWS.map(({ label }, line) => {
        const cells = block.map(({ texts, width: own }) =>
          (texts[row * ROWS.length + line] ?? '').padEnd(own),
        );
        return `${(line === 0 ? subject : '').padEnd(left)}${label.padEnd(labels)}${cells.join('')}`.trimEnd();
      }),
    ),
  ]);
}

interface Column {
  mood: string;
  /** A text for each row of each subject. */
  texts: string[];
  width: number;
}

function columnOf(table: MoodTable, mood: string): Column {
  const texts = table.subjects.flatMap((subject) => {
    const cell = table.cells.find((one) => one.subject === subject && one.mood === mood);
    return ROWS.map(({ checks, show }) =>
      cell === undefined ? '?' : SIGNS[worstOfChecks(cell, checks)] + show(cell),
    );
  });
  return { mood, texts, width: Math.max(mood.length, ...texts.map(({ length }) => length)) + 2 };
}

/** As many columns beside each other as fit, at least one. */
function blocksOf(columns: readonly Column[], room: number): Column[][] {
  const blocks: Column[][] = [];
  let used = 0;
  for (const column of columns) {
    const last = blocks.at(-1);
    // The gap after the last column is no text.
    if (last === undefined || used + column.width - 2 > room) {
      blocks.push([column]);
      used = column.width;
    } else {
      last.push(column);
      used += column.width;
    }
  }
  return blocks;
}

/** The table as a Markdown document: a cell says in words what the service did, and what was wrong. */
export function renderMoodTable(table: MoodTable): string {
  const wrong = table.cells.flatMap((cell) =>
    Object.entries(cell.reasons).map(
      ([check, reason]) => `- ${cell.subject} ${cell.mood}, ${check}: ${oneLine(reason)}`,
    ),
  );
  return [
    `# Moods of ${table.companion}`,
    '',
    'One life of the service for each cell: when it was ready, what it said about the subject and how long after it was',
    'ready and the mood had struck, how long it took to stop.',
    '',
    `| | ${table.moods.join(' | ')} |`,
    `|${'---|'.repeat(table.moods.length + 1)}`,
    ...table.subjects.map((subject) => `| **${subject}** | ${rowOf(table, subject).join(' | ')} |`),
    '',
    ...(wrong.length === 0 ? [] : ['## What is wrong or unknown', '', ...wrong, '']),
  ].join('\n');
}

function rowOf(table: MoodTable, subject: string): string[] {
  return table.moods.map((mood) => {
    const cell = table.cells.find((one) => one.subject === subject && one.mood === mood);
    return cell === undefined ? '**UNKNOWN**' : cellText(cell).replaceAll('|', '\\|');
  });
}

function cellText(cell: MoodCell): string {
  const parts = [
    cell.refused
      ? 'refused to start'
      : cell.readyMs === undefined
        ? undefined
        : `ready ${seconds(cell.readyMs)}`,
    cell.word === undefined ? undefined : `told "${oneLine(cell.word)}" ${seconds(cell.toldMs)}`,
    cell.stoppedMs === undefined ? undefined : `stopped ${seconds(cell.stoppedMs)}`,
  ].filter((part) => part !== undefined);
  const failed = namesOf(cell, 'fail');
  const open = namesOf(cell, 'unknown');
  const marks = [
    ...(failed === '' ? [] : [`**FAIL** (${failed})`]),
    ...(open === '' ? [] : [`**UNKNOWN** (${open})`]),
  ];
  return [...marks, parts.join(', ') || 'nothing was seen'].join(' ');
}

function namesOf({ outcomes }: MoodCell, wanted: Outcome): string {
  return Object.entries(outcomes)
    .filter(([, outcome]) => outcome === wanted)
    .map(([check]) => check)
    .join(', ');
}

function worstOfChecks({ outcomes }: MoodCell, checks: readonly string[]): Outcome {
  const own = checks.map((check) => outcomes[check] ?? 'unknown');
  return (['fail', 'unknown', 'pass'] as const).find((outcome) => own.includes(outcome)) ?? 'skip';
}

function seconds(ms: number | undefined): string {
  return ms === undefined ? '' : `${(ms / 1_000).toFixed(2)} s`;
}

function shortSeconds(ms: number | undefined): string {
  return ms === undefined ? '-' : (ms / 1_000).toFixed(2);
}
