/** What depends on the order of things in a start and a stop: each text is right or wrong by one line. */
import { describe, expect, it } from 'vitest';
import { checkFiles } from '../../testing-project.ts';

const CASES: [name: string, start: string, stop: string, expected: string[]][] = [
  ['a memo', 'this.p ??= this.open(); await this.p;', 'await this.p; clearInterval(this.t);', []],
  [
    'a memo of what was awaited',
    'this.p ??= await this.open();',
    'clearInterval(this.t);',
    ['lostDuringStart', 'checkThenAwait'],
  ],
  ['nothing', 'this.t = setInterval(work, 9);', 'clearInterval(this.t);', ['opensAgain']],
  ['a release first', 'clearInterval(this.t); this.t = setInterval(work, 9);', 'clearInterval(this.t);', []],
  [
    'a look',
    'if (this.t) return; this.t = setInterval(work, 9);',
    'this.t?.unref(); clearInterval(this.t);',
    [],
  ],
  [
    'a stop that takes',
    'this.t ??= setInterval(work, 9);',
    'this.t!.unref(); clearInterval(this.t);',
    ['nothingThere'],
  ],
  [
    'a stop that throws',
    'this.t ??= setInterval(work, 9);',
    "if (!this.t) throw new Error('no'); clearInterval(this.t);",
    ['throwsNotStarted'],
  ],
];

describe('starts and stops', () => {
  for (const [name, start, stop, expected] of CASES)
    it(`judges ${name}`, async () => {
      const { verdicts } = await checkFiles({
        'main.ts': `const work = (): void => console.log('work');
          class Thing {
            private t: NodeJS.Timeout | undefined;
            private p: Promise<void> | void | undefined;
            async open(): Promise<void> { await Promise.resolve(); this.t = setInterval(work, 9); }
            async start(): Promise<void> { ${start} }
            async stop(): Promise<void> { ${stop} }
          }
          const thing = new Thing();
          process.once('SIGTERM', () => void thing.stop());
          await thing.start();`,
      });
      const found = verdicts.filter((each) => ['start-idempotent', 'stop-safe'].includes(each.check));
      const failed = found.flatMap((each) => (each.outcome === 'fail' ? (each.messageId ?? '') : []));
      expect(failed.sort()).toEqual([...expected].sort());
      expect(found.length).toBeGreaterThan(0);
    });
});
