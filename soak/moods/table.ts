/** Puts what companion-moods saw, and what its judges made of it, into the table that a run shows. Called by the stage. */
import type { Config } from '../../harness/config.ts';
import { type MoodCell, type MoodTable, renderMoodTable } from '../../harness/renderers/mood-table.ts';
import type { StageFiles } from '../../harness/stage.ts';
import { refusal, seen } from '../judges/moods/mood-judge.ts';
import { scenariosOf } from '../scenarios/chosen.ts';
import { cellsOf } from './cells.ts';
import { readMoodHistory } from './history.ts';
import { expectationOf, judgeCells, type JudgedCell } from './judge-moods.ts';
import { MOOD_JUDGES } from './mood-judges.ts';
import { MOOD_TABLE_FILES } from './table-files.ts';

/** The table over a soak's folder; `undefined` where the scenario was not to run. */
export async function tabulateMoods(
  folder: string,
  config: Pick<Config, 'limits' | 'logs' | 'soak'>,
): Promise<MoodTable | undefined> {
  const expected = expectationOf(config);
  if (expected === undefined || !scenariosOf(config.soak).run.standard.includes('companion-moods'))
    return undefined;
  const { companion, subjects, moods } = expected.moods;
  const history = await readMoodHistory(folder, cellsOf(expected.moods), config.logs);
  return {
    companion,
    subjects,
    moods,
    checks: MOOD_JUDGES.map(({ id }) => id),
    cells: judgeCells(history, expected).map(asCell),
  };
}

/** Writes the table beside what it was made from. */
export function writeMoodTable(files: Pick<StageFiles, 'write'>, table: MoodTable): void {
  files.write(MOOD_TABLE_FILES.markdown, renderMoodTable(table));
  files.write(MOOD_TABLE_FILES.data, `${JSON.stringify(table, null, 2)}\n`);
}

function asCell({ history, opinions }: JudgedCell): MoodCell {
  const { subject, mood } = history.cell;
  const readyMs = seen(history, 'ready')?.afterMs;
  const told = seen(history, 'truth-awaited')?.hearing.words.at(-1);
  const stoppedMs = seen(history, 'exited')?.afterMs;
  const open = opinions.filter(({ opinion }) => opinion.outcome === 'fail' || opinion.outcome === 'unknown');
  return {
    subject,
    mood,
    refused: refusal(history) !== undefined,
    ...(readyMs === undefined ? {} : { readyMs }),
    ...(told === undefined ? {} : { word: told.word, toldMs: told.afterMs }),
    ...(stoppedMs === undefined ? {} : { stoppedMs }),
    outcomes: Object.fromEntries(opinions.map(({ judge, opinion }) => [judge.id, opinion.outcome])),
    reasons: Object.fromEntries(open.map(({ judge, opinion }) => [judge.id, opinion.message])),
  };
}
