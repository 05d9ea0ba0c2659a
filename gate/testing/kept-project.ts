/** A project in a workspace whose `check` is kept: what the tests of the kept answer change and ask. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findKept } from '../kept-check.ts';
import { askedOf, type Call } from '../kept-check-call.ts';
import { type KeptCheck } from '../kept-check-entry.ts';
import { thisTool } from '../kept-check-inputs.ts';

const PROGRAM = fileURLToPath(new URL('../../bin/shakedown.js', import.meta.url));

/** One of each kind that the deployment stage reads, and what the sources need; relative to the top. */
export const FILES = {
  'package-lock.json': '{ "lockfileVersion": 3 }',
  'tsconfig.base.json': '{ "compilerOptions": { "strict": true, "module": "esnext", "types": [] } }',
  'node_modules/dep/package.json': '{ "name": "dep", "version": "1.0.0", "types": "index.d.ts" }',
  'node_modules/dep/index.d.ts': 'export function work(): Promise<void>;',
  'shared/outside.ts': 'export function outside() {}\n',
  'service/package.json': '{ "name": "service", "main": "src/main.ts" }',
  'service/tsconfig.json': '{ "extends": "../tsconfig.base.json", "include": ["src"] }',
  'service/src/main.ts':
    "import { createServer } from 'node:http';\nimport { work } from 'dep';\nimport { outside } from '../../shared/outside';\n" +
    'const server = createServer();\nserver.listen(3000);\n' +
    "process.once('SIGTERM', () => server.close());\nsetInterval(() => work(), 1000);\noutside();\n",
  'service/src/other.ts': 'export const other = 1;\n',
  'service/openapi.yaml': 'openapi: 3.1.0\npaths:\n  /a:\n    get: {}\n',
  'service/deploy/install.sh': '#!/bin/bash\nset -euo pipefail\nsystemctl restart service\n',
  'service/deploy/up': '#!/bin/sh\nsystemctl restart service\n',
  'service/deploy/service.service': '[Unit]\n[Service]\nExecStart=/usr/bin/node src/main.js\n[Install]\n',
  'service/deploy/service.service.d/limits.conf': '[Service]\nRestart=always\n',
  'service/deploy/nginx/site.conf': 'server {\n  location / { proxy_pass http://127.0.0.1:3000; }\n}\n',
  'service/deploy/sites-available/service': 'server {\n  listen 80;\n}\n',
  'service/Dockerfile': 'FROM node:24\nCMD ["node", "src/main.js"]\n',
  'service/compose.yaml': 'services:\n  service:\n    build: .\n',
  'service/.k8s/deployment.yaml': 'kind: Deployment\nspec: {}\n',
  'service/ecosystem.config.js': "module.exports = { apps: [{ script: 'src/main.js' }] };\n",
  'service/.shellcheckrc': 'disable=SC2086\n',
} as const;

export interface KeptProject extends Disposable {
  top: string;
  /** The folder that is checked. */
  root: string;
  call: Call;
  path(file: string): string;
  /** Each change returns what takes it back. */
  write(file: string, text: string): () => void;
  remove(file: string): () => void;
  move(from: string, to: string): () => void;
  makeExecutable(file: string): () => void;
  /** Runs the program as a user would. */
  run(...more: string[]): { code: number | null; stdout: string; stderr: string };
  find(call?: Partial<Call>): Promise<KeptCheck | undefined>;
}

export function keptProject(): KeptProject {
  const top = realpathSync(mkdtempSync(path.join(tmpdir(), 'shakedown-kept-')));
  const root = path.join(top, 'service');
  const full = (file: string): string => path.join(top, file);
  const environment = { PATH: full('bin'), HOME: full('home'), CI: '1' };
  const call: Call = {
    argv: ['check', root],
    cwd: top,
    environment,
    terminals: [false, false],
    node: [process.execPath],
    tool: thisTool(),
  };
  const changes = changesIn(full);
  for (const [file, text] of Object.entries(FILES)) changes.write(file, text);
  linkProgram(full, 'git', execFileSync('which', ['git'], { encoding: 'utf8' }).trim());
  return {
    top,
    root,
    call,
    path: full,
    ...changes,
    run: (...more) => {
      const argv = [PROGRAM, ...call.argv, ...more];
      const options = { cwd: top, env: environment, encoding: 'utf8', timeout: 120_000 } as const;
      const { status, stdout, stderr } = spawnSync(process.execPath, argv, options);
      return { code: status, stdout, stderr };
    },
    find: async (changed = {}) => {
      const asking = { ...call, ...changed };
      const asked = askedOf(asking);
      return asked && findKept(asked, asking);
    },
    [Symbol.dispose]: () => rmSync(top, { recursive: true, force: true }),
  };
}

function changesIn(
  full: (file: string) => string,
): Pick<KeptProject, 'write' | 'remove' | 'move' | 'makeExecutable'> {
  const remove = (file: string): (() => void) => {
    const aside = `${full(file)}.aside`;
    mkdirSync(full('aside'), { recursive: true });
    const to = path.join(full('aside'), path.basename(aside));
    renameSync(full(file), to);
    return () => renameSync(to, full(file));
  };
  return {
    write: (file, text) => {
      const before = readIf(full(file));
      const made = mkdirSync(path.dirname(full(file)), { recursive: true });
      writeFileSync(full(file), text);
      return () =>
        before === undefined
          ? rmSync(made ?? full(file), { recursive: true })
          : writeFileSync(full(file), before);
    },
    remove,
    move: (from, to) => {
      mkdirSync(path.dirname(full(to)), { recursive: true });
      renameSync(full(from), full(to));
      return () => renameSync(full(to), full(from));
    },
    makeExecutable: (file) => {
      const { mode } = statSync(full(file));
      chmodSync(full(file), mode | 0o111);
      return () => chmodSync(full(file), mode);
    },
  };
}

function readIf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // a new one
  }
}

/** A program on the PATH of the project that is a link to one of the host. */
export function linkProgram(full: (file: string) => string, name: string, target: string): () => void {
  mkdirSync(full('bin'), { recursive: true });
  symlinkSync(target, full(`bin/${name}`));
  return () => rmSync(full(`bin/${name}`));
}

/** A repository in the folder that is checked, with one commit of nothing. */
export function makeRepository({ root }: KeptProject): () => void {
  git(root, 'init', '--quiet');
  git(root, 'commit', '--quiet', '--allow-empty', '--message', 'first');
  return () => rmSync(path.join(root, '.git'), { recursive: true });
}

export function git(cwd: string, ...args: string[]): void {
  const who = ['-c', 'user.name=a', '-c', 'user.email=a@example.org', '-c', 'commit.gpgsign=false'];
  execFileSync('git', [...who, ...args], { cwd });
}
