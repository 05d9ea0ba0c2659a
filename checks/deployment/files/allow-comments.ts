/** `# shakedown-allow <rule>: reason` in the comments of a deployment file. Pure. */
import { Lexer } from 'yaml';
import { parseNginx } from '../nginx/parse-nginx.ts';
import { commentsOf } from '../shell/comments.ts';
import { createSource } from '../shell/source.ts';
import { parseUnit } from '../units/parse-unit.ts';
import type { AllowComment } from '../../source/facts/model.ts';
import type { DeploymentFile, FileKind } from './find-files.ts';

interface Comment {
  line: number;
  column: number;
  text: string;
}

const COMMENTS: Record<FileKind, (file: DeploymentFile) => Comment[]> = {
  shell: (file) => commentsOf(createSource(file)),
  unit: ({ text }) => parseUnit(text).comments,
  'drop-in': ({ text }) => parseUnit(text).comments,
  nginx: ({ text }) => parseNginx(text).comments,
  dockerfile: ({ text }) => lineComments(text),
  compose: ({ text }) => yamlComments(text),
  kubernetes: ({ text }) => yamlComments(text),
  // No rule is about these files.
  pm2: () => [],
};

export function allowsOf(file: DeploymentFile): AllowComment[] {
  if (!file.text.includes('shakedown-allow')) return [];
  return COMMENTS[file.kind](file).flatMap(({ line, column, text }) => {
    const match = /^shakedown-allow(?:\s+([\w-]+))?\s*:?\s*(.*)$/.exec(text.trim());
    return match === null ? [] : [{ line, column, rule: match[1] ?? '', reason: (match[2] ?? '').trim() }];
  });
}

/** A Dockerfile has comments on lines of their own only. */
function lineComments(text: string): Comment[] {
  return text.split('\n').flatMap((each, index) => {
    const match = /^(\s*)#(.*)$/.exec(each);
    return match === null
      ? []
      : [{ line: index + 1, column: (match[1] ?? '').length + 1, text: (match[2] ?? '').trim() }];
  });
}

function yamlComments(text: string): Comment[] {
  let at = 0;
  return [...new Lexer().lex(text)].flatMap((token) => {
    // The lexer marks where documents and scalars begin by characters that the text does not have.
    if (/^[\u0002\u0018\u001f\ufeff]$/.test(token)) return [];
    const start = at;
    at += token.length;
    if (!token.startsWith('#')) return [];
    const before = text.slice(0, start).split('\n');
    return [{ line: before.length, column: (before.at(-1) ?? '').length + 1, text: token.slice(1).trim() }];
  });
}
