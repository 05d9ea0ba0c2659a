/** Who listens on a port where a unit runs. Used by the systemd supervisor. */
import type { Transport } from '../transport/transport.ts';
import type { PortProbe } from './supervisor.ts';

const WITHIN_MS = 10_000;

/** Nobody listens: it could be bound. Seen from there, since the address is not one of this host's. */
export async function probePortThere(transport: Transport, port: number | undefined): Promise<PortProbe> {
  if (port === undefined) return { free: true };
  const listeners = await listenersThere(transport, port);
  return listeners === '' ? { free: true } : { free: false, reason: listeners };
}

export async function portHolderThere(transport: Transport, port: number | undefined): Promise<string> {
  if (port === undefined) return 'nobody';
  return (await listenersThere(transport, port)) || 'nobody any more';
}

/** The lines of `ss` about listeners on the port; why they cannot be seen counts as one. */
async function listenersThere(transport: Transport, port: number): Promise<string> {
  const options = ['--tcp', '--listening', '--numeric', '--processes', '--no-header'];
  const result = await transport.run(['ss', ...options, `sport = :${port}`], { timeoutMs: WITHIN_MS });
  if (!result.ran) return `ports cannot be looked at: ${result.reason}`;
  if (result.code !== 0) return `ports cannot be looked at: ${result.stderr.trim()}`;
  return result.stdout.trim().replace(/\s+/g, ' ');
}
