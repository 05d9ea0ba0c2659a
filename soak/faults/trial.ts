/**
 * What a fault scenario drives the service with: the steps of a life, and a word for what struck. One for each case,
 * made by `run-faults.ts`. Every step records what it saw.
 */
import type { ServiceConfig } from '../../harness/config.ts';
import { deadlineIn, poll, type Waited } from '../../harness/deadline.ts';
import type { ClientFate, Fact, FaultCase } from '../../harness/observation.ts';
import { originOf } from '../../harness/supervisors/readiness.ts';
import type { Supervisor } from '../../harness/supervisors/supervisor.ts';
import type { InsideContext } from '../inside/inside-context.ts';
import { askAgain, type ReadyAgain } from './ask-again.ts';
import type { Proxy } from './proxy.ts';
import { LIFE_STEPS as steps } from '../scenarios/life.ts';
import { demandAlive, pauseUnlessAborted, type Life } from '../scenarios/one-life.ts';
import { demandUninterrupted, ScenarioAborted, type ScenarioContext } from '../scenarios/scenario.ts';

export interface TrialContext extends ScenarioContext, InsideContext {
  /** A supervisor with a log and a private folder of its own, for a service that is started in another way. */
  supervise(service: ServiceConfig): Supervisor;
  /** A path of the service, where it is configured. */
  webSocket?: string | undefined;
  database?: string | undefined;
  /** Where the running companions listen. */
  companionAddresses: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What the cases of a scenario know of each other. */
  starts: { readyAfterMs: number };
  /** The services of this scenario that are started in another way, by name. */
  others: Map<string, Pick<TrialContext, 'service' | 'supervisor'>>;
  /** The Node that `service.command` means by `node`. */
  nodePath(): Promise<string>;
  /** Folders and a port of the scenario's own. */
  folders: Map<string, string>;
  /** Between the service and its companions, where the scenario wants them. */
  proxies: { address: string; proxy: Proxy }[];
  ports: number[];
  /** Ends something of the harness's own when the scenario is over. */
  atLast(release: () => void | Promise<void>): void;
  /** Ends something of the harness's own when the case is over, whatever became of it. */
  atEnd(release: () => void | Promise<void>): void;
}

/** A service that neither ended nor was ready is asked once more. */
const LAST_LOOK_MS = 200;
const LAST_LINES = 100;
const MAX_WORDS = 16_000;
const PACE = { firstMs: 0.2, maxMs: 5 };

/** Owns nothing: what is started belongs to its supervisor, what is opened to `atEnd`. */
export class Trial {
  readonly case: FaultCase;
  readonly context: TrialContext;

  constructor(context: TrialContext, one: FaultCase) {
    this.context = context;
    this.case = one;
  }

  /**
   * The same case with a service that is started in another way; in every case of the scenario it is the same one, with
   * the same private folder and port.
   */
  other(name: string, change: (service: ServiceConfig) => ServiceConfig): Trial {
    const { others } = this.context;
    let other = others.get(name);
    if (other === undefined) {
      const service = change(this.service);
      other = { service, supervisor: this.context.supervise(service) };
      others.set(name, other);
    }
    return new Trial({ ...this.context, ...other }, this.case);
  }

  get service(): ServiceConfig {
    return this.context.service;
  }

  /** Writes down a fact about this case. */
  observe(fact: Fact): void {
    this.context.recorder.observe(fact);
  }

  /** What shows that the fault has struck. */
  struck(by: string): void {
    this.observe({ kind: 'struck', cycle: this.case.cycle, by });
  }

  /** Why the fault cannot strike this service, seen from what it did. */
  moot(reason: string): void {
    this.observe({ kind: 'moot', cycle: this.case.cycle, reason });
  }

  start(portProved = false): Promise<Life> {
    return steps.start(this.context, this.case.cycle, portProved);
  }

  /** From the start to readiness, and logged in whoever sends requests. */
  async startReady(): Promise<Life> {
    const life = await this.start();
    await this.becomeReady(life);
    await steps.identify(this.context, life);
    return life;
  }

  async becomeReady(life: Life): Promise<void> {
    const startedAtMs = performance.now();
    await steps.becomeReady(this.context, life);
    this.context.starts.readyAfterMs = performance.now() - startedAtMs;
  }

  /** How long the last start took that was seen to be ready; of this scenario. */
  readyAfterMs(): number {
    return this.context.starts.readyAfterMs;
  }

  /** Sends a signal; times of its exit count from the last one that was sent. @throws when there is nobody to get it. */
  async signal(life: Life, name: NodeJS.Signals = this.service.stopSignal): Promise<void> {
    const signalled = await life.instance.signal(name);
    if (!signalled.sent) {
      demandAlive(this.context, life, `just before ${name}`);
      throw new ScenarioAborted(`${name} could not be sent: ${signalled.reason}`);
    }
    life.signalAtMs = signalled.atMs;
    this.observe({ kind: 'signal-sent', cycle: this.case.cycle, signal: name, inFlight: 0 });
  }

  /** Waits for the exit, and looks at what it leaves behind. */
  async end(life: Life): Promise<void> {
    await steps.exit(this.context, life, undefined);
    await this.lookAfter(life);
  }

  /** A life that must refuse to start: how it ends, and why it says that it does. `release` comes before its port is looked at. */
  async refuse(life: Life, release: () => void | Promise<void> = () => undefined): Promise<void> {
    // Its end first: whoever has its port may answer in its place.
    const deadline = deadlineIn(this.service.readyWithinMs, 'it to refuse');
    const ended = await life.instance.exited(deadline, this.context.signal);
    demandUninterrupted(this.context.signal);
    await this.noteRefusal(life, ended.kind === 'exited');
    this.heard('last words', this.linesOf(life).slice(-LAST_LINES).join(' | ').slice(-MAX_WORDS));
    await release();
    await (life.instance.exit() === undefined ? this.stop(life) : this.lookAfter(life));
  }

  private async noteRefusal({ instance }: Life, isOver: boolean): Promise<void> {
    const readiness = await instance.ready(deadlineIn(isOver ? 0 : LAST_LOOK_MS, 'it to be ready'));
    const { cycle } = this.case;
    const { afterMs } = readiness;
    if (readiness.kind === 'ready') this.observe({ kind: 'ready', cycle, afterMs, by: readiness.by });
    else if (readiness.kind === 'exited')
      this.observe({ kind: 'start-failed', cycle, reason: readiness.reason, exit: readiness.exit });
    else this.observe({ kind: 'not-ready', cycle, afterMs, reason: readiness.reason });
  }

  /** What a life leaves behind: its port, its children. */
  async lookAfter(life: Life): Promise<void> {
    life.exitAtMs = life.instance.exit()?.atMs ?? performance.now();
    // At the end of the life: its own last lines stay together.
    await steps.plant(this.context, life);
    await steps.freePort(this.context, life, undefined);
    await steps.lookForSurvivors(this.context, life);
  }

  /** Holds a state of things for a while: what is asked for, not a wait for something. */
  async hold(forMs: number): Promise<void> {
    await pauseUnlessAborted(forMs, this.context.signal);
  }

  /** The stop signal, the exit, and what it leaves. */
  async stop(life: Life): Promise<void> {
    await this.signal(life);
    await this.end(life);
  }

  demandAlive = (life: Life, during: string): void => demandAlive(this.context, life, during);

  /** Asks once whether it is ready, and writes the answer down. */
  askReadiness(life: Life, moment: string): Promise<boolean> {
    return this.noteReadiness(life, 0, moment);
  }

  /** Asks again and again until it says that it is ready, for at most so long, and writes the last answer down. */
  async awaitReadiness(life: Life, withinMs: number, moment: string): Promise<boolean> {
    const ready = await this.noteReadiness(life, withinMs, moment);
    demandAlive(this.context, life, moment);
    return ready;
  }

  /** Asks without writing anything down: once, or for so long. */
  async whetherReady({ instance }: Pick<Life, 'instance'>, withinMs = 0): Promise<ReadyAgain> {
    const { load, signal } = this.context;
    const known = { service: this.service, requests: load ? load.requests : [] };
    const answer = await askAgain(known, instance, deadlineIn(withinMs, 'it to be ready again'), signal);
    demandUninterrupted(signal);
    return answer;
  }

  private async noteReadiness(life: Life, withinMs: number, moment: string): Promise<boolean> {
    const answer = await this.whetherReady(life, withinMs);
    this.observe({ kind: 'readiness-asked', cycle: this.case.cycle, moment, ready: false, ...answer });
    return 'ready' in answer && answer.ready;
  }

  /** Polls a condition within a deadline; an interruption of the run ends the case. */
  async until<T>(
    probe: () => T | undefined | Promise<T | undefined>,
    withinMs: number,
    what: string,
  ): Promise<Waited<T>> {
    const waited = await poll(probe, deadlineIn(withinMs, what), PACE, this.context.signal);
    if (!waited.met) demandUninterrupted(this.context.signal);
    return waited;
  }

  measured(what: string, value: number): void {
    this.observe({ kind: 'measured', cycle: this.case.cycle, what, value });
  }

  heard(what: string, words: string): void {
    this.observe({ kind: 'heard', cycle: this.case.cycle, what, words });
  }

  client(client: string, fate: ClientFate, afterMs: number, detail?: string): void {
    const { cycle } = this.case;
    this.observe({ kind: 'client-ended', cycle, client, fate, afterMs, ...(detail ? { detail } : {}) });
  }

  /** Every line of a life. */
  linesOf({ instance }: Life): string[] {
    const lines: string[] = [];
    for (let cursor = instance.logStart; ;) {
      const slice = instance.logs(cursor);
      if (slice.cursor === cursor) return lines;
      lines.push(...slice.lines);
      cursor = slice.cursor;
    }
  }

  originOf({ instance }: Life): string {
    return originOf(instance.host, instance.port ?? 0);
  }
}
