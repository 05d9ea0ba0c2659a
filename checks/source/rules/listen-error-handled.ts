import type { PathStep } from '../../../harness/verdict.ts';
import { functionKey, type Graph, type Resource } from '../graph/graph.ts';
import { connectionsOf, heardErrors } from '../lifecycle/starts/error-events.ts';
import { releasedWhereOpened } from '../lifecycle/releases/holders.ts';
import { begunAt } from '../lifecycle/releases/released.ts';
import { defineRule, type Examine } from '../rule.ts';
import { callSubject, enclosing } from '../subject.ts';

type MessageId =
  'listenSwallowed' | 'otherErrorsDropped' | 'listenCrashes' | 'noListener' | 'connectionUnheard';

export default defineRule<MessageId>({
  id: 'listen-error-handled',
  title: 'the `error` events of servers and clients have somebody who deals with them',
  why: 'An `error` event that nobody listens to ends the process in the middle of its work; one that is only logged leaves a process that looks started and serves nobody.',
  fix: 'let the start fail with the error of listen (reject the promise, or exit with a code), and give each client and each connection an `error` listener of its own',
  messages: {
    listenSwallowed:
      'the `error` listener of {noun} in {where} only logs: when its port is taken the process lives on and serves nobody; let the start fail, or exit with a code',
    otherErrorsDropped:
      'the `error` listener of {noun} in {where} deals with one error code and drops all others without a word: a port that needs other rights or an address that is not there leaves a process that serves nobody; exit with a code, or throw, for the others as well',
    listenCrashes:
      '{noun} begins to listen in {where}, while the service runs, and has no `error` listener: a port that is taken ends the whole process; listen to `error` and report it to the caller',
    noListener:
      '{noun} opened in {where} has no `error` listener: the first connection that is lost ends the process; add one that logs (the client connects again by itself, or is replaced)',
    connectionUnheard:
      'each {noun} that {where} is given has no `error` listener: one client that goes away at the wrong moment ends the process; add one that logs and destroys it',
  },
  check({ graph, examine }) {
    for (const resource of graph.resources) {
      if (isListening(resource)) judgeServer(graph, examine, resource);
      else if (emitsError(graph, resource)) judgeClient(graph, examine, resource);
      for (const { site, handler, noun, heard } of connectionsOf(graph, resource)) {
        const { file, at } = { file: handler.file, at: graph.function(handler).at };
        const subject = { ...callSubject(graph, site), location: graph.locate(file, at) };
        const examination = examine({ ...subject, subject: `${subject.subject} connections` });
        if (heard) examination.pass();
        else
          examination.fail('connectionUnheard', { noun, where: enclosing(graph, handler) }, [
            { location: graph.locateCall(site), note: `each connection is handed over here` },
          ]);
      }
    }
  },
});

/** A server that says by an event that its port is taken. */
function isListening({ row, starts, site }: Resource): boolean {
  if (row.kind !== 'server' || row.releaseReturns !== 'callback') return false;
  if (starts.length > 0) return true;
  const { f, a } = site.call;
  if (f.k === 'member' && f.p === 'listen') return true;
  return a.some((each) => each.k === 'object' && each.props.some(([name]) => name === 'port'));
}

function emitsError(graph: Graph, { id, row }: Resource): boolean {
  const thing = graph.program.flow.things[id];
  return thing?.t === 'resource' && (row.emitsError?.includes(`${thing.from} ${thing.path}`.trim()) ?? false);
}

function judgeServer(graph: Graph, examine: Examine<MessageId>, resource: Resource): void {
  const begun = begunAt(resource);
  const heard = heardErrors(graph, resource);
  const examination = examine(callSubject(graph, begun));
  const data = { noun: resource.row.noun, where: enclosing(graph, begun) };
  if (heard.by === 'told' || heard.by === 'partial')
    examination.fail(
      heard.by === 'told' ? 'listenSwallowed' : 'otherErrorsDropped',
      { ...data, where: enclosing(graph, heard.site) },
      [...opened(graph, resource), { location: graph.locateCall(heard.site), note: 'its errors end here' }],
    );
  // At the start the process ends by itself, with the error and a code: nothing serves yet.
  else if (heard.by === 'silent' && !graph.start.has(functionKey(begun)))
    examination.fail('listenCrashes', data, opened(graph, resource));
  else examination.pass();
}

function judgeClient(graph: Graph, examine: Examine<MessageId>, resource: Resource): void {
  const { row, site } = resource;
  const heard = heardErrors(graph, resource);
  // A command that is not there is told by the first start of the service.
  if (row.kind === 'process' && graph.start.has(functionKey(site))) return;
  if (heard.by === 'elsewhere' || (heard.by === 'silent' && releasedWhereOpened(graph, resource))) return;
  const examination = examine(callSubject(graph, site));
  if (heard.by !== 'silent') examination.pass();
  else
    examination.fail(
      'noListener',
      { noun: row.noun, where: enclosing(graph, site) },
      opened(graph, resource),
    );
}

const opened = (graph: Graph, resource: Resource): PathStep[] => [
  { location: graph.locateCall(begunAt(resource)), note: `${resource.row.noun} opened here` },
];
