import { defineDeploymentRule } from '../rule.ts';
import { unitSubject } from '../units/unit-subject.ts';

/** Signals that a service listens to for its stop. */
const STOP_SIGNALS = new Set(['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGUSR2']);

export default defineDeploymentRule({
  id: 'kill-mode-fits',
  title: 'a stop reaches the program as a signal, and leaves no process behind',
  why: 'KillMode=none and process leave children running, which hold the port or write beside the next start; a signal that cannot be handled is no clean stop.',
  fix: 'leave KillMode at control-group, or mixed where only the main process must hear the signal; leave KillSignal at SIGTERM',
  messages: {
    leavesProcesses: 'KillMode={mode} leaves processes behind at every stop; use control-group or mixed',
    cannotBeHandled: 'KillSignal={signal} cannot be handled: nothing is released at a stop; use SIGTERM',
    neverKilled:
      'SendSIGKILL={value}: a stop that hangs leaves the process running beside the next one; remove it',
  },
  check({ deployment: { services }, examine }) {
    for (const unit of services) {
      const mode = unit.get('Service', 'KillMode');
      const signal = unit.get('Service', 'KillSignal');
      const kill = unit.get('Service', 'SendSIGKILL');
      const modeHandle = examine(unitSubject(unit, 'KillMode', mode?.location));
      if (mode?.value === 'none' || mode?.value === 'process')
        modeHandle.fail('leavesProcesses', { mode: mode.value });
      else modeHandle.pass();
      const name = (signal?.value ?? 'SIGTERM').replace(/^(SIG)?/, 'SIG');
      const signalHandle = examine(unitSubject(unit, 'KillSignal', signal?.location));
      if (STOP_SIGNALS.has(name) || /^SIG(RTM|\d)/.test(name)) signalHandle.pass();
      else signalHandle.fail('cannotBeHandled', { signal: signal?.value ?? '' });
      if (kill !== undefined && /^(no|false|off|0|n|f)$/i.test(kill.value))
        examine(unitSubject(unit, 'SendSIGKILL', kill.location)).fail('neverKilled', { value: kill.value });
    }
  },
});
