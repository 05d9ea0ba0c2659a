/**
 * A client of the deployed service, through nginx from this host: so many requests a second, each on a connection of its
 * own, whether or not the ones before have been answered. What a step does meanwhile must not lose any.
 */
import { Agent, get } from 'node:http';

/** What became of one request. */
export interface Answer {
  /** Status, or the error that stood in its place. */
  said: number | string;
  release: string;
  tookMs: number;
}

export interface ClientReport {
  sent: number;
  answers: Answer[];
  /** Everything that is not 200. */
  lost: Answer[];
  /** How many answers each release gave. */
  byRelease: Map<string, number>;
  slowestMs: number;
}

export interface Client {
  /** Sends no more, waits for what is under way, and tells. */
  stop(): Promise<ClientReport>;
}

/** Longer than a restart that fails for as long as the unit lets it. */
const ANSWER_LIMIT_MS = 70_000;
/** Bounds what a step that hangs can send. */
const MOST_REQUESTS = 50_000;

export function startClient(url: string, perSecond: number): Client {
  const agent = new Agent({ keepAlive: false });
  const underWay: Promise<Answer>[] = [];
  const timer = setInterval(() => {
    if (underWay.length < MOST_REQUESTS) underWay.push(ask(url, agent));
  }, 1000 / perSecond);
  return {
    stop: async () => {
      clearInterval(timer);
      const answers = await Promise.all(underWay);
      agent.destroy();
      return report(answers);
    },
  };
}

function ask(url: string, agent: Agent): Promise<Answer> {
  const startedAt = performance.now();
  return new Promise((done) => {
    const end = (said: number | string, release = ''): void =>
      done({ said, release, tookMs: performance.now() - startedAt });
    const request = get(url, { agent, timeout: ANSWER_LIMIT_MS }, (answer) => {
      const { statusCode = 0, headers } = answer;
      answer.resume();
      answer.once('error', (error) => end(error.message));
      answer.once('end', () => end(statusCode, String(headers['x-release'] ?? 'none')));
    });
    request.once('timeout', () => request.destroy(new Error(`no answer within ${ANSWER_LIMIT_MS} ms`)));
    request.once('error', (error) => end(error.message));
  });
}

function report(answers: Answer[]): ClientReport {
  const byRelease = new Map<string, number>();
  const lost = answers.filter(({ said }) => said !== 200);
  for (const { said, release } of answers)
    if (said === 200) byRelease.set(release, (byRelease.get(release) ?? 0) + 1);
  const slowestMs = Math.max(0, ...answers.map(({ tookMs }) => tookMs));
  return { sent: answers.length, answers, lost, byRelease, slowestMs };
}

/** `lost 3 of 400: 2 x 502, 1 x socket hang up`, for messages. */
export function lossOf({ sent, lost }: ClientReport): string {
  const kinds = Map.groupBy(lost, ({ said }) => String(said));
  const told = [...kinds].map(([said, each]) => `${each.length} x ${said}`).join(', ');
  return `lost ${lost.length} of ${sent}${told === '' ? '' : `: ${told}`}`;
}
