/** The oracle: what it answers, missing types without a crash, and the same from both compilers. */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { inProject } from '../testing-project.ts';
import { createOracle, type TypeOracle } from './oracle.ts';
import type { BackEnd, Compilers, TypeQuestion } from './programs.ts';
import type { Types } from './types.ts';
import { createTypes6 } from './typescript6.ts';

const TEXT = `declare const box: { close(): Promise<void>; end(): void; either(): void | Promise<void>; any: any };
import type { Gone } from 'not-installed';
import { readFileSync } from 'fs';
import { Server } from './server.js';
declare const gone: Gone;
declare function run<T>(work: () => T): T;
declare function over(a: string): Promise<string>;
declare function over(a: number): string;
declare const maybe: { close(): Promise<void> } | undefined;
declare const word: 'start' | 'stop';
// Two bytes, four bytes: ä 💥
const server = new Server();
box.close(); box.end(); box.either(); box.any.close(); gone.close();
run(async () => 1); run(() => 1); over(''); over(1); maybe?.close(); server.stop(); server.self().stop(); take(word);
function take(name: string): Server { return new Server(); }
`;
const SERVER = `export class Server {
  stop(): Promise<void> { return Promise.resolve(); }
  self(): this { return this; }
}
`;

const question = (call: string): TypeQuestion => {
  const start = TEXT.indexOf(call);
  return { file: 'main.ts', start, end: start + call.length };
};

const withOracle = (backEnd: BackEnd, work: (oracle: TypeOracle, root: string) => void): Promise<void> =>
  inProject({ 'main.ts': TEXT, 'server.ts': SERVER }, (projectRoot) => {
    const files = ['main.ts', 'server.ts'].map((each) => `${projectRoot}/${each}`);
    const oracle = createOracle({ projectRoot, files, options: { strict: true }, backEnd });
    try {
      work(oracle, projectRoot);
    } finally {
      oracle.end();
    }
  });

describe.each([6, 7] as const)('type oracle, TypeScript %i', (backEnd) => {
  it('says which calls give a promise, and undefined where types are missing', async () => {
    await withOracle(backEnd, (oracle) => {
      expect(oracle.notes()).toEqual([]);
      for (const call of ['box.close()', 'box.either()', 'run(async () => 1)', "over('')", 'maybe?.close()'])
        expect(oracle.isPromise(question(call)), call).toBe(true);
      for (const call of ['server.stop()', 'server.self().stop()'])
        expect(oracle.isPromise(question(call)), call).toBe(true);
      for (const call of ['box.end()', 'run(() => 1)', 'over(1)', 'take(word)'])
        expect(oracle.isPromise(question(call)), call).toBe(false);
      expect(oracle.isPromise(question('box.any.close()'))).toBeUndefined();
      expect(oracle.isPromise(question('gone.close()'))).toBeUndefined();
      expect(oracle.unresolved()).toBe(2);
      expect(oracle.notes()).toEqual([expect.stringContaining('for 1 imported modules (not-installed)')]);
    });
  });

  it('says what a call is made on, what it gives, what it calls and with which texts', async () => {
    await withOracle(backEnd, (oracle, root) => {
      expect(oracle.classOf(question('server.stop()'))).toEqual({ from: 'server.ts', name: 'Server' });
      expect(oracle.resultClassOf(question('new Server()'))).toEqual({ from: 'server.ts', name: 'Server' });
      expect(oracle.resultClassOf(question('box.close()'))).toEqual({ from: 'typescript', name: 'Promise' });
      expect(oracle.declarationOf(question('server.stop()'))).toEqual({
        file: `${root}/server.ts`,
        start: SERVER.indexOf('stop'),
      });
      expect(oracle.declarationOf(question('take(word)'))).toEqual({
        file: `${root}/main.ts`,
        start: TEXT.indexOf('function take'),
      });
      expect(oracle.firstTexts(question('take(word)'))).toEqual(['start', 'stop']);
      expect(oracle.firstTexts(question('over(1)'))).toBeUndefined();
      expect(oracle.unresolved()).toBe(0);
    });
  });

  it('makes a second program when a question is about a file that the first left out', async () => {
    await inProject(
      { 'a.ts': 'stop();\nasync function stop() {}\n', 'b.ts': 'export const b = async () => 1;\nb();\n' },
      (projectRoot) => {
        const files = ['a.ts', 'b.ts'].map((each) => `${projectRoot}/${each}`);
        const touched = (): string[] => files.slice(0, 1);
        const oracle = createOracle({ projectRoot, files, options: {}, backEnd, touched });
        expect(oracle.isPromise({ file: 'a.ts', start: 0, end: 6 })).toBe(true);
        expect(oracle.isPromise({ file: 'b.ts', start: 32, end: 35 })).toBe(true);
        oracle.end();
        expect(existsSync(projectRoot)).toBe(true);
      },
    );
  });
});

describe('type oracle without TypeScript 7', () => {
  const gone = (): never => {
    throw new Error('no binary');
  };
  const withCompiler7 = (seven: Compilers[7], work: (oracle: TypeOracle) => void): Promise<void> =>
    inProject({ 'main.ts': TEXT, 'server.ts': SERVER }, (projectRoot) => {
      const files = [`${projectRoot}/main.ts`];
      const six = createTypes6 as unknown as Compilers[6];
      work(createOracle({ projectRoot, files, options: {}, backEnd: 7 }, { 6: six, 7: seven }));
    });

  it('asks TypeScript 6 when it cannot be started, and says so', async () => {
    await withCompiler7(gone, (oracle) => {
      expect(oracle.isPromise(question('box.close()'))).toBe(true);
      expect(oracle.notes().at(-1)).toContain('TypeScript 7 cannot be asked for types (no binary)');
    });
  });

  it('asks TypeScript 6 when it stops answering, and ends it', async () => {
    let ended = 0;
    const broken: Compilers[7] = (input) => ({
      ...(createTypes6(input) as unknown as Types<object>),
      typeOf: gone,
      end: () => void (ended += 1),
    });
    await withCompiler7(broken, (oracle) => {
      expect(oracle.isPromise(question('box.close()'))).toBe(true);
      expect(ended).toBe(1);
      expect(oracle.notes().at(-1)).toContain('TypeScript 7 gave no answer (no binary)');
    });
  });
});
