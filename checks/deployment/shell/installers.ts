/**
 * Which scripts deploy a service, and what they do on the way: follows from the commands that are reached, not from names
 * of files. Pure.
 */
import { baseName } from '../model/run-by.ts';
import { embeddedUnit, type Unit } from '../units/unit.ts';
import type { Script, Step } from './script.ts';
import { expand, readVariables } from './words.ts';

/** A script that brings a service up on a machine: it starts or enables a unit of systemd. */
export interface Installer {
  script: Script;
  /** Words of a step with the script's own variables filled in. */
  words(step: Step): string[];
  /** `systemctl start`, `restart`, `enable --now` of the service. */
  starts: readonly Step[];
  /** Writes or copies a unit into a folder of systemd. */
  unitWrites: readonly Step[];
  is(step: Step, name: string, ...first: string[]): boolean;
}

const STARTING = new Set(['start', 'restart', 'reload-or-restart', 'try-restart']);
/** Services of the system: to start one of these is not to deploy. */
/** What is no service itself, but starts one some day. */
const NO_SERVICE = /\.(timer|socket|path|target|mount|slice)$/;
const OF_OTHERS =
  /^(nginx|apache2|httpd|caddy|haproxy|postgresql|mysql|mariadb|redis|redis-server|docker|containerd|ssh|sshd|cron|ufw|firewalld|fail2ban|systemd-\S+|rabbitmq-server|mongod|certbot)(@\S*)?(\.(service|timer|socket))?$/;

export const UNIT_FOLDER =
  /(^|\/)(etc|lib|usr\/lib|run)\/systemd\/(system|user)(\/|$)|\.config\/systemd\/user(\/|$)/;

export function readInstaller(script: Script): Installer | undefined {
  const values = readVariables(script.source);
  const words = (step: Step): string[] => step.args.map((each) => expand(each, values));
  const starts = script.steps.filter((step) => startsService(step, words(step)));
  const unitWrites = script.steps.filter((step) => writesUnit(step, words(step), values));
  if (starts.length === 0 && unitWrites.length === 0) return undefined;
  return {
    script,
    words,
    starts,
    unitWrites,
    is: (step, name, ...first) =>
      step.name === name && first.every((each, index) => plain(words(step))[index] === each),
  };
}

const FOLDER_OF = /^(--prefix|--dir|--cwd|-C|--workspace|-w|--filter)$/;
/** What a package manager is told to do: words that are neither options nor where to do it. */
export const managerWords = (words: readonly string[]): string[] =>
  plain(words.filter((_, index) => !FOLDER_OF.test(words[index - 1] ?? '')));

/** Words that are no options. */
export const plain = (words: readonly string[]): string[] => words.filter((each) => !each.startsWith('-'));

/** What a `systemctl` does is done to units of the system only. */
export function isOfOthers(words: readonly string[]): boolean {
  const [, ...units] = plain(words);
  return units.length > 0 && units.every((each) => OF_OTHERS.test(each));
}

function startsService(step: Step, words: readonly string[]): boolean {
  if (step.name === 'service') return STARTING.has(words[1] ?? '') && !OF_OTHERS.test(words[0] ?? '');
  if (step.name !== 'systemctl') return false;
  const [verb = '', ...units] = plain(words);
  const starting = STARTING.has(verb) || (verb === 'enable' && words.includes('--now'));
  return starting && units.some((each) => !OF_OTHERS.test(each) && !NO_SERVICE.test(each));
}

function writesUnit(step: Step, words: readonly string[], values: ReadonlyMap<string, string>): boolean {
  const isUnit = (target: string): boolean =>
    UNIT_FOLDER.test(target) && !/\.d(\/|$)/.test(target.replace(/^.*systemd/, ''));
  if (['cp', 'install', 'ln', 'mv', 'rsync', 'tee'].includes(step.name))
    return words.some((each) => isUnit(each));
  return redirectTargets(step, values).some(isUnit);
}

/** Files that a step's output goes to. */
export function redirectTargets(step: Step, values: ReadonlyMap<string, string>): string[] {
  if (step.node.type !== 'Command') return [];
  return step.node.redirects.flatMap((each) =>
    each.type === 'Redirect' && /^(>|>>|>\||&>|&>>)$/.test(each.operator) && each.target
      ? [expand(each.target.value, values)]
      : [],
  );
}

/** Changes the machine, or what will run on it: a script that does none of these has nothing to be strict about. */
const WORK = new Set(
  (
    'systemctl service npm npx pnpm yarn node apt apt-get dpkg yum dnf apk pip useradd adduser usermod groupadd cp mv ln rm ' +
    'install rsync mkdir chown chmod tee git curl wget tar unzip nginx docker make'
  ).split(' '),
);
export const works = ({ name }: Step): boolean => WORK.has(name);

/** Units that the script holds in here-documents and strings, with its own variables filled in. */
export function unitsWithin({ script, unitWrites }: Installer): Unit[] {
  return unitWrites.flatMap((step) => {
    const values = readVariables(step.source);
    const targets = [
      ...redirectTargets(step, values),
      ...plain(step.args).map((each) => expand(each, values)),
    ];
    const name = targets.map(baseName).find((each) => each.endsWith('.service'));
    const [document] = textsOf(step);
    if (name === undefined || document === undefined) return [];
    const { line } = step.source.place(document.pos);
    return [embeddedUnit(name, script.file, filledIn(expand(document.text, values)), line)];
  });
}

/** What only the run of the script knows stands for a path: most often it is one. */
const filledIn = (text: string): string =>
  text.replace(/\$\([^)\n]*\)|`[^`\n]*`/g, '/filled-in').replace(/^(\w+=)\$\{?\w+\}?/gm, '$1/filled-in');

/** What the step writes, or the commands before it in a pipe: here-documents, and sections in a quoted word. */
function textsOf(step: Step): { text: string; pos: number }[] {
  const pipe = step.around.findLast(({ node }) => node.type === 'Pipeline');
  const before = pipe?.node.type === 'Pipeline' ? pipe.node.commands.slice(0, pipe.index) : [];
  return [...before, step.node].flatMap((node) => {
    if (node.type !== 'Command') return [];
    const documents = node.redirects.flatMap((each) => (each.type === 'HereDoc' ? [each.body] : []));
    const words = node.args.flatMap((each) => (each.type === 'Word' ? [each] : []));
    const quoted = words.filter(({ value }) => /^\s*\[(Unit|Service)\]\s*$/m.test(value));
    return [...documents, ...quoted.map(({ value, pos }) => ({ text: value, pos }))];
  });
}
