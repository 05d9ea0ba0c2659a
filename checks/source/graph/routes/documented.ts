/** Holds the routes that the program registers against those that its document describes. Used by route-documented. */
import type { Given, GivenRoute } from '../../given.ts';
import { servesPage } from './admin-routes.ts';
import type { Route, RouteTable } from './route-table.ts';

export interface Documented {
  /** Routes that count, each once, and whether the document has them. */
  routes: { route: Route; documented: boolean }[];
  /** What the document describes, and whether something registers it. */
  described: { described: GivenRoute; registered: boolean }[];
}

/** Everything is answered here that is no route of the API: files, pages, the document itself. */
const BESIDE =
  /\*|\u0000|\(|^\/?$|\/(docs|documentation|swagger|swagger-ui|api-docs|redoc|openapi|openapi\.(json|ya?ml)|swagger\.json|metrics|favicon\.ico|robots\.txt)(\/|$)/;

/**
 * @returns nothing when the document and the program have nothing in common: it is the document of another service.
 */
export function compareRoutes(
  table: RouteTable,
  { base, routes: described }: NonNullable<Given['openapi']>,
): Documented | undefined {
  const registered = table.routes.filter((each) => !each.isLoose);
  const places = new Set(registered.flatMap((each) => spellings(each.method, each.path)));
  const texts = new Set(
    described.flatMap((each) => [
      ...spellings(each.method, each.path),
      ...spellings(each.method, base + each.path),
    ]),
  );
  const has = (each: GivenRoute): boolean =>
    [each.path, base + each.path].some((path) =>
      [each.method, 'ALL'].some((method) => spellings(method, path).some((one) => places.has(one))),
    );
  if (!described.some(has)) return undefined;
  // A part that nobody can follow may register what is missing.
  const isWhole = !table.isCut && !table.routes.some((each) => each.isLoose || /[\u0000*]/.test(each.path));
  return {
    routes: once(registered)
      .filter((each) => isOfApi(table, each))
      .map((route) => ({ route, documented: isDescribed(route, texts) })),
    described: described.map((each) => ({ described: each, registered: has(each) || !isWhole })),
  };
}

const isOfApi = ({ run }: RouteTable, { method, path, handler }: Route): boolean =>
  !['HEAD', 'OPTIONS'].includes(method) && !BESIDE.test(path) && !servesPage(run.graph, handler);

function once(routes: readonly Route[]): Route[] {
  return [...new Map(routes.map((each) => [`${each.method} ${each.path}`, each])).values()];
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** `app.all(path)` is documented when one of its methods is. */
function isDescribed({ method, path }: Route, texts: ReadonlySet<string>): boolean {
  const methods = method === 'ALL' ? METHODS : [method];
  return methods.some((each) => spellings(each, path).some((one) => texts.has(one)));
}

/** `/bots/:id`, `/bots/{id}` and `/bots/:id/` are one path; an optional parameter is two. */
function spellings(method: string, path: string): string[] {
  const segments = path.split('/').filter((each) => each !== '');
  const last = segments.at(-1);
  const plain = segments.map((each) => (/[:{]/.test(each) ? '{}' : each)).join('/');
  const short = segments
    .slice(0, -1)
    .map((each) => (/[:{]/.test(each) ? '{}' : each))
    .join('/');
  const isOptional = last?.startsWith(':') === true && last.endsWith('?');
  return [`${method} /${plain}`, ...(isOptional ? [`${method} /${short}`] : [])];
}
