/**
 * Reads a declarative Jenkinsfile and says what Jenkins would refuse in its structure: brackets, sections where they may
 * not stand, stages without steps, steps that nobody knows. No Groovy: only what the examples use. For their test.
 */

interface Token {
  kind: 'word' | 'text' | 'mark';
  value: string;
  line: number;
}

/** A name with what follows it on its line, and its block. */
interface Node {
  name: string;
  argument: Token[];
  children?: Node[];
  line: number;
}

/** What may stand in a block of this name; `steps` are told apart below. */
const MAY_HOLD: Record<string, readonly string[]> = {
  pipeline: ['agent', 'environment', 'options', 'parameters', 'post', 'stages', 'tools', 'triggers'],
  stages: ['stage'],
  stage: ['agent', 'environment', 'options', 'post', 'stages', 'steps', 'tools', 'when'],
  post: [
    'aborted',
    'always',
    'changed',
    'cleanup',
    'failure',
    'fixed',
    'success',
    'unstable',
    'unsuccessful',
  ],
  options: ['buildDiscarder', 'disableConcurrentBuilds', 'skipDefaultCheckout', 'timeout', 'timestamps'],
  when: ['branch', 'changeRequest', 'expression', 'not', 'beforeAgent'],
  agent: ['docker', 'label'],
};
const STEPS = [
  'archiveArtifacts',
  'checkout',
  'deleteDir',
  'echo',
  'junit',
  'recordIssues',
  'sh',
  'withCredentials',
];
const MUST_HOLD: Record<string, readonly string[]> = { pipeline: ['agent', 'stages'], stages: ['stage'] };
const HOLD_STEPS = new Set(['steps', ...(MAY_HOLD['post'] ?? [])]);

/** What is wrong with it, a line each; empty when nothing is. */
export function problemsOf(text: string): string[] {
  let nodes: Node[];
  try {
    nodes = readBlock(tokensOf(text), { at: 0 }, true);
  } catch (error) {
    return [String(error)];
  }
  if (nodes.length !== 1 || nodes[0]?.name !== 'pipeline')
    return ['expected one pipeline block and nothing else'];
  return nodes.flatMap((node) => judge(node));
}

/** The texts between quotes: the commands are among them. */
export const textsOf = (text: string): string[] =>
  tokensOf(text).flatMap(({ kind, value }) => (kind === 'text' ? [value] : []));

function judge(node: Node): string[] {
  const { name, children = [], line } = node;
  const known = HOLD_STEPS.has(name) ? STEPS : MAY_HOLD[name];
  const names = children.map((child) => child.name);
  const problems: string[] = [];
  if (known !== undefined) {
    for (const child of children)
      if (!known.includes(child.name))
        problems.push(
          `line ${child.line}: "${child.name}" may not stand in ${name}; expected ${known.join(', ')}`,
        );
    if (node.children === undefined && name !== 'agent') problems.push(`line ${line}: ${name} has no block`);
    else if (children.length === 0 && name !== 'agent') problems.push(`line ${line}: ${name} is empty`);
  }
  for (const needed of MUST_HOLD[name] ?? [])
    if (!names.includes(needed)) problems.push(`line ${line}: ${name} has no ${needed}`);
  if (name === 'stage' && names.filter((each) => each === 'steps' || each === 'stages').length !== 1)
    problems.push(`line ${line}: a stage has steps or stages, one of them`);
  if (name === 'stage' && node.argument.filter(({ kind }) => kind === 'text').length !== 1)
    problems.push(`line ${line}: a stage has one name`);
  return name === 'environment' ? problems : [...problems, ...children.flatMap((child) => judge(child))];
}

/** The nodes up to the brace that closes the block, or the end of the file. */
function readBlock(tokens: readonly Token[], cursor: { at: number }, isFile: boolean): Node[] {
  const nodes: Node[] = [];
  for (let token = tokens[cursor.at]; token !== undefined; token = tokens[cursor.at]) {
    if (token.value === '}' && token.kind === 'mark') {
      if (isFile) throw new Error(`line ${token.line}: a brace is closed that was not opened`);
      cursor.at += 1;
      return nodes;
    }
    if (token.kind !== 'word') throw new Error(`line ${token.line}: expected a name, got ${token.value}`);
    cursor.at += 1;
    nodes.push(readNode(token, tokens, cursor));
  }
  if (!isFile) throw new Error('the file ends within a block');
  return nodes;
}

function readNode(name: Token, tokens: readonly Token[], cursor: { at: number }): Node {
  const node: Node = { name: name.value, argument: [], line: name.line };
  const open: string[] = [];
  let line = name.line;
  for (let token = tokens[cursor.at]; token !== undefined; token = tokens[cursor.at]) {
    if (open.length === 0 && token.value === '{' && token.kind === 'mark') {
      cursor.at += 1;
      node.children = readBlock(tokens, cursor, false);
      return node;
    }
    const isOver = token.line > line || (token.value === '}' && token.kind === 'mark');
    if (open.length === 0 && isOver) return node;
    follow(token, open);
    node.argument.push(token);
    line = token.line + (token.value.split('\n').length - 1);
    cursor.at += 1;
  }
  if (open.length > 0) throw new Error(`line ${name.line}: ${open.join('')} is not closed`);
  return node;
}

const CLOSES: Record<string, string> = { ')': '(', ']': '[', '}': '{' };

function follow({ kind, value, line }: Token, open: string[]): void {
  if (kind !== 'mark') return;
  if ('([{'.includes(value)) open.push(value);
  const opener = CLOSES[value];
  if (opener !== undefined && open.pop() !== opener) throw new Error(`line ${line}: ${value} closes nothing`);
}

const TOKEN =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|'''([\s\S]*?)'''|"""([\s\S]*?)"""|'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)"|([\w$.-]+)|(\s+)|([\s\S])/g;

function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  for (const match of text.matchAll(TOKEN)) {
    const [, longSingle, longDouble, single, double, word, , mark] = match;
    const line = text.slice(0, match.index).split('\n').length;
    const quoted = longSingle ?? longDouble ?? single ?? double;
    if (quoted !== undefined) tokens.push({ kind: 'text', value: quoted, line });
    else if (word !== undefined) tokens.push({ kind: 'word', value: word, line });
    else if (mark === "'" || mark === '"') throw new Error(`line ${line}: a quote is not closed`);
    else if (mark !== undefined) tokens.push({ kind: 'mark', value: mark, line });
  }
  return tokens;
}
