/** The program: reads the command line, hands over to one command, returns its exit code. Called by `start.ts`. */
import { Command, CommanderError, Option } from 'commander';
import { BAD_DEPLOYMENTS } from '../deployment/bad-deployment.ts';
import { SUITES } from '../deployment/machine/places.ts';
import { UsageError } from '../harness/errors.ts';
import { STAGES } from '../harness/verdict.ts';
import {
  wholeNumber,
  withAdoption,
  withDisorder,
  withGate,
  withOutput,
  withRules,
  withRun,
  withScenarios,
} from './command-options.ts';
import { durationMs } from './duration.ts';
import { EXIT_CODES } from './exit-code.ts';
import { describeTool } from './run-facts.ts';

const EXIT_CODE_HELP = `
Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 unknown (something promised was not shown), 130/143 interrupted.`;

/** Runs one command. @returns the exit code. */
export async function main(argv: string[]): Promise<number> {
  let exitCode: number = EXIT_CODES.unknown;
  const finish = (code: number): void => {
    exitCode = code;
  };
  try {
    await createProgram(finish).parseAsync(argv);
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT_CODES.pass : EXIT_CODES.usage;
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`shakedown: ${error.message}\n`);
    return EXIT_CODES.usage;
  }
}

/** The table of commands and options; `finish` is given the exit code. */
export function createProgram(finish: (exitCode: number) => void): Command {
  const tool = describeTool();
  const root = new Command('shakedown')
    .description('Proves that a Node/TypeScript service starts, restarts and shuts down cleanly.')
    .version(tool.version)
    .addHelpText('after', EXIT_CODE_HELP)
    .exitOverride();
  const command = (name: string, description: string): Command =>
    root
      .command(name)
      .description(description)
      .allowExcessArguments(false)
      .addHelpText('after', EXIT_CODE_HELP)
      .exitOverride();

  withScenarios(
    withGate(command('gate', 'every stage in order: preflight, source, deployment, routes, soak')),
  )
    .addOption(new Option('--stage <name...>', 'only these stages').choices(STAGES))
    .action(async (options) => finish(await (await import('./commands/gate.ts')).gate(options)));
  withRules(withAdoption(withRun(command('check', 'the static rules on source and deployment'))))
    .argument('[folder]', 'project to check', '.')
    .action(async (folder: string, options) =>
      finish(await (await import('./commands/check.ts')).check(folder, options)),
    );
  withRun(command('routes', 'the OpenAPI document and a live answer of every route')).action(
    async (options) => finish(await (await import('./commands/routes.ts')).routes(options)),
  );
  addSoak(command('soak', 'restarts the service under load, lets faults strike it, judges'), finish);
  withOutput(command('judge', 'judges what a run saw again, without running anything'))
    .argument('<run>', 'folder of the run, such as runs/latest')
    .option('--limit <key=value...>', 'another limit: exitWithinMs=50')
    .action(async (run: string, options) =>
      finish(await (await import('./commands/judge.ts')).judge(run, options)),
    );
  withOutput(command('report', 'writes the reports of a run again'))
    .argument('<run>', 'folder of the run, such as runs/latest')
    .option('--to <folder>', 'where to write them instead of the run itself')
    .action(async (run: string, options) =>
      finish(await (await import('./commands/report.ts')).report(run, options)),
    );
  addWatch(command('watch', 'looks at a deployed service for a day or for ever'), finish);
  addMachine(
    command('machine', 'a disposable machine with a real systemd, and the deployment tested on it'),
    finish,
  );
  return root;
}

function addSoak(command: Command, finish: (exitCode: number) => void): void {
  withDisorder(withScenarios(withRun(command)))
    .option('--cycles <count>', 'restarts instead of the configured number', wholeNumber)
    .addOption(
      new Option('--supervisor <kind>', 'who starts and stops the service').choices(['process', 'systemd']),
    )
    .option('--list', 'the scenarios, what must hold in each, and whether it runs here')
    .action(async (options) => finish(await (await import('./commands/soak.ts')).soak(options)));
}

function addWatch(watch: Command, finish: (exitCode: number) => void): void {
  const load = () => import('./commands/watch.ts');
  withOutput(watch)
    .option(
      '--for <duration>',
      'ends after this time, such as 24h; when it is told to when left out',
      durationMs,
    )
    .option('--once', 'one look of every kind, for cron')
    .action(async (options) => finish(await (await load()).watch(options)));
  watch
    .command('pause')
    .description('announces a restart, so that it is no finding')
    .allowExcessArguments(false)
    .exitOverride()
    .option('--for <duration>', 'how long it may take', durationMs, 300_000)
    .requiredOption('--reason <words>', 'why: stands in the report')
    .action(async (_options, command: Command) =>
      finish(await (await load()).pauseWatch(command.optsWithGlobals())),
    );
}

function addMachine(machine: Command, finish: (exitCode: number) => void): void {
  const load = () => import('./commands/machine.ts');
  const command = (name: string, description: string): Command =>
    machine.command(name).description(description).allowExcessArguments(false).exitOverride();
  const suite = (flags: string) => new Option(flags, 'release of Debian').choices(SUITES);
  command('up', 'boots a machine that stays until `down`')
    .addOption(suite('--suite <name>').default('bookworm'))
    .option('--name <name>', 'what it is called; bookworm-1 when left out')
    .action(async (options) => finish(await (await load()).up(options)));
  command('run', 'runs a command inside: run -- systemctl status')
    .argument('[command...]')
    .option('--name <name>', 'which machine, when several are up')
    .action(async (words: string[], options) => finish(await (await load()).run(words, options)));
  command('down', 'ends machines and proves that nothing of them is left')
    .option('--name <name>', 'only this one')
    .action(async (options) => finish(await (await load()).down(options)));
  command('list', 'the machines of this host').action(async () => finish((await load()).list()));
  withRun(command('test', 'the deployment on a fresh machine of each release, from nothing to nothing'))
    .addOption(suite('--suite <name...>'))
    .option('--step <ids...>', 'only these steps')
    .addOption(
      new Option('--defect <name>', 'with this fault in the deployment: its own step must turn red').choices(
        Object.keys(BAD_DEPLOYMENTS),
      ),
    )
    .action(async (options) => finish(await (await load()).test(options)));
}
