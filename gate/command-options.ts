/** The options that several commands share, and the texts of all of them: `main.ts` reads as the table of commands. */
import { type Command, Option } from 'commander';
import { UsageError } from '../harness/errors.ts';
import { durationMs } from './duration.ts';
import { withTarget } from './target/apply-target.ts';

export function withOutput(command: Command): Command {
  return command
    .option('--json', 'the summary as JSON on standard output')
    .option('--tap', 'TAP on standard output')
    .addOption(
      new Option(
        '--format <name>',
        'findings on standard output, a line each: file:line:col: error ...',
      ).choices(['unix']),
    )
    .addOption(
      new Option(
        '--annotations <where>',
        'annotations of a pull request; by themselves in GitHub Actions',
      ).choices(['github', 'none']),
    )
    .option('--sarif <file>', 'a copy of the SARIF report')
    .option('--output <folder>', 'a copy of every report')
    .option('--quiet', 'findings and the result only; nothing when all is well')
    .option('--config <file>', 'configuration instead of shakedown.config.ts in this folder');
}

export function withRun(command: Command): Command {
  return withOutput(command)
    .option('--seed <number>', 'seed of everything that is done at random', wholeNumber)
    .option('--runs <folder>', 'folder of the runs instead of the configured one');
}

/** What makes a gate bearable on an old code base. */
export function withAdoption(command: Command): Command {
  return command
    .option('--baseline [file]', 'findings that are known do not count; shakedown-baseline.json')
    .option('--write-baseline', 'writes what is found into the baseline, and drops what is gone')
    .option('--changed [base]', 'only findings with a changed file on their path; write --changed=main');
}

/** What only a gate is: a run with a baseline, of the service or of what is deployed. */
export function withGate(command: Command): Command {
  return withTarget(withAdoption(withRun(command)));
}

/** Which rules, what they are about, and what is done about what they find. */
export function withRules(command: Command): Command {
  return command
    .option('--rule <ids...>', 'only these rules: a,b')
    .option('--fix', 'fixes what can be fixed safely, then checks')
    .option('--dry-run', 'with --fix: a diff on standard output, and nothing is written')
    .option('--explain <rule>', 'what a rule demands, why, what to write instead, and examples')
    .option('--list', 'the rules')
    .addOption(new Option('--types <release>', 'the TypeScript that is asked for types').choices(['6', '7']));
}

export function withScenarios(command: Command): Command {
  return command
    .option('--scenario <name...>', 'only these scenarios of the soak; `soak --list` shows them')
    .option('--all', 'every scenario of the soak, not only the important half');
}

/** Random schedules instead of the scenarios, and those that failed once. */
export function withDisorder(command: Command): Command {
  return command
    .option('--explore', 'random schedules of starts, stops and signals; a failure is shrunk and saved')
    .option('--budget <duration>', 'with --explore: how long, such as 5m; 60s when left out', durationMs)
    .option('--lanes <count>', 'with --explore or --replay: so many services side by side', wholeNumber)
    .option('--findings <count>', 'with --explore: ends after so many different failures; 3', wholeNumber)
    .option('--cases <count>', 'with --explore: ends after so many cases, before its budget', wholeNumber)
    .option('--min-cases <count>', 'with --explore: fewer cases prove nothing; 20', wholeNumber)
    .option('--replay <files...>', 'runs saved schedules again')
    .option('--times <count>', 'with --replay: how often each; 5', wholeNumber)
    .option('--keep', 'keeps the schedules in soak-schedules/ of the project, for every later soak');
}

export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new UsageError(`expected a whole number, got "${text}"`);
  return Number(text);
}
