/**
 * Finds what stands beside the source and some source rules need: how long a unit or an orchestrator lets the service stop,
 * the OpenAPI document of the repository, which Node the package runs on.
 * Handed to the source stage by `check` and `gate`; the rules themselves look for nothing.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { findDeploymentFiles } from '../checks/deployment/files/find-files.ts';
import { type Program, readProgram } from '../checks/deployment/program.ts';
import { findRepositoryDocument } from '../checks/routes/repository-document.ts';
import { stopLimits } from '../checks/deployment/stop-limits.ts';
import type { Given } from '../checks/source/given.ts';
import { runtimeOf } from '../checks/source/runtime.ts';
import { sourceTexts } from '../checks/source/source-texts.ts';
import type { Config } from '../harness/config.ts';
import type { StageContext } from '../harness/stage.ts';

export function collectGiven({ projectRoot, config }: Pick<StageContext, 'projectRoot' | 'config'>): Given {
  const { deployment } = config;
  const files = deployment === false ? [] : findDeploymentFiles({ projectRoot, files: deployment.files });
  const unit = stopLimits(files, serviceNames(projectRoot, config));
  const openapi =
    findRepositoryDocument(path.resolve(projectRoot, config.source.root)) ??
    findRepositoryDocument(projectRoot);
  const runtime = serviceRuntime(projectRoot, config);
  return {
    ...(unit.length > 0 ? { unit } : {}),
    ...(openapi ? { openapi } : {}),
    ...(runtime ? { runtime } : {}),
  };
}

/** Of the package that holds the sources, or of the one around it. */
function serviceRuntime(projectRoot: string, { source }: Pick<Config, 'source'>): Given['runtime'] {
  const folders = [path.resolve(projectRoot, source.root), projectRoot];
  for (const folder of new Set(folders)) {
    const file = path.join(folder, 'package.json');
    const found = existsSync(file) && runtimeOf(path.relative(projectRoot, file), readFileSync(file, 'utf8'));
    if (found) return found;
  }
  return undefined;
}

/** What the deployment must know of the program, from its sources and from the configuration. */
export function collectProgram(config: Config, projectRoot: string): Program {
  const { load } = config.soak;
  const streams = load === undefined || load === false ? [] : load.streams.map((each) => each.path);
  const root = path.resolve(projectRoot, config.source.root);
  return readProgram(sourceTexts(root, config.source.exclude), streams);
}

/** What the service is called: in its package and in the configuration. */
export function serviceNames(
  projectRoot: string,
  { source, service }: Pick<Config, 'source' | 'service'>,
): string[] {
  const folders = new Set([projectRoot, path.resolve(projectRoot, source.root)]);
  const packages = [...folders].flatMap((folder) => packageName(path.join(folder, 'package.json')));
  return [...new Set([...packages, ...(service === undefined ? [] : [service.name])])];
}

function packageName(file: string): string[] {
  if (!existsSync(file)) return [];
  try {
    const { name } = JSON.parse(readFileSync(file, 'utf8')) as { name?: unknown };
    return typeof name === 'string' ? [name.replace(/^@[^/]+\//, '')] : [];
  } catch {
    return []; // no valid package file: it gives the service no name
  }
}
