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
  /** Paths of event streams, as far as the configuration names them. */
  streamPaths: readonly string[];
}

const CANDIDATE = /READY=1|WATCHDOG|notify|event-stream|accel-buffering/i;
const NOTIFIERS = /^(sd-notify|systemd-notify|node-systemd|@\w+\/(sd|systemd)-notify|systemd-daemon)$/;

export function readProgram(
  sources: readonly { text: string }[],
  streamPaths: readonly string[] = [],
): Program {
  const literals = new Set(
    sources.filter(({ text }) => CANDIDATE.test(text)).flatMap(({ text }) => literalsOf(text)),
  );
  const some = (test: (literal: string) => boolean): boolean => [...literals].some(test);
  const library = some((each) => NOTIFIERS.test(each));
  return {
    known: sources.length > 0,
    notifies: library || some((each) => /\bREADY=1\b/.test(each) || /(^|\/)systemd-notify$/.test(each)),
    feedsWatchdog: library || some((each) => /\bWATCHDOG=1\b/.test(each)),
    servesEventStreams: some((each) => /^text\/event-stream\b/i.test(each)) || streamPaths.length > 0,
    forbidsBuffering: some((each) => /^x-accel-buffering$/i.test(each)),
    streamPaths,
  };
}

/** The values of string and template literals, and import specifiers among them. */
function literalsOf(text: string): string[] {
  const ts = typescript();
  const scanner = ts.createScanner(ts.ScriptTarget.Latest, true, ts.LanguageVariant.Standard, text);
  const found: string[] = [];
  for (let kind = scanner.scan(); kind !== ts.SyntaxKind.EndOfFileToken; kind = scanner.scan()) {
    if (
      kind === ts.SyntaxKind.StringLiteral ||
      kind === ts.SyntaxKind.NoSubstitutionTemplateLiteral ||
      kind === ts.SyntaxKind.TemplateHead
    )
      found.push(scanner.getTokenValue());
  }
  return found;
}
