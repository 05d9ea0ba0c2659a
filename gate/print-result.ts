/**
 * What a run prints when it ends: the report for a person on standard error, one machine format on standard output, and
 * annotations where GitHub runs the command. Called by `publish.ts`.
 */
import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { UsageError } from '../harness/errors.ts';
import { renderAnnotations, renderUnix } from '../harness/renderers/lines.ts';
import type { RunSummaryInput } from '../harness/renderers/run-report.ts';
import type { SarifOptions } from '../harness/renderers/sarif.ts';
import { renderTerminal } from '../harness/renderers/terminal.ts';
import type { OutputOptions } from './options.ts';
import { wantsColour } from './progress.ts';
import type { WrittenReports } from './reports/write-reports.ts';

interface Printed {
  run: { folder: string };
  output: OutputOptions;
  projectRoot: string;
}

export function printResult(
  input: RunSummaryInput,
  { files, problems }: WrittenReports,
  { run, output, projectRoot }: Printed,
  project: SarifOptions,
): void {
  const text = renderTerminal(input, {
    colour: wantsColour(process.stderr, process.env),
    sourceOf: project.sourceOf,
    runFolder: relative(process.cwd(), run.folder) || '.',
    problems,
    quiet: output.quiet === true,
  });
  if (text !== '') process.stderr.write(output.quiet === true ? text : `\n${text}`);
  // The runner reads both streams; standard output belongs to the machine format.
  if (wantsAnnotations(output, process.env)) process.stderr.write(renderAnnotations(input, project.prefix));
  if (output.tap === true && files.tap !== undefined) process.stdout.write(readFileSync(files.tap));
  if (output.json === true && files.summary !== undefined) process.stdout.write(readFileSync(files.summary));
  if (output.format === 'unix')
    process.stdout.write(renderUnix(input, relative(process.cwd(), projectRoot).split(sep).join('/')));
}

/** Two formats on one stream are none. @throws UsageError */
export function demandOneFormat({ json, tap, format }: OutputOptions): void {
  const wanted = [
    ...(json === true ? ['--json'] : []),
    ...(tap === true ? ['--tap'] : []),
    ...(format === undefined ? [] : [`--format ${format}`]),
  ];
  if (wanted.length < 2) return;
  throw new UsageError(
    `${wanted.join(' and ')}: standard output carries one format; all reports are in the run's folder, and --output FOLDER copies them`,
  );
}

function wantsAnnotations({ annotations }: OutputOptions, env: NodeJS.ProcessEnv): boolean {
  return annotations === 'github' || (annotations === undefined && env['GITHUB_ACTIONS'] === 'true');
}
