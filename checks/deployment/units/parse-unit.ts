/**
 * Parses systemd's unit syntax: sections, assignments, comments, lines continued by a backslash with comments between them.
 * What an assignment means (lists, resets) is for `unit.ts`. Pure; called for units and drop-ins.
 */

export interface UnitEntry {
  section: string;
  key: string;
  /** Continuations joined, the blanks around it gone. */
  value: string;
  /** From 1. */
  line: number;
  column: number;
}

export interface UnitProblem {
  line: number;
  column: number;
  message: string;
}

export interface UnitSyntax {
  sections: { name: string; line: number }[];
  entries: UnitEntry[];
  comments: { line: number; column: number; text: string }[];
  problems: UnitProblem[];
}

interface Logical {
  text: string;
  line: number;
  column: number;
}

export function parseUnit(text: string): UnitSyntax {
  const syntax: UnitSyntax = { sections: [], entries: [], comments: [], problems: [] };
  let section: string | undefined;
  for (const { text: content, line, column } of logicalLines(text, syntax)) {
    const problem = (message: string): void => void syntax.problems.push({ line, column, message });
    const header = /^\[([^\]]*)\]\s*$/.exec(content);
    if (header !== null) {
      section = header[1] ?? '';
      syntax.sections.push({ name: section, line });
      continue;
    }
    if (content.startsWith('[')) {
      problem(`the section header ${content} has no closing bracket`);
      continue;
    }
    const equals = content.indexOf('=');
    if (equals <= 0) problem(`"${content.slice(0, 60)}" is no assignment: it has no "="`);
    else if (section === undefined) problem('an assignment stands before the first section');
    else
      syntax.entries.push({
        section,
        key: content.slice(0, equals).trim(),
        value: content.slice(equals + 1).trim(),
        line,
        column,
      });
  }
  return syntax;
}

/** Lines as systemd reads them: blanks before them gone, comments out, continued ones joined by a blank. */
function* logicalLines(text: string, syntax: UnitSyntax): Generator<Logical> {
  let open: Logical | undefined;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const content = raw.trimStart();
    const column = raw.length - content.length + 1;
    if (/^[#;]/.test(content)) {
      // A comment between continued lines is left out, and does not end them.
      syntax.comments.push({ line: index + 1, column, text: content.slice(1).trim() });
      continue;
    }
    const here: Logical = open ?? { text: '', line: index + 1, column };
    const continued = endsInBackslash(content);
    here.text += continued ? `${content.slice(0, -1)} ` : content;
    if (continued) {
      open = here;
      continue;
    }
    open = undefined;
    if (here.text.trim() !== '') yield { ...here, text: here.text.trim() };
  }
  if (open !== undefined && open.text.trim() !== '') yield { ...open, text: open.text.trim() };
}

/** An even number of them is so many backslashes, an odd one continues. */
function endsInBackslash(content: string): boolean {
  return (/\\*$/.exec(content)?.[0].length ?? 0) % 2 === 1;
}
