/**
 * A shell script as what it does: the commands in the order in which they are reached from its top level, functions
 * walked where they are called, sourced files of the repository where they are sourced, each with what stands around it
 * and with the options in force. Pure.
 */
import type { ParseError, SyntaxNode, Word } from 'unbash';
import type { Location } from '../../../harness/verdict.ts';
import type { DeploymentFile } from '../files/find-files.ts';
import { commentsOf, type ScriptComment } from './comments.ts';
import { createSource, type Source } from './source.ts';
import { walkScript } from './walk.ts';

/** What stands around a command, from the outside in. */
export interface Around {
  node: SyntaxNode;
  role: 'clause' | 'then' | 'else' | 'body' | 'part' | 'call' | 'trap' | 'substitution';
  /** Of a part: which one. */
  index: number;
  source: Source;
}

export interface Options {
  errexit: boolean;
  nounset: boolean;
  pipefail: boolean;
}

export interface Step {
  /** The program without its folder; `sudo` and its like are gone. */
  name: string;
  /** Words after the name, quotes removed; what a variable or a command would bring is in them as it is written. */
  args: string[];
  words: readonly Word[];
  /** As it stands there, on one line. */
  text: string;
  location: Location;
  node: SyntaxNode;
  around: readonly Around[];
  options: Options;
  source: Source;
  /** Variables set for this command only. */
  environment: readonly string[];
  /** In which order it is reached. */
  order: number;
}

export interface Script {
  file: DeploymentFile;
  source: Source;
  steps: readonly Step[];
  errors: readonly ParseError[];
  comments: readonly ScriptComment[];
  /** Whose body a name calls. */
  functionNamed(name: string): SyntaxNode | undefined;
}

/** @param others the scripts that this one may source. */
export function readScript(file: DeploymentFile, others: readonly DeploymentFile[]): Script {
  const source = createSource(file);
  const walked = walkScript(source, others);
  return {
    file,
    source,
    ...walked,
    errors: source.tree.errors ?? [],
    comments: commentsOf(source),
  };
}
