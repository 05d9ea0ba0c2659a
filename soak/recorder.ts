/** Writes observations to disk as they happen, one JSON line each. Used by the soak stage and its scenarios. */
import type { Fact } from '../harness/observation.ts';
import type { StageFiles } from '../harness/stage.ts';
import { OBSERVATIONS_FILE } from './history.ts';

export interface Recorder {
  observe(fact: Fact): void;
}

/** A recorder whose monotonic clock starts now. */
export function createRecorder(
  files: Pick<StageFiles, 'appendLine'>,
  file: string = OBSERVATIONS_FILE,
): Recorder {
  const startedAtMs = performance.now();
  return {
    observe(fact) {
      const monotonicMs = Math.round((performance.now() - startedAtMs) * 1_000) / 1_000;
      files.appendLine(file, { ...fact, at: new Date().toISOString(), monotonicMs });
    },
  };
}
