/** Which steps of an installation matter: without them what is started is not what was meant. Pure. */
import type { Installer } from './installers.ts';
import type { Step } from './script.ts';
import { managerWords, plain } from './installers.ts';

const PACKAGE_MANAGERS = new Set(['npm', 'pnpm', 'yarn', 'bun', 'npx']);

/** Brings packages or a new version of the program. */
export function brings(step: Step): boolean {
  const [first = ''] = managerWords(step.args);
  if (PACKAGE_MANAGERS.has(step.name))
    return /^(ci|clean-install|install|i|add)$/.test(first) || step.args.length === 0;
  return step.name === 'git' && step.args.some((each) => /^(clone|pull|fetch)$/.test(each));
}

/** Puts files of a release in place that were not there: with packages, a checkout, an archive, a copy from elsewhere. */
export const delivers = (step: Step): boolean =>
  brings(step) ||
  /^(rsync|tar|unzip|scp)$/.test(step.name) ||
  (step.name === 'pip' && step.args.includes('install'));

export function matters(installer: Installer, step: Step): boolean {
  const words = plain(installer.words(step));
  const [first = ''] = words;
  if (installer.unitWrites.includes(step) || installer.starts.includes(step) || brings(step)) return true;
  switch (step.name) {
    case 'systemctl':
      return /^(enable|daemon-reload|reload)$/.test(first);
    case 'npm':
    case 'pnpm':
    case 'yarn':
    case 'npx':
      return !/^(audit|fund|cache|prune|config|outdated|view|ls|list|version|set)$/.test(
        managerWords(installer.words(step))[0] ?? '',
      );
    case 'apt-get':
    case 'apt':
    case 'dnf':
    case 'yum':
    case 'apk':
      return /^(install|add)$/.test(first);
    case 'nginx':
      return step.args.includes('-t');
    case 'git':
      return step.args.some((each) => /^(checkout|reset|switch)$/.test(each));
    case 'node':
    case 'tsc':
    case 'prisma':
    case 'make':
      return !step.args.some((each) => /^(-v|--version)$/.test(each));
    case 'systemd-analyze':
      return first === 'verify';
    default:
      return false;
  }
}
