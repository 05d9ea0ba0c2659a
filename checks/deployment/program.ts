/**
 * What the deployment must know of the program: does it tell systemd that it is ready, does it feed a watchdog, does it
 * serve event streams. Read from literals of the sources (never from comments) by TypeScript's scanner.
 */
import { typescript } from '../typescript.ts';

export interface Program {
  /** No source was looked at: nothing can be said. */
  known: boolean;
  notifies: boolean;
  feedsWatchdog: boolean;
  servesEventStreams: boolean;
  /** Its answers say themselves that a proxy must not collect them (`X-Accel-Buffering: no`). */
  forbidsBuffering: boolean;
  /** How long it keeps an idle connection, where it says so in one number. */
  keepAliveMs?: number;
  /** Paths of event streams, as far as the configuration names them. */
  streamPaths: readonly string[];
}

const CANDIDATE = /READY=1|WATCHDOG|notify|event-stream|accel-buffering|keepAliveTimeout/i;
const NOTIFIERS = /^(sd-notify|systemd-notify|node-systemd|@\w+\/(sd|systemd)-notify|systemd-daemon)$/;

export function readProgram(
  sources: readonly { text: string }[],
  streamPaths: readonly string[] = [],
): Program {
  const read = sources.filter(({ text }) => CANDIDATE.test(text)).map(({ text }) => wordsOf(text));
  const literals = new Set(read.flatMap((each) => each.literals));
  const some = (test: (literal: string) => boolean): boolean => [...literals].some(test);
  // The program of that name says nothing by itself; the package does.
  const library = read.some(({ imported }) => imported.some((each) => NOTIFIERS.test(each)));
  const [keepAliveMs, ...others] = new Set(read.flatMap((each) => each.keepAliveMs));
  return {
    known: sources.length > 0,
    notifies:
      library ||
      some((each) => /\bREADY=1\b/.test(each) || /\bsystemd-notify\s.*--ready\b/.test(each)) ||
      (some((each) => /(^|\/)systemd-notify$/.test(each)) && literals.has('--ready')),
    feedsWatchdog: library || some((each) => /\bWATCHDOG=1\b/.test(each)),
    servesEventStreams: some((each) => /^text\/event-stream\b/i.test(each)) || streamPaths.length > 0,
    forbidsBuffering: some((each) => /^x-accel-buffering$/i.test(each)),
    ...(keepAliveMs === undefined || others.length > 0 ? {} : { keepAliveMs }),
    streamPaths,
  };
}

interface Words {
  /** Values of string and template literals, and import specifiers among them. */
  literals: string[];
  imported: string[];
  /** Numbers that `keepAliveTimeout` is set to. */
  keepAliveMs: number[];
}

function wordsOf(text: string): Words {
  const { SyntaxKind } = typescript();
  const found: Words = { literals: [], imported: [], keepAliveMs: [] };
  // The two words before, without the parenthesis of a call.
  let before = ['', ''];
  for (const { kind, value, written } of tokensOf(text)) {
    const [name = '', last = ''] = before;
    if (
      kind === SyntaxKind.StringLiteral ||
      kind === SyntaxKind.NoSubstitutionTemplateLiteral ||
      kind === SyntaxKind.TemplateHead
    ) {
      found.literals.push(value);
      if (/^(from|import|require)$/.test(last)) found.imported.push(value);
    }
    if (kind === SyntaxKind.NumericLiteral && name === 'keepAliveTimeout' && /^[:=]$/.test(last))
      found.keepAliveMs.push(Number(value));
    if (kind !== SyntaxKind.OpenParenToken) before = [last, written];
  }
  return found;
}

function* tokensOf(text: string): Generator<{ kind: number; value: string; written: string }> {
  const ts = typescript();
  const { SyntaxKind } = ts;
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, text);
  // Braces that are open, by template that is open: the scanner does not know which brace ends a `${`.
  const templates: number[] = [];
  for (let kind = scanner.scan(); kind !== SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (kind === SyntaxKind.CloseBraceToken && templates.at(-1) === 0) {
      kind = scanner.reScanTemplateToken(false);
      if (kind === SyntaxKind.TemplateTail) templates.pop();
    } else if (kind === SyntaxKind.TemplateHead) templates.push(0);
    else if (kind === SyntaxKind.OpenBraceToken) templates.push((templates.pop() ?? 0) + 1);
    else if (kind === SyntaxKind.CloseBraceToken && templates.length > 0)
      templates.push((templates.pop() ?? 1) - 1);
    yield { kind, value: scanner.getTokenValue() ?? '', written: scanner.getTokenText() };
  }
}
