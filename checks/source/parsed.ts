/** The check `parsed`: what of the sources could be read. Called by the analysis. */
import type { Config } from '../../harness/config.ts';
import { createVerdict, type Verdict } from '../../harness/verdict.ts';
import { relative, type Project } from './files.ts';

export function noFiles(config: Pick<Config, 'source'>, startedAt: string): Verdict {
  return createVerdict({
    stage: 'source',
    check: 'parsed',
    subject: 'source files',
    outcome: 'unknown',
    message: `no source files found in ${config.source.root}: nothing was checked`,
    fix: 'set source.root to the folder of the TypeScript or JavaScript sources, and look at source.exclude',
    startedAt,
  });
}

/** One for each file that was not read whole; one for all when every file was. */
export function parsedVerdicts(project: Project, projectRoot: string, startedAt: string): Verdict[] {
  const base = { stage: 'source', check: 'parsed', startedAt } as const;
  const unread = project.unread.map(({ file, message }): Verdict => {
    const subject = relative(projectRoot, file);
    return createVerdict({
      ...base,
      subject,
      outcome: 'unknown',
      message: `${subject} was not read (${message}); what is in it is not judged`,
      fix: 'make it readable, or leave it out with source.exclude',
    });
  });
  const broken = project.files.flatMap((file): Verdict[] => {
    const [error] = file.facts.errors;
    if (!error) return [];
    return [
      createVerdict({
        ...base,
        subject: file.path,
        outcome: 'unknown',
        message: `${file.path}:${error.line} does not parse (${error.message}); what follows in this file is not judged`,
        location: { file: file.path, line: error.line, column: error.column },
        fix: 'correct the syntax error',
      }),
    ];
  });
  if (unread.length + broken.length > 0) return [...unread, ...broken];
  const count = `${project.files.length} ${project.files.length === 1 ? 'file' : 'files'}`;
  return [createVerdict({ ...base, subject: 'source files', outcome: 'pass', message: `${count} parsed` })];
}

/** What is wrong with the configuration: the files are found all the same, so it is said and not judged. */
export function configurationNotes(project: Project, projectRoot: string): string[] {
  const lines = project.problems.map(({ file, message }) => `${relative(projectRoot, file)}: ${message}`);
  return [...new Set(lines)].slice(0, 5);
}
