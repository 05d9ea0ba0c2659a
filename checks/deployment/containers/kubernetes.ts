/** How long Kubernetes lets a pod stop: `terminationGracePeriodSeconds`, of which a `preStop` hook takes its part. Pure. */
import type { GivenUnit } from '../../source/given.ts';
import type { DeploymentFile } from '../files/find-files.ts';
import { parseDuration } from './compose.ts';
import { type Json, listOf, mapOf, readYaml, textOf, type YamlDocument } from './yaml-file.ts';

const DEFAULT_GRACE_S = 30;
const WORKLOADS = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Pod']);

interface Workload {
  document: YamlDocument;
  /** Where the pod's specification stands. */
  path: string[];
  spec: Record<string, Json>;
}

/** @param names what the service is called: an image that ends in one of them is its own. */
export function kubernetesStops(files: readonly DeploymentFile[], names: readonly string[]): GivenUnit[] {
  const all = files.flatMap((file) => readYaml(file.path, file.text).flatMap(workloadOf));
  const own = all.filter((each) => imagesOf(each).some((image) => names.includes(image)));
  // The only workload of a repository is the service, whatever its image is called.
  const chosen = own.length > 0 ? own : all.length === 1 ? all : [];
  return chosen.map(stopOf);
}

function workloadOf(document: YamlDocument): Workload[] {
  const root = mapOf(document.value);
  if (!WORKLOADS.has(textOf(root.kind) ?? '')) return [];
  const path = root.kind === 'Pod' ? ['spec'] : ['spec', 'template', 'spec'];
  const spec = path.reduce<Json>((value, key) => mapOf(value)[key] ?? null, root);
  return Object.keys(mapOf(spec)).length === 0 ? [] : [{ document, path, spec: mapOf(spec) }];
}

/** `registry.example/team/app:1.2@sha256:...` is `app`. */
function imagesOf({ spec }: Workload): string[] {
  return listOf(spec.containers).flatMap((each) => {
    const image = textOf(mapOf(each).image) ?? '';
    const last = image.slice(image.lastIndexOf('/') + 1);
    return [last.replace(/[:@].*$/, '')];
  });
}

function stopOf({ document, path, spec }: Workload): GivenUnit {
  const written = spec.terminationGracePeriodSeconds;
  const seconds = typeof written === 'number' ? written : DEFAULT_GRACE_S;
  const before = Math.max(0, ...listOf(spec.containers).map(beforeStopMs));
  const grace =
    typeof written === 'number'
      ? `terminationGracePeriodSeconds: ${seconds}`
      : `the default terminationGracePeriodSeconds (${DEFAULT_GRACE_S})`;
  return {
    location: document.at([...path, 'terminationGracePeriodSeconds']),
    words: before > 0 ? `${grace} less ${before / 1000} s of the preStop hook` : grace,
    stopWithinMs: Math.max(0, seconds * 1000 - before),
  };
}

/** A hook that sleeps does so before the signal, within the same grace period. */
function beforeStopMs(container: Json): number {
  const hook = mapOf(mapOf(mapOf(container).lifecycle).preStop);
  const sleep = mapOf(hook.sleep).seconds;
  if (typeof sleep === 'number') return sleep * 1000;
  const words = listOf(mapOf(hook.exec).command).map((each) => textOf(each) ?? '');
  const line = words.join(' ');
  const seconds = /(?:^|[\s;&])(?:\/bin\/)?sleep\s+(\d+(?:\.\d+)?)(s|m|h)?(?=$|[\s;&])/.exec(line);
  return seconds === null ? 0 : (parseDuration(`${seconds[1]}${seconds[2] ?? 's'}`) ?? 0);
}
