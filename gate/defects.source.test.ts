/** The defects that the source shows, each in a copy of the reference service; and no verdict follows the spelling. */
import { format } from 'prettier';
import { describe, expect, it } from 'vitest';
import { describeDefects, readDefects } from './testing/describe-defects.ts';
import { copyService, judgeCopy } from './testing/seeded-service.ts';

const defects = await readDefects('source');
describeDefects('source', defects);

const RENAMES: [RegExp, string][] = [
  [/\bLifecycle\b/g, 'Zyklus'],
  [/\bAutopilot\b(?!\w)/g, 'Kurs'],
  [/\bsubsystem\b(?!['}])/g, 'teil'],
  [/#scheduler\b/g, '#takt'],
];

const rewrites: [string, (text: string, file: string) => string | Promise<string>][] = [
  [
    'other names for classes, fields and variables',
    (text) => RENAMES.reduce((result, [from, to]) => result.replace(from, to), text),
  ],
  [
    'another format',
    (text) =>
      format(text, { parser: 'typescript', printWidth: 60, useTabs: true, semi: false, singleQuote: false }),
  ],
  [
    'the right and the wrong calls in comments and strings',
    (text) =>
      `${text}\n// await subsystem.stop(); process.on('SIGTERM', stop); setInterval(tick, 1000); new DatabaseSync('x');\nexport const NOTE = "try { await subsystem.start() } catch {}";\n`,
  ],
];

describe('no verdict follows the spelling', () => {
  const [forgotten] = defects
    .filter(([name]) => name === 'resource-left-open')
    .map(([, defect]) => defect.spellings[0]);

  it.each(rewrites)('%s', async (_what, rewrite) => {
    using plain = await copyService([]);
    using rewritten = await copyService([], { rewrite });
    using faulty = await copyService(forgotten?.edits ?? [], { rewrite });
    const [before, after, red] = [
      await judgeCopy(plain),
      await judgeCopy(rewritten),
      await judgeCopy(faulty),
    ];
    expect(after.findings, after.stderr).toEqual([]);
    expect(after.passed).toEqual(before.passed);
    expect(red.findings.map(({ check }) => check)).toEqual(['resource-released']);
  });
});
