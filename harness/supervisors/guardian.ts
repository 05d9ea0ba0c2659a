/**
 * Starts `guardian-process.js` once per harness and tells it what to end should the harness die, kill -9 included.
 * Called by the process supervisor before it starts anything.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { RUN_MARK_VARIABLE } from '../stage.ts';
import type { GroupRecord, Marker } from './leftovers.ts';

type Message =
  | ({ do: 'mark' } & Marker)
  | ({ do: 'group' } & GroupRecord)
  | { do: 'forget'; pid: number }
  | { do: 'folder' | 'unfolder'; path: string };

/** Watches over what one harness process started. Every call is safe at any time and waits for nothing. */
export interface Guardian {
  /** Processes that carry this variable are ended when the harness dies. */
  mark(marker: Marker): void;
  group(record: GroupRecord): void;
  /** The group has ended: its number may be used by others from now on. */
  forget(pid: number): void;
  /** A private folder that is removed when the harness dies. */
  folder(path: string): void;
  unfolder(path: string): void;
}

const state: { child?: ChildProcess; messages: Message[] } = { messages: [] };

/** The guardian of this process; started by the first call that tells it something. */
export const guardian: Guardian = {
  mark: (marker) => tell({ do: 'mark', ...marker }),
  group: (record) => tell({ do: 'group', ...record }),
  forget: (pid) => {
    state.messages = state.messages.filter((message) => !(message.do === 'group' && message.pid === pid));
    tell({ do: 'forget', pid }, false);
  },
  folder: (path) => tell({ do: 'folder', path }),
  unfolder: (path) => {
    state.messages = state.messages.filter((message) => !(message.do === 'folder' && message.path === path));
    tell({ do: 'unfolder', path }, false);
  },
};

/** Sends a message; those that are kept are sent again to a guardian that had to be started anew. */
function tell(message: Message, keep = true): void {
  if (keep && !state.messages.some((known) => JSON.stringify(known) === JSON.stringify(message))) {
    state.messages.push(message);
  }
  if (state.child?.stdin?.writable !== true) {
    state.child = startGuardian();
    for (const known of state.messages) send(state.child, known);
    return;
  }
  send(state.child, message);
}

function send(child: ChildProcess, message: Message): void {
  child.stdin?.write(`${JSON.stringify(message)}\n`);
}

function startGuardian(): ChildProcess {
  // The mark of a surrounding run must not make that run's sweep end the guardian too early.
  const environment = { ...process.env };
  delete environment[RUN_MARK_VARIABLE];
  const script = fileURLToPath(new URL('./guardian-process.js', import.meta.url));
  const child = spawn(process.execPath, [script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: environment,
  });
  // A guardian that is gone is started anew by the next message; its pipe's error says nothing more.
  child.on('error', () => child.stdin?.destroy());
  child.on('exit', () => child.stdin?.destroy());
  child.stdin.on('error', () => child.stdin.destroy());
  child.unref();
  // Or the pipe alone would keep the harness from ending.
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}
