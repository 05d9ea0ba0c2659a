/** Rewrites of deployment files that must not change a finding. Used by the conformance test only. */
import { forEachChild, parse, type SyntaxNode } from 'unbash';
import { print } from 'unbash/printer';
import { parseNginx, type Directive } from './nginx/parse-nginx.ts';
import { parseUnit } from './units/parse-unit.ts';

export type Rewrite = (text: string) => string;

interface Edit {
  at: number;
  end: number;
  text: string;
}

const apply = (text: string, edits: readonly Edit[]): string =>
  [...edits]
    .sort((a, b) => b.at - a.at)
    .reduce((out, { at, end, text: put }) => out.slice(0, at) + put + out.slice(end), text);

function nodesOf(text: string): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const visit = (node: SyntaxNode): void => {
    found.push(node);
    // What stands in backticks and here-documents keeps its text.
    if (node.type !== 'HereDoc') forEachChild(node, visit);
  };
  forEachChild(parse(text), visit);
  return found;
}

/** Another layout, no comments. */
const reprinted: Rewrite = (text) => `${print(parse(text))}\n`;

/** `[ x ]` becomes `test x`. */
const tested: Rewrite = (text) =>
  apply(
    text,
    nodesOf(text).flatMap((node): Edit[] => {
      const last = node.type === 'Command' ? node.suffix.findLast(({ type }) => type === 'Word') : undefined;
      if (node.type !== 'Command' || node.name?.value !== '[' || last === undefined) return [];
      return [
        { at: node.name.pos, end: node.name.end, text: 'test' },
        { at: last.pos, end: last.end, text: '' },
      ];
    }),
  );

/** Plain arguments in quotes. */
const quoted: Rewrite = (text) =>
  apply(
    text,
    nodesOf(text).flatMap((node): Edit[] =>
      node.type === 'Command'
        ? node.suffix.flatMap((each) =>
            each.type === 'Word' && /^[\w./:-]+$/.test(each.text)
              ? [{ at: each.pos, end: each.end, text: `'${each.text}'` }]
              : [],
          )
        : [],
    ),
  );

/** The arguments on a line of their own. */
const continued: Rewrite = (text) =>
  apply(
    text,
    nodesOf(text).flatMap((node): Edit[] => {
      const first = node.type === 'Command' && node.name ? node.suffix[0] : undefined;
      return first === undefined ? [] : [{ at: first.pos, end: first.pos, text: '\\\n    ' }];
    }),
  );

/** Everything after the options in a function that is called at the end. */
const wrapped: Rewrite = (text) => {
  const { commands } = parse(text);
  const start = commands.find(({ command }) => command.type !== 'Command' || command.name?.value !== 'set');
  if (start === undefined) return text;
  return `${text.slice(0, start.pos)}whole() {\n${text.slice(start.pos).trimEnd()}\n}\nwhole "$@"\n`;
};

/** Comments and strings with the words that rules are about. */
const decorated: Rewrite = (text) => {
  const noise = (index: number): string =>
    `# sleep 5; npm install || true; set +e; systemctl restart x\nNOISE_${index}='curl localhost || true; set -e; flock 9'\n`;
  // An assignment would change `$?`.
  const statements = parse(text).commands.filter(
    ({ pos, end }) => (pos === 0 || text[pos - 1] === '\n') && !text.slice(pos, end).includes('$?'),
  );
  return apply(
    text,
    statements.map(({ pos }, index) => ({ at: pos, end: pos, text: noise(index) })),
  );
};

/** Sections and keys in another order; of a key that repeats the order stays. */
const reordered: Rewrite = (text) => {
  const { entries } = parseUnit(text);
  const sections = [...new Set(entries.map(({ section }) => section))].reverse();
  return sections
    .map((section) => {
      const mine = entries.filter((each) => each.section === section);
      const keys = [...new Set(mine.map(({ key }) => key))].reverse();
      const lines = keys.flatMap((key) =>
        mine.filter((each) => each.key === key).map(({ value }) => `${key} =  ${value}`),
      );
      return `[${section}]\n${lines.join('\n')}\n`;
    })
    .join('\n');
};

const unitDecorated: Rewrite = (text) =>
  text.replace(/^(\w+=)(.*)$/gm, '; Type=forking\n# KillMode=none\n$1\\\n# Restart=no\n  $2');

/** One directive a line, deeply indented, every plain word in quotes. */
const nginxReprinted: Rewrite = (text) => {
  const show = (directives: readonly Directive[], depth: number): string =>
    directives
      .map(({ name, args, block }) => {
        const words = [name, ...args.map((each) => (/^[\w./:-]*$/.test(each) ? `"${each}"` : each))].join(
          '   ',
        );
        const pad = '\t'.repeat(depth);
        return block ? `${pad}${words}\n${pad}{\n${show(block, depth + 1)}${pad}}\n` : `${pad}${words} ;\n`;
      })
      .join('');
  return show(parseNginx(text).directives, 0);
};

const nginxDecorated: Rewrite = (text) =>
  text.replace(/^(\s*)(?=\S)/gm, '$1# proxy_buffering off; proxy_next_upstream non_idempotent;\n$1');

const dockerContinued: Rewrite = (text) =>
  text.replace(/^(CMD|ENTRYPOINT|FROM) (.*)$/gm, '$1 \\\n# CMD npm start\n  $2').replace(/^FROM/gm, 'from');

export const REWRITES: Record<'sh' | 'service' | 'nginx.conf' | 'Dockerfile', Record<string, Rewrite>> = {
  sh: { reprinted, tested, quoted, continued, wrapped, decorated },
  service: { reordered, decorated: unitDecorated },
  'nginx.conf': { reprinted: nginxReprinted, decorated: nginxDecorated },
  Dockerfile: { continued: dockerContinued },
};
