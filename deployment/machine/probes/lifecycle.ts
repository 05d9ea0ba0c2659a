/** Probes of what a unit's start and stop rest on. The deployment relies on each. */
import { type Bench, type Probe, probeUnit } from './probe.ts';

const LATE_MS = 2_000;

/** `Type=notify`: a start lasts until the service says that it is ready. */
export const typeNotify: Probe = {
  option: 'Type=notify',
  relied: true,
  look: async (bench) => {
    const script = `sleep ${LATE_MS / 1000}; systemd-notify --ready; exec sleep 30`;
    const startMs = async (name: string, type: string): Promise<number> => {
      const unit = probeUnit(name);
      const startedAt = performance.now();
      await bench.mustStart(unit, [`Type=${type}`, 'NotifyAccess=all'], script);
      const tookMs = performance.now() - startedAt;
      await bench.stop(unit);
      return tookMs;
    };
    const notify = await startMs('notify', 'notify');
    const exec = await startMs('exec', 'exec');
    return {
      withOption: notify >= LATE_MS,
      withoutOption: exec >= LATE_MS,
      seen: `ready after ${LATE_MS} ms: the start took ${ms(notify)} with it, ${ms(exec)} with Type=exec`,
    };
  },
};

/** `TimeoutStopSec`: who does not end is killed after it. */
export const timeoutStop: Probe = {
  option: 'TimeoutStopSec',
  relied: true,
  look: async (bench) => {
    const script = `trap '' TERM; while :; do sleep 0.1; done`;
    const stop = async (name: string, seconds: number): Promise<{ result: string; tookMs: number }> => {
      const unit = probeUnit(name);
      await bench.mustStart(unit, ['Type=exec', `TimeoutStopSec=${seconds}`, 'KillMode=mixed'], script);
      // The trap is set when the shell has come so far: a stop before that would be obeyed.
      await untilTrapped(bench, unit);
      const startedAt = performance.now();
      await bench.stop(unit);
      const tookMs = performance.now() - startedAt;
      const result = await bench.property(unit, 'Result');
      await bench.shell(`systemctl reset-failed ${unit}`);
      return { result, tookMs };
    };
    const short = await stop('stop-1', 1);
    const long = await stop('stop-3', 3);
    return {
      withOption: short.result === 'timeout' && short.tookMs >= 900 && short.tookMs < 2_500,
      withoutOption: long.tookMs < 2_500,
      seen: `TERM ignored: killed after ${ms(short.tookMs)} (Result=${short.result}) with 1 s, after ${ms(long.tookMs)} with 3 s`,
    };
  },
};

async function untilTrapped(bench: Bench, unit: string): Promise<void> {
  const pid = await bench.property(unit, 'MainPID');
  // Bit 14 of the ignored signals is SIGTERM.
  const script = `for i in {1..100}; do m=$(sed -n 's/^SigIgn:\\s*//p' /proc/${pid}/status); (( 0x$m >> 14 & 1 )) && exit 0; sleep 0.02; done; exit 1`;
  const result = await bench.shell(script);
  if (!result.ran || result.code !== 0)
    throw new Error(`process ${pid} of ${unit} never came to ignore TERM`);
}

/** `KillMode`: a stop ends the children too. */
export const killMode: Probe = {
  option: 'KillMode=mixed',
  relied: true,
  look: async (bench) => {
    const survives = async (name: string, mode: string): Promise<boolean> => {
      const unit = probeUnit(name);
      const file = `/run/${unit}.pid`;
      const script = `sleep 60 & echo $! >${file}; trap 'exit 0' TERM; wait`;
      await bench.mustStart(unit, ['Type=exec', `KillMode=${mode}`, 'TimeoutStopSec=5'], script);
      const known = await bench.shell(
        `for i in {1..100}; do [ -s ${file} ] && exit 0; sleep 0.02; done; exit 1`,
      );
      if (!known.ran || known.code !== 0) throw new Error(`${unit} started no child`);
      await bench.stop(unit);
      const look = await bench.shell(`p=$(cat ${file}); rm ${file}; kill -9 $p 2>/dev/null`);
      return look.ran && look.code === 0;
    };
    const mixed = await survives('kill-mixed', 'mixed');
    const process = await survives('kill-process', 'process');
    return {
      withOption: !mixed,
      withoutOption: !process,
      seen: `a child ${mixed ? 'survived' : 'was ended by'} the stop with it, and ${process ? 'survived' : 'was ended by'} one with KillMode=process`,
    };
  },
};

/** `StartLimitBurst`: a service that cannot start is given up, and does not loop for ever. */
export const startLimit: Probe = {
  option: 'StartLimitBurst',
  relied: true,
  look: async (bench) => {
    const crash = async (
      name: string,
      limit: readonly string[],
      withinMs: number,
    ): Promise<{ state: string; restarts: number }> => {
      const unit = probeUnit(name);
      await bench.start(unit, ['Type=exec', 'Restart=always', 'RestartSec=50ms', ...limit], 'exit 1');
      const state = await bench.becomes(unit, 'ActiveState', ['failed'], withinMs);
      const restarts = Number(await bench.property(unit, 'NRestarts'));
      await bench.stop(unit);
      await bench.shell(`systemctl reset-failed ${unit}`);
      return { state, restarts };
    };
    const limited = await crash('limit', ['StartLimitBurst=3', 'StartLimitIntervalSec=30'], 10_000);
    const free = await crash('no-limit', ['StartLimitIntervalSec=0'], 4_000);
    return {
      withOption: limited.state === 'failed' && limited.restarts <= 4,
      withoutOption: free.state === 'failed' || free.restarts <= 4,
      seen: `crashing at start: ${limited.state} after ${limited.restarts} restarts with a burst of 3; ${free.state} after ${free.restarts} without`,
    };
  },
};

/** `WatchdogSec`: who stops saying that it lives is ended. */
export const watchdog: Probe = {
  option: 'WatchdogSec',
  relied: true,
  look: async (bench) => {
    const resultOf = async (name: string, extra: readonly string[]): Promise<string> => {
      const unit = probeUnit(name);
      const properties = ['Type=notify', 'NotifyAccess=all', ...extra];
      await bench.mustStart(unit, properties, 'systemd-notify --ready; exec sleep 30');
      const result = await bench.becomes(unit, 'Result', ['watchdog'], 2_500);
      await bench.stop(unit);
      await bench.shell(`systemctl reset-failed ${unit}`);
      return result;
    };
    const watched = await resultOf('watchdog', ['WatchdogSec=500ms']);
    const free = await resultOf('no-watchdog', []);
    return {
      withOption: watched === 'watchdog',
      withoutOption: free === 'watchdog',
      seen: `silent for 2 s: Result=${watched} with WatchdogSec=500ms, Result=${free} without`,
    };
  },
};

/** Socket activation: systemd holds the listener and hands it over. */
export const socketActivation: Probe = {
  option: 'ListenStream (socket activation)',
  relied: true,
  look: async (bench) => {
    const unit = probeUnit('socket');
    const file = `/run/${unit}`;
    const command = [
      ...['systemd-run', '--quiet', `--unit=${unit}`, '--socket-property=ListenStream=127.0.0.1:18999'],
      ...['/bin/bash', '-c', `echo "$LISTEN_FDS" >${file}; exec sleep 30`],
    ];
    const made = await bench.transport.run(command, { timeoutMs: 10_000 });
    if (!made.ran || made.code !== 0) throw new Error('the socket unit did not start');
    const before = await bench.property(`${unit}.service`, 'ActiveState');
    const knock = await bench.shell(
      `exec 3<>/dev/tcp/127.0.0.1/18999 && for i in {1..100}; do [ -s ${file} ] && exec cat ${file}; sleep 0.02; done; exit 1`,
    );
    await bench.shell(`systemctl stop ${unit}.socket ${unit}.service; rm --force ${file}`);
    const handed = knock.ran ? knock.stdout.trim() : 'nothing';
    return {
      withOption: handed === '1',
      withoutOption: before !== 'inactive',
      seen: `before a connection the service was ${before}; after one it had LISTEN_FDS=${handed}`,
    };
  },
};

const ms = (value: number): string => `${Math.round(value)} ms`;
