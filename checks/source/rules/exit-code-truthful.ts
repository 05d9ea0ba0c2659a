import { codeFindings, type CodeFault } from '../lifecycle/exits/untruthful.ts';
import { isExit } from '../lifecycle/exits/exits.ts';
import { functionKey } from '../graph/graph.ts';
import { defineRule } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

export default defineRule<CodeFault>({
  id: 'exit-code-truthful',
  title: 'the exit code says what happened: 0 for a clean stop, another one for a failure',
  why: 'systemd, Docker and CI restart, alert or go on by the exit code alone: a crash that exits 0 is taken for a clean stop.',
  fix: 'exit with 1 (or set process.exitCode) where something failed, and with 0 where a stop that was asked for went well',
  messages: {
    failureExitsZero:
      '{exit}() in {where} is reached when something has failed, and ends the process with code 0, as if all went well; exit with 1',
    crashExitsZero:
      'the handler of {what} registered in {where} ends the process with code 0: a crash looks like a clean stop; exit with 1 there',
    cleanExitsNonZero:
      '{exit}() in {where} ends a clean stop with a code that says it failed; exit with 0, and with another one only where something failed',
    forcedExitsZero:
      '{exit}() in {where} cuts the shutdown off when it takes too long, and says with code 0 that it went well; exit with 1',
    exitCodeLost:
      '{exit}() in {where} ends the process with 0 although process.exitCode says that something failed; leave the argument out',
  },
  check({ graph, examine }) {
    const wrong = new Set<number>();
    for (const { at, fault, what, path } of codeFindings(graph)) {
      wrong.add(at.id);
      const data = { exit: at.call.text, where: enclosing(graph, at), what };
      examine(callSubject(graph, at)).fail(fault, data, path);
    }
    for (const site of graph.program.sites) {
      const key = functionKey(site);
      const isJudged = graph.start.has(key) || graph.shutdown.has(key);
      if (isJudged && isExit(graph, site) && !wrong.has(site.id)) examine(callSubject(graph, site)).pass();
    }
  },
});
