/** Templates of a generated domain: its types, its rules, its repository, its gateway. Text in, text out. */
import type { Domain } from './domain.ts';
import type { Draw } from './draw.ts';

export function renderTypes(domain: Domain): string {
  const { name, fields, statuses } = domain;
  return `import type { Draft, Entity, Patch } from '../../core/repository.js';

export type ${name}Status = ${statuses.map((each) => `'${each}'`).join(' | ')};

export interface ${name} extends Entity {
  status: ${name}Status;
${fields.map((each) => `  ${each.name}: ${each.type};`).join('\n')}
}

export type ${name}Draft = Draft<${name}>;
export type ${name}Patch = Patch<${name}>;
export type ${name}Index<K extends keyof ${name}> = Map<${name}[K], ${name}[]>;

export type ${name}Event =
  | { type: 'created'; row: ${name} }
  | { type: 'changed'; row: ${name}; before: Readonly<${name}>; keys: (keyof ${name}Patch)[] }
${statuses.map((each) => `  | { type: '${each}'; row: ${name}; at: Date }`).join('\n')}
  | { type: 'removed'; id: string };

export type ${name}Handlers = { [E in ${name}Event as \`on\${Capitalize<E['type']>}\`]?: (event: E) => void | Promise<void> };

export const ${name.toUpperCase()}_STATUSES = [${statuses.map((each) => `'${each}'`).join(', ')}] as const satisfies readonly ${name}Status[];

export function is${name}Status(value: string): value is ${name}Status {
  return (${name.toUpperCase()}_STATUSES as readonly string[]).includes(value);
}

export function empty${name}Draft(): ${name}Draft {
  return {
    status: '${statuses[0]}',
${fields.map((each) => `    ${each.name}: ${each.sample},`).join('\n')}
  };
}
`;
}

export function renderRules(draw: Draw, domain: Domain): string {
  const { name, id, fields, statuses, knows } = domain;
  const numeric = fields.filter((each) => each.numeric);
  const import2 = knows
    ? `import { score${knows.name}, type ${knows.name}Scores } from '../${knows.id}/${knows.id}-rules.js';\nimport type { ${knows.name} } from '../${knows.id}/${knows.id}-types.js';\n`
    : '';
  const moves = statuses.map(
    (each, at) =>
      `  ${each}: [${statuses
        .slice(at + 1)
        .map((to) => `'${to}'`)
        .join(', ')}],`,
  );
  const scores = numeric.map((each) => `  ${each.name}: number;`);
  const sums = numeric.map(
    (each) => `    ${each.name}: rows.reduce((sum, row) => sum + row.${each.name}, 0) * weight,`,
  );
  return `${import2}import type { ${name}, ${name}Draft, ${name}Index, ${name}Status } from './${id}-types.js';

const MOVES: Record<${name}Status, readonly ${name}Status[]> = {
${moves.join('\n')}
};

export function mayMove(from: ${name}Status, to: ${name}Status): boolean {
  return MOVES[from].includes(to);
}

export interface ${name}Scores {
${scores.join('\n')}
  total: number;
}

export function score${name}(rows: readonly ${name}[], weight = 1): ${name}Scores {
  const parts = {
${sums.join('\n')}
  };
  return { ...parts, total: Object.values(parts).reduce((sum, each) => sum + each, 0) };
}
${renderBridge(domain, numeric[0]?.name ?? '')}
export function group${name}<K extends keyof ${name}>(rows: Iterable<${name}>, key: K): ${name}Index<K> {
  const index: ${name}Index<K> = new Map();
  for (const row of rows) {
    const known = index.get(row[key]);
    if (known) known.push(row);
    else index.set(row[key], [row]);
  }
  return index;
}
${Array.from({ length: draw.between(3, 9) }, (_, at) => renderCheck(draw, domain, at)).join('')}`;
}

/** A rule that needs another domain's. */
const renderBridge = ({ name, knows }: Domain, numeric: string): string =>
  knows
    ? `
export function compare${name}With${knows.name}(row: ${name}, other: ${knows.name}): ${knows.name}Scores & { ahead: boolean } {
  const theirs = score${knows.name}([other]);
  return { ...theirs, ahead: row.${numeric} > theirs.total };
}
`
    : '';

function renderCheck(draw: Draw, { name, fields }: Domain, at: number): string {
  const checked = draw.some(fields, draw.between(2, 4));
  return `
export function check${name}${at + 1}(draft: ${name}Draft, limit = ${draw.between(10, 900)}): string[] {
  const problems: string[] = [];
${checked
  .map((each) =>
    each.numeric
      ? `  if (draft.${each.name} < 0 || draft.${each.name} > limit * ${draw.between(2, 40)}) {
    problems.push(\`${each.name} is \${draft.${each.name}.toFixed(2)}, expected 0 to \${limit}\`);
  }`
      : `  if (JSON.stringify(draft.${each.name} ?? '').length > limit) problems.push('${each.name} is too long');`,
  )
  .join('\n')}
  return problems;
}
`;
}

export function renderRepository({ name, id, statuses, fields }: Domain): string {
  const sorted = fields.find((each) => each.numeric)?.name ?? 'createdAt';
  return `import { Repository, type Query } from '../../core/repository.js';
import type { ${name}, ${name}Status } from './${id}-types.js';

export interface ${name}Page {
  rows: ${name}[];
  next: number | undefined;
}

export class ${name}Repository extends Repository<${name}> {
  protected readonly kind = '${id}';

  async byStatus(status: ${name}Status): Promise<${name}[]> {
    return this.list({ status });
  }

  async page(query: Query<${name}>, offset: number, size = 50): Promise<${name}Page> {
    const all = await this.list(query);
    const rows = all.toSorted((a, b) => Number(b.${sorted}) - Number(a.${sorted})).slice(offset, offset + size);
    return { rows, next: offset + size < all.length ? offset + size : undefined };
  }

  async countByStatus(): Promise<Record<${name}Status, number>> {
    const counts = { ${statuses.map((each) => `${each}: 0`).join(', ')} };
    for (const row of await this.list()) counts[row.status] += 1;
    return counts;
  }

  async *stream(size = 100): AsyncGenerator<${name}[]> {
    for (let offset: number | undefined = 0; offset !== undefined; ) {
      const page: ${name}Page = await this.page({}, offset, size);
      yield page.rows;
      offset = page.next;
    }
  }
}
`;
}

export function renderGateway({ name, id }: Domain): string {
  return `import type { Logger } from 'pino';
import { fetchJson, retry, type RequestOptions } from '../../core/http.js';
import type { ${name}, ${name}Draft } from './${id}-types.js';

export interface ${name}Upstream {
  id: string;
  version: number;
  body: ${name}Draft;
}

export class ${name}Gateway {
  readonly #base: URL;
  readonly #log: Logger;

  constructor(base: URL, log: Logger) {
    this.#base = new URL('/${id}/', base);
    this.#log = log.child({ gateway: '${id}' });
  }

  async load(id: string, options?: RequestOptions): Promise<${name}Upstream> {
    return retry(3, () => fetchJson<${name}Upstream>(new URL(id, this.#base), options));
  }

  async loadMany(ids: readonly string[]): Promise<Map<string, ${name}Upstream>> {
    const settled = await Promise.allSettled(ids.map((id) => this.load(id)));
    const found = new Map<string, ${name}Upstream>();
    for (const each of settled) {
      if (each.status === 'fulfilled') found.set(each.value.id, each.value);
      else this.#log.warn({ reason: each.reason }, 'could not be loaded');
    }
    return found;
  }

  async isNewer(row: ${name}): Promise<boolean> {
    const { version } = await this.load(row.id);
    return version > row.updatedAt.getTime();
  }
}
`;
}
