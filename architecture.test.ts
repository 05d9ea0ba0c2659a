/**
 * The architecture as rules with reasons, enforced. They only ever tighten: a file that does not fit is changed, not
 * the rule. See `README.md` (how it is built) and `DECISIONS.md`.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ts } from 'ts-morph';
import { describe, expect, it } from 'vitest';

const root = import.meta.dirname;
const MAX_FILE_LINES = 250;
const MAX_FUNCTION_LINES = 50;
const MAX_RULE_LINES = 130;

interface Room {
  mayImport: string[];
  why: string;
}

const ROOMS: Record<string, Room> = {
  harness: { mayImport: [], why: 'the shared words know nobody who speaks them' },
  checks: { mayImport: ['harness'], why: 'opinions on what stands still must not know what runs' },
  soak: { mayImport: ['harness'], why: 'opinions on what runs must not know the source' },
  deployment: { mayImport: ['harness'], why: 'a machine to deploy on knows no opinion on what is deployed' },
  gate: {
    mayImport: ['harness', 'checks', 'soak', 'deployment'],
    why: 'the one program puts the rooms together',
  },
  service: {
    mayImport: [],
    why: 'the service is a stranger: it is reached as text, as a process, or over HTTP',
  },
  'fixtures/exchanges': {
    mayImport: [],
    why: 'the exchanges are companions: whoever needs them starts them as a process',
  },
};

/** The room of a file; undefined for what stands in none. */
const roomOf = (file: string): string | undefined =>
  Object.keys(ROOMS).find((room) => file.startsWith(`${room}/`));

/** Files whose code judges or renders: what they say must follow from what they are given. */
const PURE = [/^harness\/renderers\//, /^soak\/judges\//, /^harness\/(verdict|observation|config)\.ts$/];
const EFFECTS =
  /^(node:)?(fs|fs\/promises|child_process|net|http|timers|timers\/promises|process|worker_threads)$/;

const tracked = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.ts', '*.js', '*.cjs'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '');
const inRooms = tracked.filter((file) => roomOf(file) !== undefined && !file.includes('/fixtures/', 1));
/** Tests, and what only tests use. */
const isTest = (file: string): boolean =>
  file.endsWith('.test.ts') || /^(service\/test|gate\/testing|checks\/source\/testing)\//.test(file);
const product = inRooms.filter((file) => !isTest(file));
const parse = (file: string): ts.SourceFile =>
  ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true);

function importsOf(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const specifier =
      ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : undefined;
    if (specifier !== undefined && ts.isStringLiteral(specifier)) found.push(specifier.text);
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [argument] = node.arguments;
      if (argument !== undefined && ts.isStringLiteral(argument)) found.push(argument.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The repository's file that a relative import names. */
const targetOf = (file: string, specifier: string): string => normalize(join(dirname(file), specifier));

function longFunctions(source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const start = source.getLineAndCharacterOfPosition(node.getStart()).line;
      const lines = source.getLineAndCharacterOfPosition(node.end).line - start + 1;
      if (lines > MAX_FUNCTION_LINES) found.push(`${source.fileName}:${start + 1} has ${lines} lines`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

describe('architecture', () => {
  it('sees the files it is about', () => {
    for (const room of Object.keys(ROOMS))
      expect(product.filter((file) => file.startsWith(`${room}/`)).length).toBeGreaterThan(5);
  });

  it.each(Object.entries(ROOMS))('%s imports only what it may', (room, { mayImport, why }) => {
    const wrong = inRooms
      .filter((file) => file.startsWith(`${room}/`))
      .flatMap((file) =>
        importsOf(parse(file))
          .filter((name) => name.startsWith('.'))
          .map((name) => [file, targetOf(file, name)] as const),
      )
      .filter(([file, target]) => {
        const other = roomOf(target);
        // Tests may read fixtures; nothing that ships may.
        if (target.startsWith('fixtures/') && other !== room) return !isTest(file);
        return other !== undefined && other !== room && !mayImport.includes(other);
      })
      .map(([file, target]) => `${file} imports ${target}`);
    expect(wrong, why).toEqual([]);
  });

  it('keeps judges and renderers free of disk, clock and processes', () => {
    const wrong = product
      .filter((file) => PURE.some((pattern) => pattern.test(file)))
      .flatMap((file) => {
        const source = parse(file);
        const effects = importsOf(source).filter((name) => EFFECTS.test(name));
        const clock = /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(|\bprocess\.(env|cwd|argv)/.test(
          source.text,
        )
          ? ['the clock or the process']
          : [];
        return [...effects, ...clock].map((what) => `${file} uses ${what}`);
      });
    expect(wrong).toEqual([]);
  });

  it('keeps rules from importing each other: each can be read, changed and removed by itself', () => {
    const wrong = product
      .filter((file) => /^checks\/(source|deployment)\/rules\//.test(file) || /^soak\/judges\//.test(file))
      .flatMap((file) => importsOf(parse(file)).map((name) => [file, name] as const))
      .filter(
        ([file, name]) =>
          name.startsWith('./') &&
          /^checks\/(source|deployment)\/rules\/[^/]+\.ts$/.test(targetOf(file, name)),
      );
    expect(wrong).toEqual([]);
  });

  it(`keeps files within ${MAX_FILE_LINES} lines, rules within ${MAX_RULE_LINES}, functions within ${MAX_FUNCTION_LINES}`, () => {
    const long = product.flatMap((file) => {
      const source = parse(file);
      const lines = source.text.split('\n').length - 1;
      const most = /^checks\/(source|deployment)\/rules\//.test(file) ? MAX_RULE_LINES : MAX_FILE_LINES;
      return [...(lines > most ? [`${file} has ${lines} lines`] : []), ...longFunctions(source)];
    });
    expect(long).toEqual([]);
  });

  it('has no barrel files, no loose types, no silenced compiler', () => {
    const wrong = product.filter((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return (
        /(^|\/)index\.ts$/.test(file) ||
        /@ts-(ignore|expect-error|nocheck)|:\s*any\b|\bas any\b|<any>/.test(text)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('opens every module with what it is', () => {
    // A rule's title, why and fix say it already.
    const wrong = product
      .filter((file) => !/^checks\/(source|deployment)\/rules\//.test(file))
      .filter((file) => !/^(#!.*\n)?(\/\*\*|\/\/)/.test(readFileSync(join(root, file), 'utf8')));
    expect(wrong).toEqual([]);
  });
});
