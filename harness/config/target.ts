/** The part of the configuration about a service that is deployed as a systemd unit, here or on another host. */
import { z } from 'zod';

export const target = z.strictObject({
  /** `local`, or `ssh://user@host:port`. The host's key must be known already. */
  host: z
    .union([
      z.literal('local'),
      z.string().regex(/^ssh:\/\/[^\s/]+\/?$/, "expected 'local' or ssh://user@host:port"),
    ])
    .default('local'),
  /** The private key, relative to the configuration file. */
  identityFile: z.string().min(1).optional(),
  /** The file that knows the host's key, relative to the configuration file. */
  knownHostsFile: z.string().min(1).optional(),
  /** Words before every command there, for a user that is not root: `['sudo', '--non-interactive']`. */
  become: z.array(z.string().min(1)).default([]),
  unit: z.string().regex(/^[A-Za-z0-9:_.@\\-]+\.service$/, 'expected the name of a unit: app.service'),
  /** Where the service answers, seen from here: `http://10.0.0.5:8080`. */
  url: z.string().regex(/^http:\/\/[^/\s]+\/?$/, 'expected http://host:port without a path'),
  /** The port that the service itself listens on, where a proxy answers at `url`. */
  port: z.number().int().min(1).max(65535).optional(),
  /** Ports that the service keeps connections to, of exchanges or databases: how many it holds at a time is no leak. */
  companionPorts: z.array(z.number().int().min(1).max(65535)).default([]),
  /** A socket unit listens through every restart: then not even a refused connection is forgiven. */
  keptListener: z.boolean().default(false),
  /** Program and arguments that verify the server as it stands and print TAP: `['/opt/app/current/deployment/verify.sh']`. */
  verify: z.array(z.string().min(1)).min(1).optional(),
  verifyWithinMs: z.number().positive().default(120_000),
});
