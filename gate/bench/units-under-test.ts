/**
 * The two units of `npm run bench:restarts`: the installed one, with its listener reachable from the host, and beside it
 * a copy that listens itself and is stopped by SIGKILL. All of it under /run of the disposable machine.
 */
import { dirname } from 'node:path';
import { UNIT } from '../../deployment/machine/deploy.ts';
import type { Stand } from '../../deployment/machine/step.ts';
import { KEPT_PORT, PLAIN_PORT, type ServerKind } from './variants.ts';

const SOCKET = 'paper-trading.socket';
const PLAIN_UNIT = 'paper-trading-plain.service';

export const UNITS = { kept: UNIT, plain: PLAIN_UNIT } as const satisfies Record<ServerKind, string>;

const FOLDER = '/run/systemd/system';
/** A loop of restarts is no crash loop. */
const NO_START_LIMIT = '[Unit]\nStartLimitIntervalSec=0\n';
const REACHABLE = `[Socket]\nListenStream=\nListenStream=0.0.0.0:${KEPT_PORT}\n`;

export async function prepareUnits(stand: Stand): Promise<void> {
  const { must } = stand;
  const write = async (path: string, text: string): Promise<void> => {
    await must(['mkdir', '--parents', dirname(`${FOLDER}/${path}`)]);
    await must(['tee', `${FOLDER}/${path}`], { input: text });
  };
  await write(`${SOCKET}.d/bench.conf`, REACHABLE);
  for (const unit of Object.values(UNITS)) await write(`${unit}.d/bench.conf`, NO_START_LIMIT);
  await write(
    PLAIN_UNIT,
    plainUnit(await must(['cat', `/etc/systemd/system/${UNIT}`]), stand.machine.address),
  );
  await must(['systemctl', 'daemon-reload']);
  await must(['systemctl', 'stop', UNIT, SOCKET]);
  await must(['systemctl', 'start', SOCKET, UNIT, PLAIN_UNIT]);
}

/** Back to what was installed. */
export async function restoreUnits({ must }: Stand): Promise<void> {
  await must(['systemctl', 'stop', PLAIN_UNIT, UNIT, SOCKET]);
  const written = [`${SOCKET}.d`, `${UNIT}.d`, `${PLAIN_UNIT}.d`, PLAIN_UNIT].map(
    (name) => `${FOLDER}/${name}`,
  );
  await must(['rm', '--recursive', ...written]);
  await must(['systemctl', 'daemon-reload']);
  await must(['systemctl', 'start', SOCKET, UNIT]);
}

/**
 * The installed unit without its socket and without its drain. Not on every address: fastify lists them then, which the
 * sandbox of the unit forbids.
 * @throws when an edit finds no place.
 */
export function plainUnit(installed: string, address: string): string {
  const edits: [RegExp, string][] = [
    [/^(After=.*) paper-trading\.socket$/m, '$1'],
    [/^Requires=paper-trading\.socket\n/m, ''],
    [/^WorkingDirectory=\/var\/lib\/paper-trading$/m, '$&-plain'],
    [/^StateDirectory=paper-trading$/m, '$&-plain'],
    [
      /^Environment=DATABASE_PATH=\/var\/lib\/paper-trading\//m,
      `Environment=HOST=${address}\nEnvironment=PORT=${PLAIN_PORT}\nEnvironment=DATABASE_PATH=/var/lib/paper-trading-plain/`,
    ],
    [/^KillMode=mixed$/m, '$&\nKillSignal=SIGKILL'],
    [/^\[Install\]\n[^]*$/m, ''],
  ];
  return edits.reduce((text, [find, replace]) => {
    if (!find.test(text))
      throw new Error(`${UNIT} has no ${find}: correct the edit that makes ${PLAIN_UNIT}`);
    return text.replace(find, replace);
  }, installed);
}
