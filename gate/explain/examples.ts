/**
 * The examples of the rules: the shortest fixtures that are found and that pass. Read from the fixtures in a checkout;
 * the package ships none, so `npm run build` writes those few into a file beside this one. Called by `explain-rule.ts`.
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Example {
  /** The fixture's name says what is shown. */
  name: string;
  text: string;
}

export interface Examples {
  bad?: Example;
  good?: Example;
}

const SHIPPED = fileURLToPath(new URL('./examples.json', import.meta.url));
export const FIXTURES = ['rules', 'deployment'].map((folder) =>
  fileURLToPath(new URL(`../../fixtures/${folder}`, import.meta.url)),
);

export function exampleOf(rule: string): Examples {
  if (FIXTURES.some((each) => existsSync(each))) return readExamples(rule);
  if (!existsSync(SHIPPED)) return {};
  return (JSON.parse(readFileSync(SHIPPED, 'utf8')) as Record<string, Examples>)[rule] ?? {};
}

/** From the fixtures of a checkout. */
export function readExamples(rule: string): Examples {
  const folder = FIXTURES.map((each) => join(each, rule)).find((each) => existsSync(each));
  if (folder === undefined) return {};
  const [bad, good] = [shortest(folder, 'bad-'), shortest(folder, 'good-')];
  return { ...(bad === undefined ? {} : { bad }), ...(good === undefined ? {} : { good }) };
}

/** TypeScript where there is any: what most readers write. */
function shortest(folder: string, prefix: string): Example | undefined {
  const files = readdirSync(folder).filter(
    (name) => name.startsWith(prefix) && statSync(join(folder, name)).isFile(),
  );
  const typed = files.filter((name) => name.endsWith('.ts'));
  return (typed.length > 0 ? typed : files)
    .map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }))
    .sort((a, b) => a.text.length - b.text.length || (a.name < b.name ? -1 : 1))
    .map(({ name, text }) => ({
      name: name
        .replace(/\.\w+$/, '')
        .replace(/^(bad|good)-/, '')
        .replaceAll('-', ' '),
      text: text.replaceAll(/(\/\/|#) !\d* (\w+)/g, '$1 <- $2'),
    }))[0];
}
