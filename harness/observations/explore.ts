/**
 * What the exploration sees: random schedules of starts, stops and signals on a real service. Part of the union in
 * `observation.ts`; written by `soak/explore`, judged by `soak/explore/judge-case.ts`.
 */
import type { ExitFact, Reading } from '../observation.ts';

/**
 * One step of a schedule. Offsets are in percent of what a start or a stop of this service typically takes on this
 * host, so that a schedule found on a fast machine means the same on a slow one.
 */
export type Step =
  | { do: 'start' }
  /** Told to stop while it starts, or just after. */
  | { do: 'start-and-stop'; atPercent: number }
  | { do: 'start-and-kill'; atPercent: number }
  | { do: 'stop' }
  /** Told to stop by Ctrl-C. */
  | { do: 'interrupt' }
  /** Told to stop, and again while it stops. */
  | { do: 'stop-twice'; gapPercent: number }
  /** Told to stop, and by Ctrl-C while it stops. */
  | { do: 'stop-and-interrupt'; gapPercent: number }
  | { do: 'stop-and-kill'; gapPercent: number }
  | { do: 'kill' }
  | { do: 'requests'; count: number }
  /** It stands still for so long, and goes on. */
  | { do: 'freeze'; forMs: number }
  /** Told to stop while it stands still: it hears of it late. */
  | { do: 'freeze-and-stop'; forMs: number }
  /** Another life on the same port and the same data while this one runs. */
  | { do: 'start-beside' }
  /** The next life is started before the last one has ended. */
  | { do: 'stop-and-start' };
export type StepKind = Step['do'];

/** Why a case is run. */
export type CasePurpose = 'explore' | 'shrink' | 'again' | 'replay';

/** Why an exploration ended. */
export type ExplorationEnd = 'budget' | 'cases-done' | 'found-enough' | 'interrupted' | 'harness';

/** `case` counts from 1, `step` from 0 within the case. */
export type ExploreFact =
  | {
      kind: 'exploration-planned';
      seed: number;
      budgetMs: number;
      lanes: number;
      /** Fewer cases with evidence than this prove nothing. */
      minCases: number;
      /** Kinds of steps that make sense for this service. */
      kinds: StepKind[];
      stopSignal: string;
    }
  | { kind: 'schedule-begun'; case: number; lane: number; purpose: CasePurpose; steps: Step[] }
  | { kind: 'schedule-started'; case: number; step: number; pid: number; beside?: true }
  | { kind: 'schedule-ready'; case: number; step: number; afterMs: number }
  | {
      kind: 'schedule-not-ready';
      case: number;
      step: number;
      afterMs: number;
      reason: string;
      exit?: ExitFact;
      lastLines: string[];
    }
  /** `afterMs` since the start, or since the first signal where there was one. */
  | {
      kind: 'schedule-told';
      case: number;
      step: number;
      signal: string;
      beforeReady: boolean;
      afterMs: number;
    }
  | ({
      kind: 'schedule-exited';
      case: number;
      step: number;
      /** The signals it was sent, in order; none: it ended by itself. */
      told: string[];
      beforeReady: boolean;
      /** Since the first signal. */
      afterMs: number;
      /** The least that an undisturbed stop of this service took here; absent until one was seen. */
      leastStopMs?: number;
      lastLines: string[];
    } & ExitFact)
  | { kind: 'schedule-still-running'; case: number; step: number; afterMs: number; reason: string }
  | { kind: 'schedule-port'; case: number; step: number; free: boolean; afterMs: number; holder?: string }
  | {
      kind: 'schedule-survivors';
      case: number;
      step: number;
      killed: boolean;
      processes: Reading<{ pid: number; command: string }[]>;
    }
  /** The kernel said that it stood still for so long. */
  | { kind: 'schedule-frozen'; case: number; step: number; forMs: number }
  | { kind: 'schedule-asked'; case: number; step: number; sent: number; answered: number; reason?: string }
  /** What became of a life that was started beside another one. */
  | {
      kind: 'schedule-beside';
      case: number;
      step: number;
      while: 'running' | 'stopping';
      became: 'ready' | 'ended' | 'stayed';
      exit?: ExitFact;
      /** Whether the first life still answers; absent where it was told to stop. */
      firstAnswers?: boolean;
    }
  | {
      kind: 'schedule-log';
      case: number;
      matches: { id: string; text: string }[];
      /** Whether the harness's own line was found again. */
      planted: boolean;
      /** Lines that are not the harness's own. */
      serviceLines: number;
    }
  | { kind: 'schedule-ended'; case: number }
  /** The harness's own doing, or an interruption: says nothing about the service. */
  | { kind: 'schedule-broken'; case: number; reason: string }
  | {
      kind: 'schedule-found';
      signature: string;
      case: number;
      steps: Step[];
      /** Steps of the schedule that failed first. */
      fromSteps: number;
      /** How often it failed the same way when it was run again. */
      seen: number;
      of: number;
      /** Why it may not be the shortest one, or was run again less often than planned. */
      cutShort?: string;
    }
  | { kind: 'exploration-finished'; why: ExplorationEnd; reason?: string };
