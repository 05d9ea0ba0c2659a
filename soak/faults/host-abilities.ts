/** What this host lets the harness do to a service. Looked at once, before the first fault scenario. */
import { execFileSync } from 'node:child_process';
import { hasProc } from '../../harness/supervisors/proc.ts';

export interface HostAbilities {
  hasProc: boolean;
  /** `prlimit` can change a limit of a running process. */
  prlimit: boolean;
  /** A mount namespace of one's own, with a small file system in memory. */
  mounts: boolean;
  /** A resolver of one's own: a file over /etc/resolv.conf in a mount namespace, and port 53 of a loopback address. */
  resolver: boolean;
}

let known: HostAbilities | undefined;

export function lookAtHost(): HostAbilities {
  known ??= {
    hasProc: hasProc(),
    prlimit: works('prlimit', ['--pid', String(process.pid), '--nofile']),
    mounts: works('unshare', ['--mount', 'mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', '/mnt']),
    resolver:
      process.getuid?.() === 0 &&
      works('unshare', ['--mount', 'mount', '--bind', '/dev/null', '/etc/resolv.conf']),
  };
  return known;
}

function works(program: string, words: string[]): boolean {
  try {
    execFileSync(program, words, { stdio: 'ignore', timeout: 5_000 });
    return true;
  } catch {
    return false; // missing, or not allowed: that is the answer
  }
}
