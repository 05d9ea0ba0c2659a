/**
 * Names in the configuration that another part of it must define: companions, their ports, moods. Pure; part of the
 * validation, so that a name that nothing defines is found before anything is started.
 */
import { addressableTexts, addressesIn, ownPortsIn } from '../companions/placeholders.ts';
import type { Config } from '../config.ts';
import type { CompanionConfig } from './companions.ts';
import type { MoodsConfig } from './moods.ts';

/** What is wrong, and at which key. */
export interface BrokenReference {
  path: (string | number)[];
  message: string;
}

type Referring = Pick<Config, 'companions' | 'service' | 'target' | 'routes' | 'soak'>;

/** Every name that stands for nothing. */
export function brokenReferences(config: Referring): BrokenReference[] {
  return [
    ...config.companions.flatMap((companion, index) => companionProblems(companion, index, config)),
    ...addressProblems(config),
    ...(config.soak.moods === undefined ? [] : moodProblems(config.soak.moods, config)),
    ...scenarioProblems(config),
    ...supervisorProblems(config),
  ];
}

function companionProblems(
  companion: CompanionConfig,
  index: number,
  { companions }: Referring,
): BrokenReference[] {
  const at = (...path: (string | number)[]) => ['companions', index, ...path];
  const problems: BrokenReference[] = [];
  if (companions.findIndex(({ name }) => name === companion.name) < index) {
    problems.push({
      path: at('name'),
      message: `another companion is called "${companion.name}" already: expected a name of its own`,
    });
  }
  if (new Set(companion.ports).size < companion.ports.length)
    problems.push({ path: at('ports'), message: 'a port is named twice: expected each once' });
  const { readiness, complaints } = companion;
  if ('port' in readiness) problems.push(...unknownPort(companion, readiness.port, at('readiness', 'port')));
  if (complaints !== undefined)
    problems.push(...unknownPort(companion, complaints.port, at('complaints', 'port')));
  const texts = [
    ...companion.command.map((text, word) => ({ path: at('command', word), text })),
    ...Object.entries(companion.env).map(([name, text]) => ({ path: at('env', name), text })),
  ];
  for (const { path, text } of texts) {
    for (const port of ownPortsIn(text)) problems.push(...unknownPort(companion, port, path));
    if (text.includes('{port}'))
      problems.push({ path, message: 'a companion has named ports: expected {port:NAME}' });
  }
  return problems;
}

function unknownPort(companion: CompanionConfig, port: string, path: (string | number)[]): BrokenReference[] {
  if (companion.ports.includes(port)) return [];
  const message = `the companion "${companion.name}" has no port "${port}"; its ports: ${listed(companion.ports)}`;
  return [{ path, message }];
}

function addressProblems(config: Referring): BrokenReference[] {
  return addressableTexts(config).flatMap(({ path, text }) =>
    addressesIn(text).flatMap(({ written, companion: name, port }) => {
      const companion = config.companions.find((one) => one.name === name);
      if (companion !== undefined) return unknownPort(companion, port, path);
      const names = listed(config.companions.map((one) => one.name));
      return [{ path, message: `${written}: there is no companion "${name}"; companions: ${names}` }];
    }),
  );
}

function moodProblems(moods: MoodsConfig, { companions, service }: Referring): BrokenReference[] {
  const at = (...path: (string | number)[]) => ['soak', 'moods', ...path];
  const companion = companions.find(({ name }) => name === moods.companion);
  const problems: BrokenReference[] = [];
  if (companion === undefined) {
    const names = listed(companions.map(({ name }) => name));
    problems.push({
      path: at('companion'),
      message: `there is no companion "${moods.companion}"; companions: ${names}`,
    });
  } else {
    for (const key of ['set', 'reset', 'struck'] as const)
      problems.push(...unknownPort(companion, moods[key].port, at(key, 'port')));
  }
  for (const mood of moods.moods) {
    if (moods.truth.says[mood] === undefined)
      problems.push({
        path: at('truth', 'says'),
        message: `it does not tell what is true in the mood "${mood}"`,
      });
  }
  const strangers = [
    ...Object.keys(moods.truth.says).map((mood) => ({ mood, path: at('truth', 'says', mood) })),
    ...moods.mayRefuse.map((mood, index) => ({ mood, path: at('mayRefuse', index) })),
  ].filter(({ mood }) => !moods.moods.includes(mood));
  for (const { mood, path } of strangers)
    problems.push({ path, message: `"${mood}" is not among soak.moods.moods (${listed(moods.moods)})` });
  for (const key of ['subjects', 'moods'] as const) {
    if (new Set(moods[key]).size < moods[key].length)
      problems.push({ path: at(key), message: 'a name stands twice: expected each once' });
  }
  if (service?.port === 'none')
    problems.push({ path: at('truth', 'path'), message: "service.port is 'none': nobody can be asked" });
  return problems;
}

function scenarioProblems({ soak }: Referring): BrokenReference[] {
  if (soak.moods !== undefined || soak.scenarios?.includes('companion-moods') !== true) return [];
  return [{ path: ['soak', 'scenarios'], message: 'companion-moods needs soak.moods, which is missing' }];
}

/** A spawned service needs its command, a unit the target that it is on. */
function supervisorProblems({ service, target, soak }: Referring): BrokenReference[] {
  if (service === undefined) return [];
  if (service.supervisor === 'process') {
    if (service.command.length > 0) return [];
    return [
      {
        path: ['service', 'command'],
        message: "it is missing: expected program and arguments, ['node', 'server.js']",
      },
    ];
  }
  const problems: BrokenReference[] = [];
  if (target === undefined)
    problems.push({
      path: ['service', 'supervisor'],
      message: '\'systemd\' needs "target", which is missing',
    });
  if (soak.moods !== undefined && soak.scenarios?.includes('companion-moods') !== false)
    problems.push({
      path: ['soak', 'moods'],
      message:
        "companions of a unit on a target cannot be given moods: leave it out, or set soak.scenarios to ['restart-loop']",
    });
  return problems;
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
