import type { PathStep } from '../../../harness/verdict.ts';
import { functionKey, type Graph, type Resource } from '../graph/graph.ts';
import { createFailing } from '../lifecycle/releases/failing.ts';
import { begunAt } from '../lifecycle/releases/released.ts';
import { startGuardsIn, type StartGuard } from '../lifecycle/starts/failed-start.ts';
import type { LeftOpen } from '../lifecycle/starts/left-open.ts';
import { defineRule } from '../rule.ts';
import { enclosing } from '../subject.ts';

export default defineRule({
  id: 'start-failure-unwinds',
  title: 'a start that fails ends the process or gives back what it had opened',
  why: 'A failed start that only leaves a line in the log is a process that runs and serves nobody, or one that ends with code 0 and is not started again; what an attempt had opened stays open beside what the next one opens.',
  fix: 'end the process with a code in the handler (`process.exit(1)`), or release what was opened and throw on; without a handler Node ends the process with the error and code 1',
  messages: {
    swallowed:
      'a failure of the start is only logged in {where}: the process goes on without {noun}, or ends with code 0 as if all were well; exit with a code, or throw on',
    neverEnds:
      'when {failing}() fails, {where} sets the exit code and waits for an end that does not come: {noun} is open already and keeps the process alive; release it there, or exit',
    endsWell:
      'when the start fails, {where} releases what was opened ({release}()) and sets no exit code: the process ends with 0, and nobody starts it again; set process.exitCode, or throw on',
    leaksOnRetry:
      'when {failing}() fails, {where} tries again and opens another {noun}: that of the failed attempt stays open; release it in the handler, or keep it for the next attempt',
  },
  check({ graph, examine }) {
    const failing = createFailing(graph);
    graph.program.files.forEach((file, index) => {
      for (const fn of file.facts.functions) {
        const ref = { file: index, fn: fn.id };
        if (!graph.start.has(functionKey(ref))) continue;
        for (const guard of startGuardsIn(graph, failing, ref)) {
          const where = enclosing(graph, ref);
          const location = graph.locate(index, guard.at);
          const examination = examine({
            subject: `${file.path} ${graph.nameOf(ref)}: failure of the start`,
            location,
          });
          const fault = faultOf(graph, guard);
          if (!fault) examination.pass();
          else examination.fail(fault.message, { ...fault.data, where }, fault.path);
        }
      }
    });
  },
});

interface Fault {
  message: 'swallowed' | 'neverEnds' | 'endsWell' | 'leaksOnRetry';
  data: Record<string, string>;
  path: PathStep[];
}

function faultOf(graph: Graph, { outcome }: StartGuard): Fault | undefined {
  switch (outcome.is) {
    case 'dealt':
      return undefined;
    case 'swallowed': {
      const { resource } = outcome;
      return {
        message: 'swallowed',
        data: { noun: resource.row.noun },
        path: [opened(graph, resource)],
      };
    }
    case 'endsWell': {
      const { release } = outcome;
      const path = [{ location: graph.locateCall(release), note: 'released here, and no code is set' }];
      return { message: 'endsWell', data: { release: release.call.text }, path };
    }
    case 'hangs':
      return { message: 'neverEnds', ...leftOpen(graph, outcome.left) };
    case 'leaks':
      return { message: 'leaksOnRetry', ...leftOpen(graph, outcome.left) };
  }
}

const opened = (graph: Graph, resource: Resource) => ({
  location: graph.locateCall(begunAt(resource)),
  note: `${resource.row.noun} opened here`,
});

const leftOpen = (graph: Graph, { resource, failing }: LeftOpen) => ({
  data: { noun: resource.row.noun, failing: failing.call.text },
  path: [
    opened(graph, resource),
    { location: graph.locateCall(failing), note: `${failing.call.text}() fails here` },
  ],
});
