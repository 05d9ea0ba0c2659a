import { managerWords, plain } from '../shell/installers.ts';
import { delivers } from '../shell/matters.ts';
import type { Step } from '../shell/script.ts';
import { defineDeploymentRule } from '../rule.ts';

const CHECKERS = new Set(['tsc', 'eslint', 'vitest', 'jest', 'mocha', 'tsx', 'make', 'shakedown']);
const RUNNERS = new Set(['npm', 'pnpm', 'yarn', 'npx', 'bun', 'corepack']);

export default defineDeploymentRule({
  id: 'install-validates-before-start',
  title: 'nothing is started that was not checked before',
  why: 'A syntax error or a missing module is found by the restart: the service that ran is gone, and the one that comes does not start.',
  fix: 'build, type-check or `node --check dist/main.js` before systemctl restart; `nginx -t` before nginx is reloaded',
  messages: {
    startsUnchecked:
      '{command} starts code that no step has built or checked; run the build, or node --check, before it',
    proxyUnchecked: '{command} without nginx -t before it: one wrong line and the proxy is gone; test first',
  },
  check({ deployment: { installers }, examine }) {
    for (const { script, starts, words } of installers) {
      const [start] = starts;
      // What goes back to a release, or only starts what is there, has nothing new to check.
      const delivered = script.steps.some((step) => delivers(step));
      if (start !== undefined && delivered) {
        const handle = examine({ subject: `${script.file.path}: ${start.text}`, location: start.location });
        if (script.steps.some((step) => step.order < start.order && checksCode(step))) handle.pass();
        else handle.fail('startsUnchecked', { command: start.text });
      }
      const proxy = script.steps.find((step) => reloadsProxy(step, words(step)));
      if (proxy === undefined) continue;
      const handle = examine({ subject: `${script.file.path}: ${proxy.text}`, location: proxy.location });
      const tested = script.steps.some(
        (step) => step.name === 'nginx' && step.args.includes('-t') && step.order < proxy.order,
      );
      if (tested) handle.pass();
      else handle.fail('proxyUnchecked', { command: proxy.text });
    }
  },
});

function checksCode(step: Step): boolean {
  if (CHECKERS.has(step.name)) return true;
  const [verb = '', script = ''] = managerWords(step.args);
  if (step.name === 'node') return step.args.some((each) => !/^(-v|--version)$/.test(each));
  if (!RUNNERS.has(step.name)) return false;
  if (verb === 'run' || verb === 'run-script') return !/^(start|dev|serve)\b/.test(script);
  return (
    /^(test|t|exec|build|tsc|x)$/.test(verb) ||
    (step.name === 'npx' && verb !== '') ||
    (step.name !== 'npm' && /build|check|test|lint/.test(verb))
  );
}

function reloadsProxy(step: Step, words: readonly string[]): boolean {
  if (step.name === 'nginx') return words.includes('reload');
  const all = plain(words);
  const verb = /^(reload|restart|reload-or-restart)$/;
  const names = (each: string | undefined): boolean => /^nginx(\.service)?$/.test(each ?? '');
  if (step.name === 'systemctl') return verb.test(all[0] ?? '') && all.slice(1).some(names);
  return step.name === 'service' && names(all[0]) && verb.test(all[1] ?? '');
}
