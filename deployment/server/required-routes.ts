/**
 * Are the required routes in an OpenAPI document? Reads the document on standard input; the routes, one in a line, from
 * the file named first. Run by verify.sh; stands alone, as servers have no harness.
 * Exit code 0: all are there; 1: some are not, and are named; 3: it cannot be told.
 */
import { readFileSync } from 'node:fs';

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

/** `GET /api/x`, `* /api/admin/*`. */
function routesOf(document: unknown): string[] {
  const paths = isRecord(document) ? document['paths'] : undefined;
  if (!isRecord(paths)) return [];
  return Object.entries(paths).flatMap(([path, item]) =>
    Object.keys(isRecord(item) ? item : {})
      .filter((method) => METHODS.has(method))
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function matcher(pattern: string): RegExp {
  const [method = '', path = ''] = pattern.split(/\s+/);
  const escaped = path.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.+');
  return new RegExp(`^${method === '*' ? '[A-Z]+' : method} ${escaped}$`);
}

function main(file: string): number {
  const required = readFileSync(file, 'utf8')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  let routes: string[];
  try {
    routes = routesOf(JSON.parse(readFileSync(0, 'utf8')));
  } catch (error) {
    process.stdout.write(
      `the document cannot be read: ${error instanceof Error ? error.message : String(error)}\n`,
    );
    return 3;
  }
  if (required.length === 0 || routes.length === 0) {
    process.stdout.write(
      `${required.length} routes are required and ${routes.length} are in the document: nothing to compare\n`,
    );
    return 3;
  }
  const missing = required.filter((pattern) => !routes.some((route) => matcher(pattern).test(route)));
  process.stdout.write(
    missing.length === 0
      ? `${required.length} required routes are among the ${routes.length} of the document\n`
      : `the document lacks ${missing.join(', ')}\n`,
  );
  return missing.length === 0 ? 0 : 1;
}

try {
  process.exitCode = main(process.argv[2] ?? '');
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 3;
}
