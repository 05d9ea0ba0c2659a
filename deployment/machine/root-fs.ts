/**
 * The root file system below every machine: built once from the host's own package sources and kept under the hash of
 * what it was built from. Machines write into a layer of their own above it.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identityOf, isAlive } from '../../harness/process-identity.ts';
import { localTransport } from '../../harness/transport/local.ts';
import { demand, endOf } from './commands.ts';
import { KEYRING, NoMachineError } from './host.ts';
import { mountsBelow } from './mounts.ts';
import { rootsFolder, type Suite } from './places.ts';

/** What a small Debian server has before anybody installs anything. nginx is not among it: that is install.sh's work. */
export const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'dbus', 'iproute2', 'procps', 'ca-certificates', 'curl', 'libstdc++6'],
  ...['openssl', 'openssh-server', 'xz-utils'],
];

/** Settings of the host's apt without which its sources cannot be used. */
const APT_SETTINGS = [
  'Acquire::http::Proxy',
  'Acquire::https::Proxy',
  'Acquire::Check-Valid-Until',
  'Acquire::Check-Date',
];

const BUILD_LIMIT_MS = 600_000;

/** Folder of the root file system of a suite; built when it is not there. */
export async function rootFor(suite: Suite, note: (text: string) => void): Promise<string> {
  const recipe = await recipeOf(suite);
  const hash = createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 12);
  const folder = join(rootsFolder(), `${suite}-${hash}`);
  mkdirSync(rootsFolder(), { recursive: true });
  removeBrokenBuilds();
  if (existsSync(folder)) return folder;
  note(`building the root file system of ${suite} (once; about a minute)`);
  const startedAt = performance.now();
  await build(recipe, folder);
  note(`${suite}: root file system built in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  return folder;
}

interface Recipe {
  options: string[];
  suite: Suite;
  sources: string[];
}

async function recipeOf(suite: Suite): Promise<Recipe> {
  const settings = (await demand(['apt-config', 'dump']))
    .split('\n')
    .filter((line) => APT_SETTINGS.some((name) => line.startsWith(`${name} `)));
  return {
    options: [
      ...['--mode=root', '--variant=minbase', '--format=directory', `--include=${PACKAGES.join(',')}`],
      ...(existsSync(KEYRING) ? [`--keyring=${KEYRING}`] : []),
      // Made to be thrown away: what a crash of this host would lose is built again.
      '--dpkgopt=force-unsafe-io',
      ...['man', 'locale', 'doc'].map((part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`),
      ...settings.map((line) => `--aptopt=${line}`),
    ],
    suite,
    sources: await sourcesFor(suite),
  };
}

/** The host's sources with the suite in the place of its own; none (then mmdebstrap's own) where it is no Debian. */
async function sourcesFor(suite: Suite): Promise<string[]> {
  const [, codename] = /^VERSION_CODENAME=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8')) ?? [];
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT) $(ORIGIN)';
  const text = await demand(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages']);
  const lines = text.split('\n').flatMap((line) => {
    const [uri = '', release = '', component = '', origin = ''] = line.split(' ');
    const [base, ...pocket] = release.split('-');
    if (origin !== 'Debian' || component !== 'main' || base !== codename) return [];
    return [`deb ${uri} ${[suite, ...pocket].join('-')} main`];
  });
  return [...new Set(lines)];
}

/** Built beside its place and moved there whole. */
async function build({ options, suite, sources }: Recipe, folder: string): Promise<void> {
  const draft = `${folder}.building-${process.pid}`;
  const identity = identityOf(process.pid) ?? { pid: process.pid };
  mkdirSync(draft);
  writeFileSync(`${draft}/.builder`, JSON.stringify(identity));
  try {
    const root = join(draft, 'root');
    const command = ['mmdebstrap', ...options, suite, root, ...sources];
    const result = await localTransport.run(command, { timeoutMs: BUILD_LIMIT_MS });
    if (!result.ran || result.code !== 0)
      throw new NoMachineError(
        `no machine can be had here: the root file system of ${suite} could not be built from this host's package sources: mmdebstrap ${endOf(result)}`,
      );
    await demand(['rm', '--force', join(root, 'etc/resolv.conf'), join(root, 'etc/hostname')]);
    try {
      renameSync(root, folder);
    } catch (error) {
      // Another run was faster: its root is as good.
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
  } finally {
    await localTransport.run(['rm', '--recursive', '--force', '--one-file-system', draft], {
      timeoutMs: 60_000,
    });
  }
}

/** Builds whose builder was killed. */
function removeBrokenBuilds(): void {
  for (const name of readdirSync(rootsFolder()).filter((entry) => entry.includes('.building-'))) {
    const folder = join(rootsFolder(), name);
    try {
      if (isAlive(JSON.parse(readFileSync(join(folder, '.builder'), 'utf8')))) continue;
    } catch (error) {
      // Without a name nobody answers for it; it may also be gone by now.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') continue;
    }
    if (mountsBelow(folder).length === 0) rmSync(folder, { recursive: true, force: true });
  }
}
