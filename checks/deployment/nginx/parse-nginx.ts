/** Parses nginx's configuration: directives, blocks, quotes, comments, variables in braces. Pure. */

export interface Directive {
  name: string;
  args: string[];
  line: number;
  column: number;
  /** The directives inside; undefined when it ends with `;`. */
  block?: Directive[];
}

export interface NginxSyntax {
  directives: Directive[];
  comments: { line: number; column: number; text: string }[];
  problems: { line: number; column: number; message: string }[];
}

interface Token {
  text: string;
  quoted: boolean;
  line: number;
  column: number;
}

export function parseNginx(text: string): NginxSyntax {
  const comments: NginxSyntax['comments'] = [];
  const problems: NginxSyntax['problems'] = [];
  const tokens = [...tokenize(text, comments)];
  let at = 0;
  const block = (depth: number): Directive[] => {
    const found: Directive[] = [];
    let words: Token[] = [];
    for (; at < tokens.length; at += 1) {
      const token = tokens[at] as Token;
      const mark = token.quoted ? '' : token.text;
      if (mark === '}') {
        if (depth > 0) break;
        problems.push({ ...placeOf(token), message: 'a closing brace without an opening one' });
      } else if (mark === ';' || mark === '{') {
        const directive = directiveOf(words, token);
        words = [];
        if (mark === '{') {
          at += 1;
          directive.block = block(depth + 1);
          if (at >= tokens.length)
            problems.push({ ...placeOf(token), message: 'a block that is not closed' });
        }
        found.push(directive);
      } else words.push(token);
    }
    const [first] = words;
    if (first !== undefined)
      problems.push({ ...placeOf(first), message: `the directive "${first.text}" does not end with ";"` });
    return found;
  };
  return { directives: block(0), comments, problems };
}

const placeOf = ({ line, column }: Token): { line: number; column: number } => ({ line, column });

function directiveOf(words: readonly Token[], end: Token): Directive {
  const [first = end, ...rest] = words;
  return { name: first === end ? '' : first.text, args: rest.map(({ text }) => text), ...placeOf(first) };
}

function* tokenize(text: string, comments: NginxSyntax['comments']): Generator<Token> {
  let line = 1;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    const column = at - start + 1;
    if (char === '\n') {
      line += 1;
      start = at + 1;
    } else if (/\s/.test(char)) continue;
    else if (char === '#') {
      const end = endOf(text, at, '\n');
      comments.push({ line, column, text: text.slice(at + 1, end).trim() });
      at = end - 1;
    } else if (/[;{}]/.test(char)) yield { text: char, quoted: false, line, column };
    else {
      const { word, quoted, end } = readWord(text, at);
      yield { text: word, quoted, line, column };
      const inside = text.slice(at, end);
      const last = inside.lastIndexOf('\n');
      if (last >= 0) {
        line += inside.split('\n').length - 1;
        start = at + last + 1;
      }
      at = end - 1;
    }
  }
}

function endOf(text: string, from: number, mark: string): number {
  const end = text.indexOf(mark, from);
  return end < 0 ? text.length : end;
}

/** A word up to a blank, `;` or a brace that is not part of `${name}`; a quoted one up to its quote. */
function readWord(text: string, from: number): { word: string; quoted: boolean; end: number } {
  const quote = text[from] ?? '';
  if (quote === '"' || quote === "'") {
    let word = '';
    let at = from + 1;
    for (; at < text.length && text[at] !== quote; at += 1) {
      if (text[at] === '\\' && at + 1 < text.length) at += 1;
      word += text[at] ?? '';
    }
    return { word, quoted: true, end: at + 1 };
  }
  let at = from;
  for (; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '\\') at += 1;
    else if (char === '$' && text[at + 1] === '{') at = endOf(text, at, '}');
    else if (/[\s;{}]/.test(char)) break;
  }
  return { word: text.slice(from, at), quoted: false, end: Math.max(at, from + 1) };
}
