/** Lists of which nobody can say in which order, or in which parts, they are stopped: what is released there is no pass. */
import { afterAll, describe, expect, it } from 'vitest';
import { RULES } from '../../rules.ts';
import { Workshop } from '../../testing/rule-fixtures.ts';

const workshop = new Workshop();
afterAll(() => workshop[Symbol.dispose]());

const PARTS = `import Fastify from 'fastify';
import { MongoClient } from 'mongodb';
interface Part { rank: number; start(): Promise<void>; stop(): Promise<void> }
class Store implements Part {
  readonly rank = 1;
  readonly client = new MongoClient('mongodb://127.0.0.1');
  async start() { await this.client.connect(); }
  async stop() { await this.client.close(); }
}
class Web implements Part {
  readonly rank = 2;
  readonly #app = Fastify();
  readonly #store: Store;
  constructor(store: Store) { this.#store = store; }
  async start() {
    this.#app.get('/', async () => this.#store.client.db().collection('notes').find().toArray());
    await this.#app.listen({ port: 3000 });
  }
  async stop() { await this.#app.close(); }
}
const store = new Store();
const parts: Part[] = [store, new Web(store)];
async function stopOne(part: Part) { await part.stop(); }
process.once('SIGTERM', () => void shutdown());
for (const part of parts) await part.start();
`;

/** What is said of the release of the store. */
async function said(shutdown: string): Promise<string[]> {
  const rule = RULES.find((each) => each.id === 'shutdown-order');
  if (!rule) throw new Error('the rule is gone');
  const found = await workshop.findings(rule, {
    files: new Map([['main.ts', `${PARTS}async function shutdown() {\n${shutdown}\n}\n`]]),
    entry: 'main.ts',
  });
  return found
    .filter((each) => each.check === 'shutdown-order')
    .map((each) => `${each.outcome} ${each.subject} ${each.messageId ?? ''}`.trim());
}

const STORE = 'main.ts Store.stop: this.client.close()';

describe('shutdown-order with a list whose order is not followed', () => {
  it.each([
    [
      'sorted by what only the program knows',
      'parts.sort((a, b) => b.rank - a.rank);\nfor (const part of parts) await part.stop();',
    ],
    [
      'sorted, each stopped by a helper',
      'for (const part of parts.toSorted((a, b) => b.rank - a.rank)) await stopOne(part);',
    ],
    [
      'in groups that a loop makes',
      `const groups: Part[][] = [];
for (const part of parts) (groups[part.rank] ??= []).push(part);
for (const group of groups.reverse()) await Promise.all(group.map((part) => part.stop()));`,
    ],
    [
      'in two parts of one sorted list',
      `const sorted = parts.toSorted((a, b) => b.rank - a.rank);
const first = sorted.filter((part) => part.rank === 2);
const last = sorted.filter((part) => part.rank === 1);
await Promise.all(first.map((part) => part.stop()));
await Promise.all(last.map((part) => part.stop()));`,
    ],
  ])('does not know: %s', async (_how, shutdown) => {
    expect(await said(shutdown)).toEqual([`unknown ${STORE}`]);
  });

  it.each([
    ['at once', 'await Promise.all(parts.toSorted((a, b) => b.rank - a.rank).map((part) => part.stop()));'],
    [
      'at once, by a helper',
      'parts.sort((a, b) => b.rank - a.rank);\nawait Promise.allSettled(parts.map((part) => stopOne(part)));',
    ],
  ])('needs no order for what is stopped %s', async (_how, shutdown) => {
    expect(await said(shutdown)).toEqual([`fail ${STORE} userAtWork`]);
  });

  it('knows the order of lists of one', async () => {
    const each = (list: string): string =>
      `for (const next of ${list}) await Promise.allSettled([next].map((part) => part.stop()));`;
    expect(await said(each('parts'))).toEqual([`fail ${STORE} usedFirst`]);
    expect(await said(each('parts.toReversed()'))).toEqual([`pass ${STORE}`]);
  });

  it('knows the order through a helper', async () => {
    expect(await said('for (const part of parts) await stopOne(part);')).toEqual([`fail ${STORE} usedFirst`]);
    expect(await said('for (const part of parts.toReversed()) await stopOne(part);')).toEqual([
      `pass ${STORE}`,
    ]);
  });
});
