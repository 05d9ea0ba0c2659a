/** The steps of the machine test, in order: each may rest on what those before have left. */
import badReleasesRefused from './steps/bad-releases-refused.ts';
import badReleasesRolledBack from './steps/bad-releases-rolled-back.ts';
import deploysOneAtATime from './steps/deploys-one-at-a-time.ts';
import dryRunsChangeNothing from './steps/dry-runs-change-nothing.ts';
import firstInstallFails from './steps/first-install-fails.ts';
import idempotent from './steps/idempotent.ts';
import installed from './steps/installed.ts';
import interruptedInstall from './steps/interrupted-install.ts';
import killedInstall from './steps/killed-install.ts';
import optionsInForce from './steps/options-in-force.ts';
import reboots from './steps/reboots.ts';
import restarts from './steps/restarts.ts';
import rolledBackByHand from './steps/rolled-back-by-hand.ts';
import secretsPrivate from './steps/secrets-private.ts';
import slowReleaseAwaited from './steps/slow-release-awaited.ts';
import uninstalled from './steps/uninstalled.ts';
import upgraded from './steps/upgraded.ts';
import verified from './steps/verified.ts';
import type { Step } from './step.ts';

export const STEPS: readonly Step[] = [
  ...[optionsInForce, installed, verified, idempotent, secretsPrivate, deploysOneAtATime, restarts],
  ...[
    killedInstall,
    interruptedInstall,
    upgraded,
    dryRunsChangeNothing,
    badReleasesRefused,
    badReleasesRolledBack,
    rolledBackByHand,
  ],
  ...[reboots, slowReleaseAwaited, uninstalled, firstInstallFails],
];
