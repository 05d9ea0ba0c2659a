/** The fixtures of the rules: read, analysed in a folder of their own, compared with their marks. Used by tests only. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { configSchema } from '../../../harness/config.ts';
import { findDeploymentFiles } from '../../deployment/files/find-files.ts';
import { findRepositoryDocument } from '../../routes/repository-document.ts';
import { stopLimits } from '../../deployment/stop-limits.ts';
import type { Finding } from '../examine.ts';
import type { Given } from '../given.ts';
import type { AnyRule } from '../rule.ts';
import { runtimeOf } from '../runtime.ts';
import { checkSource } from '../source-stage.ts';

export const FIXTURES = path.resolve(import.meta.dirname, '../../../fixtures/rules');

export interface Fixture {
  rule: string;
  /** `bad-never-closed.ts`, or the name of a folder. */
  name: string;
  /** By path relative to the fixture. */
  files: ReadonlyMap<string, string>;
  entry: string;
}

export const ruleFolders = (): string[] =>
  readdirSync(FIXTURES).filter((each) => statSync(path.join(FIXTURES, each)).isDirectory());

/** A folder's entry is `main`, a file is its own. */
export function readFixtures(rule: string): Fixture[] {
  return readdirSync(path.join(FIXTURES, rule))
    .filter((each) => /^(bad|good)/.test(each))
    .map((name) => readFixture(rule, name));
}

function readFixture(rule: string, name: string): Fixture {
  const full = path.join(FIXTURES, rule, name);
  if (statSync(full).isFile())
    return { rule, name, files: new Map([[name, readFileSync(full, 'utf8')]]), entry: name };
  const inside = readdirSync(full, { recursive: true, encoding: 'utf8' }).filter((each) =>
    statSync(path.join(full, each)).isFile(),
  );
  const files = new Map(inside.map((each) => [each, readFileSync(path.join(full, each), 'utf8')]));
  const entry = [...files.keys()].find((each) => /^(src\/)?main\.[cm]?[jt]s$/.test(each));
  if (!entry) throw new Error(`${rule}/${name} has no main file`);
  return { rule, name, files, entry };
}

/** Analyses fixtures, each in a folder of its own; everything is removed when it is disposed. */
export class Workshop {
  readonly #folder = mkdtempSync(path.join(tmpdir(), 'shakedown-conformance-'));
  #count = 0;

  async findings(
    rule: AnyRule,
    { files, entry }: Pick<Fixture, 'files' | 'entry'>,
    given?: Given,
  ): Promise<Finding[]> {
    this.#count += 1;
    const projectRoot = path.join(this.#folder, String(this.#count));
    for (const [name, text] of files) {
      mkdirSync(path.dirname(path.join(projectRoot, name)), { recursive: true });
      writeFileSync(path.join(projectRoot, name), text);
    }
    const config = configSchema.parse({ source: { entries: [entry] } });
    const beside = given ?? givenBeside(projectRoot);
    const { verdicts } = await checkSource({ projectRoot, config, rules: [rule], given: beside });
    rmSync(projectRoot, { recursive: true });
    return verdicts;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** What a fixture brings along besides its source: a unit that runs it, a document of its routes, the Node that it is for. */
function givenBeside(projectRoot: string): Given {
  const unit = stopLimits(findDeploymentFiles({ projectRoot }), []);
  const openapi = findRepositoryDocument(projectRoot);
  const file = path.join(projectRoot, 'package.json');
  const runtime = existsSync(file) ? runtimeOf('package.json', readFileSync(file, 'utf8')) : undefined;
  return {
    ...(unit.length > 0 ? { unit } : {}),
    ...(openapi ? { openapi } : {}),
    ...(runtime ? { runtime } : {}),
  };
}

/** The faulty lines of a fixture, as `file:line messageId`. */
export function marksOf(files: ReadonlyMap<string, string>): string[] {
  return [...files].flatMap(([name, text]) =>
    text.split('\n').flatMap((line, index) => {
      const mark = /(?:\/\/|#) ! (\w+)/.exec(line);
      return mark ? [`${name}:${index + 1} ${mark[1]}`] : [];
    }),
  );
}

export const failures = (all: readonly Finding[]): Finding[] => all.filter((each) => each.outcome === 'fail');

/** What was found, in the words of the marks. */
export const placesOf = (all: readonly Finding[]): string[] => [
  ...new Set(failures(all).map((each) => `${each.location?.file}:${each.location?.line} ${each.messageId}`)),
];

/** What a rewrite must not change: how often each message is given, and what is unknown. */
export function tally(all: readonly Finding[]): string[] {
  return all
    .filter((each) => each.outcome === 'fail' || each.outcome === 'unknown')
    .map((each) => (each.outcome === 'fail' ? (each.messageId ?? each.check) : `unknown: ${each.check}`))
    .sort();
}
