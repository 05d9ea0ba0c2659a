/**
 * Makes a release: a tarball with the service's sources, its production packages, its units and the scripts that deploy
 * it. The same sources give the same id. Run by a person or a pipeline, by `install.sh --checkout`, and by tests:
 * `node deployment/release.ts --out FOLDER [--service FOLDER] [--deployment FOLDER] [--with-node]`.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
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
import { parseArgs } from 'node:util';
import { LOG_CATALOGUE } from '../harness/log-catalogue.ts';

export interface ReleaseRequest {
  /** Where the tarball goes. */
  out: string;
  /** The service's folder; another one than the checkout's for a release that is changed on purpose. */
  service?: string;
  /** The folder of the deployment, likewise. */
  deployment?: string;
  /** Also the npm package that carries the pinned Node, for machines without a registry. */
  withNode?: boolean;
  /** Put in front of the version. */
  label?: string;
}

export interface Release {
  id: string;
  tarball: string;
  nodeTarball: string | undefined;
}

const root = path.resolve(import.meta.dirname, '..');
const NAME = 'paper-trading';
/** What of the checkout is in a release, beside the service and its packages. */
const DEPLOYED = ['install.sh', 'rollback.sh', 'verify.sh', 'uninstall.sh', 'required-routes.txt'];
const DEPLOYED_FOLDERS = ['lib', 'server', 'units', 'nginx'];
const MANIFESTS = ['package.json', 'package-lock.json', '.npmrc'];

export function makeRelease(request: ReleaseRequest): Release {
  const out = path.resolve(request.out);
  mkdirSync(out, { recursive: true });
  const work = mkdtempSync(path.join(tmpdir(), 'shakedown-release-'));
  try {
    const staged = path.join(work, NAME);
    const folderOf = (name: 'service' | 'deployment'): string =>
      path.resolve(request[name] ?? path.join(root, name));
    stage(staged, folderOf('service'), folderOf('deployment'));
    const id = idOf(staged, request.label);
    describe(staged, id);
    npm(staged, [
      'ci',
      '--omit=dev',
      '--omit=optional',
      '--ignore-scripts',
      '--workspace',
      'service',
      '--include-workspace-root=false',
    ]);
    dropUnused(path.join(staged, 'node_modules'));
    const tarball = path.join(out, `${NAME}-${id}.tgz`);
    pack(work, tarball);
    return { id, tarball, nodeTarball: request.withNode === true ? packNode(staged, out) : undefined };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function stage(staged: string, service: string, scripts: string): void {
  mkdirSync(path.join(staged, 'service'), { recursive: true });
  for (const each of MANIFESTS) cpSync(path.join(root, each), path.join(staged, each));
  for (const each of ['package.json', 'README.md', 'src'])
    cpSync(path.join(service, each), path.join(staged, 'service', each), { recursive: true });
  const deployment = path.join(staged, 'deployment');
  for (const each of [...DEPLOYED, ...DEPLOYED_FOLDERS])
    cpSync(path.join(scripts, each), path.join(deployment, each), { recursive: true });
  // Made of the one catalogue, so that a server and a soak mean the same by a clean log.
  const patterns = LOG_CATALOGUE.map(({ id, pattern, meaning }) => ({ id, pattern, meaning }));
  writeFileSync(path.join(deployment, 'log-patterns.json'), `${JSON.stringify(patterns, null, 2)}\n`);
}

/** Of what is in it, and nothing else: made twice it is the same release, and an install of it changes nothing. */
function idOf(staged: string, label: string | undefined): string {
  const hash = createHash('sha256');
  for (const name of filesIn(staged)) {
    const { mode } = statSync(path.join(staged, name));
    hash
      .update(`${name}\0${(mode & 0o111) !== 0}\0`)
      .update(readFileSync(path.join(staged, name)))
      .update('\0');
  }
  const manifest = JSON.parse(readFileSync(path.join(staged, 'service/package.json'), 'utf8')) as {
    version: string;
  };
  return [...(label === undefined ? [] : [label]), manifest.version, hash.digest('hex').slice(0, 12)].join(
    '-',
  );
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(path.join(folder, name)).isFile())
    .sort();
}

/** Read by install.sh without anything that reads JSON: one key in a line. */
function describe(staged: string, id: string): void {
  const commit = git('rev-parse', 'HEAD');
  const isDirty = git('status', '--porcelain') !== '';
  writeFileSync(path.join(staged, 'release.json'), `${JSON.stringify({ id, commit, isDirty }, null, 2)}\n`);
  writeFileSync(
    path.join(staged, 'release.env'),
    `RELEASE_ID=${id}\nNODE_COMPILE_CACHE=/var/cache/${NAME}/${id}\n`,
  );
}

function git(...args: string[]): string {
  try {
    return execFileSync('git', args, {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return 'unknown'; // no checkout of git: the id is of the content in any case
  }
}

function npm(cwd: string, args: readonly string[]): string {
  return execFileSync('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** Never loaded, and two of three files: types, maps, manuals, the tests of packages, ccxt for browsers. */
const UNUSED = /\.d\.[cm]?ts$|\.map$|\.md$|\.markdown$|^(@[^/]+\/)?[^/]+\/tests?\/|^ccxt\/dist\//i;

/** Each file costs a server time when the release comes and when it goes. */
function dropUnused(packages: string): void {
  for (const name of readdirSync(packages, { recursive: true, encoding: 'utf8' }))
    if (UNUSED.test(name)) rmSync(path.join(packages, name), { recursive: true, force: true });
}

function pack(work: string, tarball: string): void {
  // What install.sh asks before it unpacks anything stands at the beginning.
  const first = ['release.json', 'package-lock.json'];
  const members = [
    ...first,
    ...readdirSync(path.join(work, NAME))
      .filter((each) => !first.includes(each))
      .sort(),
  ];
  const same = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--mode=go-w'];
  execFileSync(
    'tar',
    [
      '--create',
      ...same,
      '--use-compress-program=gzip --fast --no-name',
      `--file=${tarball}`,
      ...members.map((each) => `${NAME}/${each}`),
    ],
    {
      cwd: work,
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
}

/** The package of this machine's architecture, in the version of the lockfile; install.sh checks its hash. */
function packNode(staged: string, out: string): string {
  const lock = JSON.parse(readFileSync(path.join(staged, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { version?: string } | undefined>;
  };
  const name = `node-linux-${process.arch}`;
  const version = lock.packages[`node_modules/${name}`]?.version;
  if (version === undefined)
    throw new Error(`package-lock.json pins no ${name}; add it to the service's optionalDependencies`);
  const file = path.join(out, `${name}-${version}.tgz`);
  if (statSync(file, { throwIfNoEntry: false }) === undefined)
    npm(staged, ['pack', `${name}@${version}`, '--pack-destination', out]);
  return file;
}

function main(): void {
  const { values } = parseArgs({
    options: {
      out: { type: 'string' },
      service: { type: 'string' },
      deployment: { type: 'string' },
      label: { type: 'string' },
      'with-node': { type: 'boolean', default: false },
    },
  });
  if (values.out === undefined) {
    process.stderr.write(
      'usage: node deployment/release.ts --out FOLDER [--service FOLDER] [--deployment FOLDER] [--label TEXT] [--with-node]\n',
    );
    process.exitCode = 2;
    return;
  }
  const { id, tarball, nodeTarball } = makeRelease({
    out: values.out,
    withNode: values['with-node'],
    ...(values.service === undefined ? {} : { service: values.service }),
    ...(values.deployment === undefined ? {} : { deployment: values.deployment }),
    ...(values.label === undefined ? {} : { label: values.label }),
  });
  process.stdout.write(`release ${id}\n${[tarball, nodeTarball ?? []].flat().join('\n')}\n`);
}

if (import.meta.main) main();
