/** Everything that the rules on deployment files ask: the files parsed, and what follows from them. Built once a run. Pure. */
import { containerRunBy, type Dockerfile, parseDockerfile } from './containers/dockerfile.ts';
import type { DeploymentFile } from './files/find-files.ts';
import { type NginxFile, type Proxied, readNginx, readProxied } from './nginx/proxy.ts';
import type { Program } from './program.ts';
import { type Installer, readInstaller, unitsWithin } from './shell/installers.ts';
import { readScript, type Script } from './shell/script.ts';
import { runsService } from './stop-limits.ts';
import type { ToolAnswers } from './tools/tools.ts';
import { readUnits, type Unit } from './units/unit.ts';

export interface Container {
  file: DeploymentFile;
  docker: Dockerfile;
}

export interface Deployment {
  files: readonly DeploymentFile[];
  scripts: readonly Script[];
  /** Scripts that bring a service up. */
  installers: readonly Installer[];
  units: readonly Unit[];
  /** Units of services that stay and are of this repository. */
  services: readonly Unit[];
  containers: readonly Container[];
  nginx: readonly NginxFile[];
  proxied: readonly Proxied[];
  program: Program;
  tools: ToolAnswers;
  settings: DeploymentSettings;
}

export interface DeploymentSettings {
  exposureAtMost: number;
}

export interface Problem {
  file: string;
  line: number;
  column: number;
  message: string;
}

export function readDeployment(
  files: readonly DeploymentFile[],
  given: { program: Program; tools: ToolAnswers; settings: DeploymentSettings },
): Deployment {
  const ofKind = (kind: DeploymentFile['kind']): DeploymentFile[] =>
    files.filter((each) => each.kind === kind);
  const shell = ofKind('shell');
  const scripts = shell.map((each) => readScript(each, shell));
  const installers = scripts.flatMap((each) => readInstaller(each) ?? []);
  const units = [...readUnits(files), ...installers.flatMap(unitsWithin)];
  const nginx = ofKind('nginx').map(readNginx);
  return {
    files,
    scripts,
    installers,
    units,
    services: units.filter(runsService),
    containers: ofKind('dockerfile').flatMap((file) => {
      const docker = parseDockerfile(file.text);
      const run = containerRunBy(file.path, docker)?.run.by;
      return run === undefined || run === 'other' ? [] : [{ file, docker }];
    }),
    nginx,
    proxied: readProxied(nginx),
    ...given,
  };
}

/** Whether anything here is of the kind that the rules are about. */
export function hasSubjects({ installers, services, containers, proxied }: Deployment): boolean {
  return [installers, services, containers, proxied].some((each) => each.length > 0);
}

/** What could not be parsed: what follows in that file is not judged. */
export function problemsOf({ installers, units, nginx }: Deployment): Problem[] {
  // Of the scripts only those that deploy: what another one says is nobody's business here.
  const ofScripts = installers.flatMap(({ script: { file, errors, source } }) =>
    errors.slice(0, 1).map(({ message, pos }) => ({ ...source.place(pos), file: file.path, message })),
  );
  const ofUnits = units.flatMap(({ parts }) =>
    parts.flatMap(({ file, syntax }) => syntax.problems.map((each) => ({ file: file.path, ...each }))),
  );
  const ofNginx = nginx.flatMap(({ file, syntax }) =>
    syntax.problems.slice(0, 1).map((each) => ({ file: file.path, ...each })),
  );
  return [...ofScripts, ...ofUnits, ...ofNginx];
}
