/** Where a script writes secrets, and whether the file was private before that. Asked by `secrets-private`. Pure. */
import { SECRET_NAME } from '../../../harness/mask.ts';
import { type Installer, plain, redirectTargets } from './installers.ts';
import type { Step } from './script.ts';
import { readVariables } from './words.ts';

export interface SecretWrite {
  step: Step;
  target: string;
  /** It was private before the content came. */
  before: boolean;
  /** What made it private after that. */
  after: Step | undefined;
}

/** @param environment files that units read their environment from. */
export function secretWrites(installer: Installer, environment: readonly string[]): SecretWrite[] {
  const seen = new Set<string>();
  return installer.script.steps.flatMap((step) =>
    targetsOf(installer, step).flatMap((target): SecretWrite[] => {
      const secret = holdsSecret(step) || (environment.includes(target) && step.name !== 'touch');
      if (seen.has(target) || !secret || /^\/dev\//.test(target)) return [];
      seen.add(target);
      const makers = installer.script.steps.filter((each) => makesPrivate(installer, each, target));
      return [
        {
          step,
          target,
          before: makers.some(({ order }) => order < step.order) || umaskBefore(installer, step),
          after: makers.find(({ order }) => order > step.order),
        },
      ];
    }),
  );
}

/** Files that the step writes to. */
function targetsOf(installer: Installer, step: Step): string[] {
  const tee = step.name === 'tee' ? plain(installer.words(step)) : [];
  return [...redirectTargets(step, readVariables(step.source)), ...tee];
}

const ASSIGNS = /(?:^|[\s"'])(?:export\s+)?([A-Z_][A-Z0-9_]*)\s*=\s*(\S+)/gim;
const RANDOM = /\bopenssl\s+rand\b|\/dev\/u?random\b|\b(pwgen|makepasswd|uuidgen)\b/;

/** What it writes (its words, or its here-document) names a secret and gives it a value. */
function holdsSecret(step: Step): boolean {
  const texts = [...step.words.map(({ text }) => text), ...brought(step)];
  return texts.some(
    (text) =>
      RANDOM.test(text) ||
      [...text.matchAll(ASSIGNS)].some(
        ([, name = '', value = '']) => SECRET_NAME.test(name) && !isPlaceholder(value),
      ),
  );
}

/** What a person is to fill in is no secret yet. */
const isPlaceholder = (value: string): boolean => /^["']?(change|replace|your|xxx|todo|<)/i.test(value);

/** Here-documents, and what the commands before it in a pipe say: `echo ... | tee file` writes that. */
function brought(step: Step): string[] {
  const own = step.node.type === 'Command' ? step.node.redirects : [];
  const pipe = step.around.findLast(({ node }) => node.type === 'Pipeline');
  const before =
    pipe?.node.type === 'Pipeline'
      ? pipe.node.commands.slice(0, pipe.index).flatMap((each) => (each.type === 'Command' ? [each] : []))
      : [];
  const said = before.flatMap(({ args }) => args.map(({ text }) => text));
  const documents = [...own, ...before.flatMap(({ redirects }) => redirects)].flatMap((each) => {
    if (each.type === 'HereDoc') return [each.body.text];
    return each.type === 'HereString' && each.target ? [each.target.text] : [];
  });
  return [...said, ...documents];
}

/** Neither the world nor (beyond reading) the group. */
const PRIVATE_MODE = /^0?[0-7][04]0$|^u=rw,?go=?$|^go?-?rwx$|^o-r\w*$|^go=$/;

function makesPrivate(installer: Installer, step: Step, target: string): boolean {
  const words = installer.words(step);
  if (!words.includes(target)) return false;
  if (step.name === 'chmod')
    return PRIVATE_MODE.test(plain(words)[0] ?? '') || /^(go-|o-|go=)/.test(words[0] ?? '');
  if (step.name !== 'install') return false;
  const at = words.findIndex((each) => each === '-m' || each === '--mode');
  const mode =
    at >= 0
      ? words[at + 1]
      : words.find((each) => /^(-m|--mode=)\d/.test(each))?.replace(/^(-m|--mode=)/, '');
  return PRIVATE_MODE.test(mode ?? '');
}

/** The last `umask` before it, in the same shell: one in a subshell that has ended does not count. */
function umaskBefore({ script }: Installer, step: Step): boolean {
  const last = script.steps.findLast(
    (each) =>
      each.name === 'umask' &&
      each.order < step.order &&
      each.around
        .filter(({ node }) => node.type === 'Subshell')
        .every(({ node }) => step.around.some((one) => one.node === node)),
  );
  return last !== undefined && /^0?0?[0-7]?[0-7]7$/.test(last.args[0] ?? '');
}
