/**
 * Whether tests may boot machines. They take root, install packages on this host and build a root file system: only who
 * asks for that with MACHINE_TESTS=yes gets it. Elsewhere they are counted as skipped, with the reason in their name.
 */
import { hostObstacle } from './host.ts';
import { type Suite, SUITES } from './places.ts';

/** What tests boot: bookworm, or what MACHINE_SUITE names. @throws when that is none. */
export function testedSuite(): Suite {
  const asked = process.env['MACHINE_SUITE'] ?? SUITES[0];
  const found = SUITES.find((suite) => suite === asked);
  if (found === undefined) throw new Error(`MACHINE_SUITE is "${asked}"; expected ${SUITES.join(' or ')}`);
  return found;
}

/** Why no machine is booted by tests; `undefined` when it is. Asked for and not to be had is no reason: that must fail. */
export const whyNoMachine: string | undefined =
  process.env['MACHINE_TESTS'] === 'yes'
    ? undefined
    : (hostObstacle() ?? 'set MACHINE_TESTS=yes to boot machines in tests');
