/** What systemd and the probes print, as values. */
import { describe, expect, it } from 'vitest';
import { judgeProbe } from './systemd-probes.ts';
import { parseUnit } from './systemd-unit.ts';

const SHOWN = `Type=exec
ExecMainCode=2
ExecMainStatus=9
MainPID=0
ExecMainPID=86
KillSignal=15
TriggeredBy=demo.socket demo.timer
ExecStart={ path=/usr/local/bin/node ; argv[]=/usr/local/bin/node server.js --a=b ; ignore_errors=no ; pid=86 }
`;

describe('systemctl show', () => {
  it('is read by name, the end of the main process too', () => {
    expect(parseUnit(SHOWN)).toMatchObject({
      mainPid: 0,
      execMainPid: 86,
      exit: { code: null, signal: 'SIGKILL' },
      killSignal: 'SIGTERM',
      triggeredBy: ['demo.socket', 'demo.timer'],
      command: ['/usr/local/bin/node', 'server.js', '--a=b'],
    });
    expect(parseUnit('ExecMainCode=1\nExecMainStatus=3\n').exit).toEqual({ code: 3, signal: null });
    expect(parseUnit('ExecMainCode=0\nExecMainStatus=0\n').exit).toBeUndefined();
  });
});

describe('a probe', () => {
  it.each([
    ['says nothing when both behave', 'control 2 5\nlifted 4 400\n', []],
    ['doubts a limit that is not lifted', 'control 2 5\nlifted 2 200\n', [/StartLimitIntervalSec=0 is not/]],
    ['doubts a control that does not limit', 'control 4 5\nlifted 4 400\n', [/the control does not tell/]],
    ['doubts lines that do not arrive', 'control 2 5\nlifted 4 399\n', [/399 of 400 lines/]],
    ['doubts silence', '', [/could not be probed/]],
  ])('%s', (_what, text, doubts) => {
    expect(judgeProbe(text)).toEqual(doubts.map((doubt) => expect.stringMatching(doubt)));
  });
});
