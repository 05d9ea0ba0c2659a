/** Every deployment rule against its fixtures, as they are and rewritten: what is marked is found, and nothing else. */
import {
  chmodSync,
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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../harness/config.ts';
import type { Verdict } from '../../harness/verdict.ts';
import { readDeployment } from './deployment.ts';
import { judgeDeployment } from './deployment-stage.ts';
import { findDeploymentFiles } from './files/find-files.ts';
import { type Program, readProgram } from './program.ts';
import type { AnyDeploymentRule } from './rule.ts';
import { DEPLOYMENT_RULES } from './rules.ts';
import { REWRITES } from './testing-rewrites.ts';
import type { ToolAnswers } from './tools/tools.ts';

const fixtures = path.resolve(import.meta.dirname, '../../fixtures/deployment');
const foldersIn = (folder: string): string[] =>
  readdirSync(folder).filter((each) => statSync(path.join(folder, each)).isDirectory());
const fixturesOf = (id: string): string[] =>
  readdirSync(path.join(fixtures, id)).filter((each) => /^(bad|good)/.test(each));
let workshop = '';

beforeAll(() => {
  workshop = mkdtempSync(path.join(tmpdir(), 'shakedown-deployment-'));
});
afterAll(() => rmSync(workshop, { recursive: true, force: true }));

interface Fixture {
  /** By where they stand in the project. */
  files: Map<string, { text: string; executable: boolean }>;
  program: Program;
  /** What tools said when they were asked; recorded, so that the test needs none. */
  tools: ToolAnswers;
}

interface RecordedTools {
  verify?: Record<string, never[]>;
  exposure?: Record<string, never>;
  lint?: Record<string, never[]>;
}

function readFixture(id: string, name: string): Fixture {
  const full = path.join(fixtures, id, name);
  const all = statSync(full).isFile()
    ? [[/\.conf$/.test(name) ? `nginx/${name}` : name, full] as const]
    : (readdirSync(full, { recursive: true }) as string[])
        .filter((each) => statSync(path.join(full, each)).isFile())
        .map((each) => [each, path.join(full, each)] as const);
  const files: Fixture['files'] = new Map();
  const sources: { text: string }[] = [];
  let recorded: RecordedTools = {};
  let streams: string[] = [];
  for (const [place, file] of all) {
    const text = readFileSync(file, 'utf8');
    if (place === 'tools.json') recorded = JSON.parse(text) as RecordedTools;
    else if (place === 'streams.json') streams = JSON.parse(text) as string[];
    else if (/\.[jt]s$/.test(place)) sources.push({ text });
    else files.set(place, { text, executable: (statSync(file).mode & 0o111) !== 0 });
  }
  const mapOf = <T>(value: Record<string, T> | undefined) =>
    value === undefined ? undefined : new Map(Object.entries(value));
  const [verify, exposure, lint] = [mapOf(recorded.verify), mapOf(recorded.exposure), mapOf(recorded.lint)];
  return {
    files,
    program: readProgram(sources, streams),
    tools: {
      absent: {},
      versions: [],
      ...(verify ? { verify } : {}),
      ...(exposure ? { exposure } : {}),
      ...(lint ? { lint } : {}),
    },
  };
}

/** The rewrites that fit: a drop-in is written as a unit is. */
const kindOfPlace = (place: string): string =>
  /\.service(\.d\/.*)?$/.test(place)
    ? 'service'
    : place.endsWith('.conf')
      ? 'nginx.conf'
      : place.endsWith('Dockerfile')
        ? 'Dockerfile'
        : 'sh';

let count = 0;
function findings(rule: AnyDeploymentRule, { files, program, tools }: Fixture): Verdict[] {
  const projectRoot = path.join(workshop, String((count += 1)));
  for (const [place, { text, executable }] of files) {
    const to = path.join(projectRoot, place);
    mkdirSync(path.dirname(to), { recursive: true });
    writeFileSync(to, text);
    if (executable) chmodSync(to, 0o755);
  }
  const config = configSchema.parse({});
  const settings = { exposureAtMost: 7 };
  const deployment = readDeployment(findDeploymentFiles({ projectRoot }), { program, tools, settings });
  return judgeDeployment(deployment, { projectRoot, config, program, rules: [rule] }).verdicts;
}

/** `# ! id` marks its line, or the next one where it stands alone; `# !7 id` marks line 7. */
function marked({ files }: Fixture): string[] {
  return [...files].flatMap(([place, { text }]) =>
    text.split('\n').flatMap((line, index) =>
      [...line.matchAll(/# !(\d*) (\w+)/g)].map(([, at, id]) => {
        const own = /^\s*# !/.test(line) ? index + 2 : index + 1;
        return `${place}:${at ? Number(at) : own} ${id}`;
      }),
    ),
  );
}

const failures = (all: readonly Verdict[]): Verdict[] => all.filter(({ outcome }) => outcome === 'fail');
const placed = (all: readonly Verdict[]): string[] => [
  ...new Set(
    failures(all).map(({ location, messageId }) => `${location?.file}:${location?.line} ${messageId}`),
  ),
];
const messages = (all: readonly Verdict[]): string[] =>
  failures(all)
    .map(({ messageId }) => messageId ?? '')
    .sort();

describe('deployment rules and fixtures', () => {
  it('agree: a file per rule named as its id, a fixture folder per rule and the reverse', () => {
    const ids = DEPLOYMENT_RULES.map(({ id }) => id).sort();
    const files = readdirSync(path.join(import.meta.dirname, 'rules'));
    expect(files.map((each) => each.replace(/\.ts$/, '')).sort()).toEqual(ids);
    expect(foldersIn(fixtures).sort()).toEqual(ids);
  });

  for (const rule of DEPLOYMENT_RULES) {
    it(`${rule.id}: every message is exercised by a fixture`, () => {
      const seen = fixturesOf(rule.id).flatMap((name) =>
        marked(readFixture(rule.id, name)).map((each) => each.split(' ')[1]),
      );
      expect([...new Set(seen)].sort()).toEqual(Object.keys(rule.messages).sort());
    });

    for (const name of fixturesOf(rule.id))
      it(`${rule.id}/${name}`, () => {
        const fixture = readFixture(rule.id, name);
        const found = findings(rule, fixture);
        expect(placed(found).sort()).toEqual(marked(fixture).sort());
        expect(found.filter(({ outcome }) => outcome === 'unknown').map(({ message }) => message)).toEqual(
          [],
        );
        if (name.startsWith('good'))
          expect(
            found.filter(({ outcome, check }) => outcome === 'pass' && check === rule.id).length,
          ).toBeGreaterThan(0);
      });
  }
});

describe('rewrites change nothing', () => {
  for (const [ending, kinds] of Object.entries(REWRITES))
    for (const [kind, rewrite] of Object.entries(kinds))
      it.each(DEPLOYMENT_RULES.map(({ id }) => id))(`%s: ${ending} ${kind}`, (id) => {
        const rule = DEPLOYMENT_RULES.find((each) => each.id === id) as AnyDeploymentRule;
        for (const name of fixturesOf(id)) {
          const fixture = readFixture(id, name);
          // What a tool said of line 7 is recorded.
          if (fixture.tools.lint !== undefined || fixture.tools.verify !== undefined) continue;
          const files: Fixture['files'] = new Map(
            [...fixture.files].map(([place, { text, executable }]) => [
              place,
              { executable, text: kindOfPlace(place) === ending ? rewrite(text) : text },
            ]),
          );
          if ([...files].every(([place, { text }]) => text === fixture.files.get(place)?.text)) continue;
          const changed = [...files.values()].map(({ text }) => text).join('\n');
          expect(messages(findings(rule, { ...fixture, files })), `${name}\n${changed}`).toEqual(
            messages(findings(rule, fixture)),
          );
        }
      });
});
