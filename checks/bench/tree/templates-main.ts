/** Templates of what ties the domains of a generated service together: groups, the guard, the entry. */
import type { Domain } from './domain.ts';

export function renderGroup(group: number, domains: readonly Domain[]): string {
  return `import type { Context } from '../core/context.js';
import type { Subsystem } from '../core/lifecycle.js';
${domains.map(({ name, id }) => `import { compose${name} } from '../domains/${id}/${id}.js';`).join('\n')}

export async function composeGroup${group}(context: Context): Promise<Subsystem[]> {
${domains
  .map(
    ({ name, id, uses }) =>
      `  const ${id} = await compose${name}(context${uses.map((each) => `, ${each.id}.service`).join('')});`,
  )
  .join('\n')}
  return [${domains.map(({ id }) => `${id}.subsystem`).join(', ')}];
}
`;
}

export const renderAuth = (): string => `import type { FastifyReply, FastifyRequest } from 'fastify';

export async function isAdmin(token: string | undefined): Promise<boolean> {
  try {
    return token !== undefined && JSON.parse(Buffer.from(token, 'base64url').toString('utf8')).role === 'admin';
  } catch {
    return false;
  }
}

export async function requireAdmin(request: FastifyRequest, reply: FastifyReply): Promise<unknown> {
  const token = request.headers.authorization?.replace(/^Bearer /, '');
  if (token === undefined) return reply.code(401).send({ error: 'no token' });
  if (!(await isAdmin(token))) return reply.code(403).send({ error: 'not an admin' });
  return undefined;
}
`;

export function renderMain(groups: number): string {
  const numbers = Array.from({ length: groups }, (_, at) => at);
  return `import { createContext } from './core/context.js';
import { startAll, stopAll, type Subsystem } from './core/lifecycle.js';
${numbers.map((each) => `import { composeGroup${each} } from './groups/group-${each}.js';`).join('\n')}

const STOP_WITHIN_MS = 10_000;

async function main(): Promise<void> {
  const context = createContext(process.env);
  const subsystems: Subsystem[] = [];
  let stopping: Promise<void> | undefined;
  const shutdown = async (): Promise<void> => {
    const deadline = setTimeout(() => process.exit(1), STOP_WITHIN_MS);
    deadline.unref();
    await stopAll(subsystems, context.log);
    try {
      await context.app.close();
    } catch (error) {
      context.log.error({ error }, 'the server did not close');
    }
    process.exit(0);
  };
  const onSignal = (): void => {
    stopping ??= shutdown();
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
${numbers.map((each) => `  subsystems.push(...(await composeGroup${each}(context)));`).join('\n')}
  await startAll(subsystems);
  await context.app.listen({ port: Number(process.env['PORT'] ?? 3000) });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exit(1);
});
`;
}
