/** The starts and stops that the soak makes fail, found in real sources: which, by what name, and which not. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { inProject } from '../checks/source/testing-project.ts';
import { configSchema } from '../harness/config.ts';
import type { LifecycleMember } from '../harness/lifecycle-members.ts';
import { collectMembers } from './collect-members.ts';

const SERVICE = `
import { createServer, type Server } from 'node:http';
import { cache } from './cache.ts';
import { closeQueue, openQueue } from './queue.ts';

class Web {
  #server: Server | undefined;
  async start() { this.#server = createServer().listen(3000); }
  stop(): Promise<void> { return new Promise((resolve) => this.#server?.close(() => resolve())); }
  /** Nobody calls it. */
  async stopLater() { await this.stop(); }
}
const web = new Web();
async function start() { openQueue(); await cache.start(); await web.start(); }
async function shutdown() {
  try { await web.stop(); } catch (error) { console.error(error); }
  try { await cache.stop(); } catch (error) { console.error(error); }
  try { closeQueue(); } catch (error) { console.error(error); }
}
process.once('SIGTERM', () => void shutdown());
await start();
`;
const FILES = {
  'main.ts': SERVICE,
  'cache.ts': `import { DatabaseSync } from 'node:sqlite';
class Store {
  #db: DatabaseSync | undefined;
  async start() { this.#db = new DatabaseSync('store.db'); }
  async stop() { this.#db?.close(); }
}
export class Cache {
  readonly store = new Store();
  async start() { await this.store.start(); }
  async stop() { await this.store.stop(); }
}
export const cache = new Cache();
`,
  'queue.ts': `let timer: NodeJS.Timeout | undefined;
export function openQueue() { timer = setInterval(() => console.log('tick'), 1000); }
export function closeQueue() { clearInterval(timer); }
`,
};

const config = (entries: string[]) => configSchema.parse({ source: { entries } });
const told = (member: LifecycleMember): string =>
  [
    `${member.kind} ${member.id}`,
    member.isAsync ? 'async' : member.givesPromise ? 'promise' : 'plain',
    ...(member.nestedIn === undefined ? [] : [`in ${member.nestedIn}`]),
    ...(member.cannotBeWrapped === undefined ? [] : [`not wrapped: ${member.cannotBeWrapped}`]),
  ].join(', ');

describe('the starts and stops of a service', () => {
  it('are those that the start and the shutdown reach, each by its name, with what it is a part of', async () => {
    await inProject(FILES, async (root) => {
      const members = await collectMembers(root, config(['main.ts']));
      expect(members.map(told).sort()).toEqual([
        'start cache.ts Cache.start, async',
        'start cache.ts Store.start, async, in cache.ts Cache.start',
        'start main.ts Web.start, async',
        'start queue.ts openQueue, plain',
        'stop cache.ts Cache.stop, async',
        'stop cache.ts Store.stop, async, in cache.ts Cache.stop',
        'stop main.ts Web.stop, promise',
        'stop queue.ts closeQueue, plain',
      ]);
    });
  });

  it('of the reference service are those of every subsystem that it builds', async () => {
    const root = fileURLToPath(new URL('..', import.meta.url));
    const { default: reference } = (await import('../shakedown.config.ts')) as {
      default: { source: object };
    };
    const members = await collectMembers(root, configSchema.parse({ source: reference.source }));
    const owners = (kind: string): string[] =>
      members
        .filter((each) => each.kind === kind && each.nestedIn === undefined)
        .map(({ owner = '' }) => owner);
    const subsystems = [
      ...['Accounts', 'Autopilot', 'Bodyguard', 'Database', 'Events', 'Exchanges', 'HttpServer'],
      ...['SelfHealing', 'SystemdNotice', 'Trading'],
    ];
    expect(owners('start').sort()).toEqual(subsystems);
    expect(owners('stop').sort()).toEqual(subsystems);
    expect(members.filter(({ cannotBeWrapped }) => cannotBeWrapped !== undefined)).toEqual([]);
  });

  it('are none where there is no source', async () => {
    await inProject({ 'README.md': 'nothing' }, async (root) => {
      expect(await collectMembers(root, configSchema.parse({}))).toEqual([]);
    });
  });
});
