/** Lines of the Python services that this harness was first built for. Part of `harness/log-catalogue.ts`. */
import type { LogPattern } from './log-pattern.ts';

export const PYTHON_LINES: readonly LogPattern[] = [
  {
    id: 'never-awaited',
    pattern: 'never awaited',
    meaning: 'a coroutine was made and never run',
    severity: 'error',
    example: "RuntimeWarning: coroutine 'Feed.stop' was never awaited",
  },
  {
    id: 'scheduler-not-running',
    pattern: 'SchedulerNotRunning',
    meaning: 'a scheduler was stopped that did not run: stop ran twice, or before start',
    severity: 'error',
    example: 'apscheduler.schedulers.SchedulerNotRunningError: Scheduler is not running',
  },
  {
    id: 'unclosed',
    pattern:
      '\\bUnclosed (?:client|connector|connection|session|resource|file|socket)|\\bunclosed (?:<|file|socket|transport|event loop)',
    meaning: 'a client, session or connection was dropped without being closed',
    severity: 'error',
    example: 'Unclosed client session',
  },
  {
    id: 'task-destroyed',
    pattern: 'Task was destroyed but it is pending|Task exception was never retrieved',
    meaning: 'a background task was dropped while it ran, or its error was never looked at',
    severity: 'error',
    example: 'Task was destroyed but it is pending!',
  },
];
