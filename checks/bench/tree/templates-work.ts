/** Templates of a generated domain: its service, its routes, its scheduler, and what puts them together. */
import type { Domain } from './domain.ts';
import type { Draw } from './draw.ts';

export function renderService(draw: Draw, domain: Domain): string {
  const { name, id, uses, fields, statuses } = domain;
  const imports = uses.map(
    (each) => `import type { ${each.name}Service } from '../${each.id}/${each.id}-service.js';\n`,
  );
  const numeric = fields.find((each) => each.numeric)?.name ?? '';
  return `import { TypedEvents } from '../../core/events.js';
import { attempt } from '../../core/lifecycle.js';
import type { Context } from '../../core/context.js';
${imports.join('')}import type { ${name}Gateway } from './${id}-gateway.js';
import type { ${name}Repository } from './${id}-repository.js';
import { check${name}1, check${name}2, group${name}, mayMove, score${name} } from './${id}-rules.js';
import type { ${name}, ${name}Draft, ${name}Event, ${name}Patch, ${name}Status } from './${id}-types.js';

export class ${name}Service {
  readonly events = new TypedEvents<${name}Event>();

  constructor(
    private readonly context: Context,
    private readonly rows: ${name}Repository,
    private readonly gateway: ${name}Gateway,
${uses.map((each) => `    private readonly ${each.id}Service: ${each.name}Service,`).join('\n')}
  ) {}

  async create(draft: ${name}Draft): Promise<${name}> {
    const problems = [...check${name}1(draft), ...check${name}2(draft)];
    if (problems.length > 0) throw new Error(problems.join('; '));
    const now = new Date();
    const row = await this.rows.save({ ...draft, id: this.context.id(), createdAt: now, updatedAt: now });
    this.events.emit({ type: 'created', row });
    return row;
  }

${renderChanges(domain)}

${renderReads(domain, numeric)}
${Array.from({ length: draw.between(2, 8) }, (_, at) => renderWork(draw, domain, at, statuses)).join('')}}
`;
}

const renderChanges = ({
  name,
  id,
}: Domain): string => `  async change(id: string, patch: ${name}Patch): Promise<${name}> {
    return this.rows.transaction(async (rows) => {
      const before = await rows.get(id);
      const row = await rows.save({ ...before, ...patch });
      const keys = Object.keys(patch) as (keyof ${name}Patch)[];
      this.events.emit({ type: 'changed', row, before, keys });
      return row;
    });
  }

  async move(id: string, status: ${name}Status): Promise<${name}> {
    const row = await this.rows.get(id);
    if (!mayMove(row.status, status)) throw new Error(\`${id} \${id} may not go from \${row.status} to \${status}\`);
    const moved = await this.rows.save({ ...row, status });
    this.events.emit({ type: status, row: moved, at: new Date() });
    return moved;
  }`;

const renderReads = (
  { name }: Domain,
  numeric: string,
): string => `  async get(id: string): Promise<${name}> {
    return this.rows.get(id);
  }

  async list(status?: ${name}Status): Promise<${name}[]> {
    return status === undefined ? this.rows.list() : this.rows.byStatus(status);
  }

  async remove(id: string): Promise<void> {
    if (await this.rows.remove(id)) this.events.emit({ type: 'removed', id });
  }

  async refresh(): Promise<number> {
    let changed = 0;
    for await (const page of this.rows.stream()) {
      const found = await this.gateway.loadMany(page.map((each) => each.id));
      for (const [id, { body }] of found) {
        const done = await attempt(() => this.change(id, body));
        if (done.ok) changed += 1;
        else this.context.log.warn({ error: done.error, id }, 'not refreshed');
      }
    }
    return changed;
  }

  async totals(): Promise<Map<${name}Status, number>> {
    const groups = group${name}(await this.rows.list(), 'status');
    return new Map([...groups].map(([status, rows]) => [status, score${name}(rows).${numeric}] as const));
  }`;

/** One more method; about one in eight loses a promise, so that the peers have something to find. */
function renderWork(draw: Draw, { name, uses }: Domain, at: number, statuses: readonly string[]): string {
  const other = uses.length > 0 ? draw.one(uses) : undefined;
  const lost = draw.chance(0.12) ? '    this.refresh();\n' : '';
  const handled = draw.chance(0.2)
    ? "    void this.refresh().catch((error: unknown) => this.context.log.error({ error }, 'refresh'));\n"
    : '';
  const call = other
    ? `    const others = await this.${other.id}Service.list();
    const counts = await Promise.all(others.map(async (each) => (await this.${other.id}Service.get(each.id)).updatedAt.getTime()));
    const newest = counts.reduce((latest, each) => Math.max(latest, each), 0);
`
    : `    const ages = (await this.list('${draw.one(statuses)}')).map((each) => Date.now() - each.createdAt.getTime());
    const newest = Math.min(...ages, ${draw.between(1_000, 90_000)});
`;
  return `
  async work${at + 1}(limit = ${draw.between(5, 500)}): Promise<{ done: ${name}[]; newest: number }> {
${lost}${handled}${call}    const done: ${name}[] = [];
    for (const row of await this.rows.byStatus('${draw.one(statuses)}')) {
      if (done.length >= limit) break;
      try {
        done.push(await this.move(row.id, '${draw.one(statuses)}'));
      } catch (error) {
        this.context.log.warn({ error, id: row.id }, 'left as it is');
      }
    }
    return { done, newest };
  }
`;
}

export function renderRoutes(draw: Draw, { name, id }: Domain): string {
  const guarded = draw.chance(0.3);
  const prefix = guarded ? `/api/admin/${id}` : `/api/${id}`;
  const guard = guarded ? '{ preHandler: requireAdmin }, ' : '';
  return `import type { FastifyInstance } from 'fastify';
import { empty${name}Draft, is${name}Status, type ${name}Draft, type ${name}Patch } from './${id}-types.js';
import type { ${name}Service } from './${id}-service.js';
${guarded ? "import { requireAdmin } from '../../core/auth.js';\n" : ''}
interface ById {
  Params: { id: string };
}

export async function register${name}Routes(app: FastifyInstance, service: ${name}Service): Promise<void> {
  app.get<{ Querystring: { status?: string } }>('${prefix}', ${guard}async (request) => {
    const { status } = request.query;
    return service.list(status !== undefined && is${name}Status(status) ? status : undefined);
  });
  app.get<ById>('${prefix}/:id', ${guard}async (request, reply) => {
    const row = await service.get(request.params.id).catch(() => undefined);
    return row ?? reply.code(404).send({ error: 'not found' });
  });
  app.post<{ Body: Partial<${name}Draft> }>('${prefix}', ${guard}async (request, reply) => {
    const row = await service.create({ ...empty${name}Draft(), ...request.body });
    return reply.code(201).send(row);
  });
  app.patch<ById & { Body: ${name}Patch }>('${prefix}/:id', ${guard}async (request) =>
    service.change(request.params.id, request.body),
  );
  app.delete<ById>('${prefix}/:id', ${guard}async (request, reply) => {
    await service.remove(request.params.id);
    return reply.code(204).send();
  });
}
`;
}

export function renderScheduler(draw: Draw, { name, id }: Domain): string {
  return `import type { Logger } from 'pino';
import type { Subsystem } from '../../core/lifecycle.js';
import type { ${name}Service } from './${id}-service.js';

export class ${name}Scheduler implements Subsystem {
  readonly name = '${id}-scheduler';
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<unknown> | undefined;

  constructor(
    private readonly service: ${name}Service,
    private readonly log: Logger,
    private readonly everyMs = ${draw.between(5, 600)}_000,
  ) {}

  async start(): Promise<void> {
    if (this.timer !== undefined) return;
    this.timer = setInterval(() => this.tick(), this.everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    await this.running;
    this.running = undefined;
  }

  private tick(): void {
    this.running = this.service.refresh().catch((error: unknown) => {
      this.log.error({ error }, '${id} was not refreshed');
    });
  }
}
`;
}

export function renderComposition({ name, id, uses }: Domain): string {
  return `import type { Context } from '../../core/context.js';
import type { Subsystem } from '../../core/lifecycle.js';
import { ${name}Gateway } from './${id}-gateway.js';
import { ${name}Repository } from './${id}-repository.js';
import { register${name}Routes } from './${id}-routes.js';
import { ${name}Scheduler } from './${id}-scheduler.js';
import { ${name}Service } from './${id}-service.js';
${uses.map((each) => `import type { ${each.name}Service } from '../${each.id}/${each.id}-service.js';\n`).join('')}
export async function compose${name}(
  context: Context,
${uses.map((each) => `  ${each.id}Service: ${each.name}Service,\n`).join('')}): Promise<{ service: ${name}Service; subsystem: Subsystem }> {
  const { app, log, upstream } = context;
  const gateway = new ${name}Gateway(upstream, log);
  const service = new ${name}Service(context, new ${name}Repository(), gateway${uses.map((each) => `, ${each.id}Service`).join('')});
  await register${name}Routes(app, service);
  return { service, subsystem: new ${name}Scheduler(service, log) };
}
`;
}
