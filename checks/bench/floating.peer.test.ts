/**
 * The engine's answers on types are right: opened up to all calls, it finds exactly the floating promises that
 * typescript-eslint finds, with either compiler, on code made to be difficult and on generated code.
 */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { floatingByEngine, floatingByPeer } from './floating.ts';
import { installLocked, PEERS } from './places.ts';
import { generateTree, writeTree } from './tree/generate-tree.ts';

const DIFFICULT = `import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Missing } from 'not-installed';
declare const missing: Missing;
declare const any: any;
declare const yes: boolean;
declare const box: { close(): Promise<void>; end(): void; either(): void | Promise<void>; inner?: { stop(): Promise<number> } };
declare const maybe: typeof box | undefined;
declare const tuple: [number, Promise<string>];
declare const many: Promise<void>[];
declare const handler: (reason: unknown) => void;
declare const noHandler: string;
declare const keyed: { 'a-b'(): Promise<void> };
declare function over(a: string): Promise<string>;
declare function over(a: number): string;
declare function run<T>(work: () => T): T;
declare function pick<T extends 'a' | 'b'>(key: T): T extends 'a' ? Promise<void> : void;
class Own extends Promise<number> {}
interface Like extends PromiseLike<number> {}
declare const like: Like;
declare const thenable: { then(done: () => void, failed: () => void): void };
declare const both: Promise<number> & { cancel(): void };
declare const method: 'catch';
declare function typed<P extends Promise<unknown>>(): P;
class Chain { self(): this { return this; } go(): Promise<this> { return Promise.resolve(this); } get lazy(): Promise<void> { return box.close(); } }
const chain = new Chain();
async function all(this: void): Promise<void> {
  box.close(); box.end(); box.either(); maybe?.close(); maybe?.inner?.stop(); box.inner!.stop();
  void box.close(); await box.close(); box['close'](); keyed['a-b']();
  over(''); over(1); run(() => 1); run(async () => 1); run(() => many); pick('a'); pick('b');
  box.close().catch(handler); box.close().catch(noHandler as never); box.close().catch(); box.close().catch(undefined);
  box.close().then(() => 1); box.close().then(() => 1, handler); box.close().then(undefined, null);
  box.close().finally(() => 1); box.close().catch(handler).finally(() => 1); box.close().finally(() => 1).catch(handler);
  maybe?.close().catch(handler); maybe?.close().finally(() => 1); (maybe?.close())?.finally(() => 1);
  box.close()[method](handler); box.close()['catch'](handler); box.close()[\`then\`](() => 1, handler);
  yes ? box.close() : box.end(); yes ? box.end() : box.close().catch(handler); yes && box.close(); yes || maybe?.close(); box.close() ?? 1;
  (box.close()); (box.close(), box.end()); (box.end(), box.close().catch(handler)); box.close() as unknown; box.close()!;
  many; tuple; Promise.all(many); many.map(async (each) => each); [box.close()]; await many; [1].map((each) => each);
  new Promise(() => 1); new Own(() => 1); like; thenable; both; typed(); chain.self().go(); chain.lazy; chain.self();
  missing.close(); any.close(); import('node:fs'); pause(1); readFile('a'); (async () => 1)(); (async function () {})();
  const later = box.close(); later; let kept = later; kept = box.close(); kept ??= box.close();
  for await (const each of many) each;
  const arrow = () => void box.close(); arrow(); const plain = () => box.close(); plain(); ['ä💥'].forEach(async () => box.close());
  box.close().catch(...[handler]); super0\`\`; many.at(0); Promise.reject(new Error('no')); Promise.resolve().then(...[]);
}
declare function super0(text: TemplateStringsArray): Promise<void>;
export default all;
all();
`;

describe('floating promises', () => {
  const folders: string[] = [];
  const projectOf = (files: ReadonlyMap<string, string>): string => {
    const folder = mkdtempSync(join(tmpdir(), 'shakedown-floating-'));
    folders.push(folder);
    writeTree(folder, files);
    symlinkSync(join(PEERS, 'node_modules'), join(folder, 'node_modules'));
    return folder;
  };
  beforeAll(() => installLocked(PEERS), 300_000);
  afterAll(() => {
    for (const each of folders) rmSync(each, { recursive: true, force: true });
  });

  it('are those of typescript-eslint in code made to be difficult', { timeout: 180_000 }, () => {
    const config = [...generateTree(0)].filter(([name]) => name === 'tsconfig.json');
    const folder = projectOf(new Map([...config, ['src/main.ts', DIFFICULT]]));
    const theirs = floatingByPeer(folder);
    expect(theirs.length).toBeGreaterThan(40);
    expect(new Set(theirs.map((each) => each.split(' ')[1])).size).toBe(3);
    expect(floatingByEngine(folder, 6)).toEqual(theirs);
    expect(floatingByEngine(folder, 7)).toEqual(theirs);
  });

  it('are those of typescript-eslint in generated code', { timeout: 300_000 }, () => {
    const folder = projectOf(generateTree(4_000, 3));
    const theirs = floatingByPeer(folder);
    expect(theirs.length).toBeGreaterThan(3);
    expect(floatingByEngine(folder, 6)).toEqual(theirs);
    expect(floatingByEngine(folder, 7)).toEqual(theirs);
  });
});
