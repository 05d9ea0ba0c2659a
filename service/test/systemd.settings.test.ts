import { describe, expect, it } from 'vitest';
import { forgetSystemd, readSystemd } from '../src/systemd.ts';

const PID = 18;
const NOTIFY_SOCKET = '/run/systemd/notify';

function read(env: Record<string, string>) {
  const problems: string[] = [];
  return { ...readSystemd(env, PID, problems), problems };
}

describe('what systemd hands over', () => {
  it.each([
    [{}, null, null],
    [{ LISTEN_FDS: '1', LISTEN_PID: '18', LISTEN_FDNAMES: 'http' }, 3, null],
    [{ NOTIFY_SOCKET }, null, { socket: NOTIFY_SOCKET, watchdogMs: null }],
    [{ NOTIFY_SOCKET, WATCHDOG_USEC: '3000000' }, null, { socket: NOTIFY_SOCKET, watchdogMs: 3_000 }],
    [
      { NOTIFY_SOCKET, WATCHDOG_USEC: '3000000', WATCHDOG_PID: '18' },
      null,
      { socket: NOTIFY_SOCKET, watchdogMs: 3_000 },
    ],
    [
      { NOTIFY_SOCKET, WATCHDOG_USEC: '3000000', WATCHDOG_PID: '17' },
      null,
      { socket: NOTIFY_SOCKET, watchdogMs: null },
    ],
    [{ WATCHDOG_USEC: '3000000' }, null, null],
  ])('%o is understood', (env, listenFd, notify) => {
    expect(read(env)).toEqual({ listenFd, notify, problems: [] });
  });

  it.each([
    [
      { LISTEN_FDS: '1', LISTEN_PID: '17' },
      /^LISTEN_PID is "17" .* this process is 18 .* passed to another process, .*; let systemd start node itself/,
    ],
    [{ LISTEN_FDS: '1' }, /^LISTEN_PID is missing .* this process is 18/],
    [{ LISTEN_FDS: '1', LISTEN_PID: '018' }, /^LISTEN_PID is "018"/],
    [{ LISTEN_PID: '18' }, /^LISTEN_FDS is missing .* must be 1/],
    [{ LISTEN_FDS: '0', LISTEN_PID: '18' }, /^LISTEN_FDS is "0"/],
    [
      { LISTEN_FDS: '2', LISTEN_PID: '18' },
      /^LISTEN_FDS is "2" .*; leave one ListenStream= in its socket unit/,
    ],
    [{ LISTEN_FDS: 'x', LISTEN_PID: '18' }, /^LISTEN_FDS is "x"/],
    [{ NOTIFY_SOCKET, WATCHDOG_USEC: '3s' }, /^WATCHDOG_USEC is "3s" .* microseconds/],
    [{ NOTIFY_SOCKET, WATCHDOG_USEC: '1' }, /^WATCHDOG_USEC is "1" .* from 100000; correct WatchdogSec=/],
  ])('%o is refused', (env, problem) => {
    const { listenFd, problems } = read(env);
    expect(listenFd).toBe(null);
    expect(problems).toEqual([expect.stringMatching(problem)]);
  });

  it('is forgotten, and nothing else', () => {
    const env: Record<string, string | undefined> = {
      ...{ LISTEN_FDS: '1', LISTEN_PID: '18', LISTEN_FDNAMES: 'http', LISTEN_PIDFDID: '9' },
      ...{ NOTIFY_SOCKET, WATCHDOG_USEC: '1', WATCHDOG_PID: '18', PORT: '3000' },
    };
    forgetSystemd(env);
    expect(env).toEqual({ PORT: '3000' });
  });
});
