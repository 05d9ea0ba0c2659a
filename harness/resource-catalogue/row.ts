/** One row of the resource catalogue: what opens a resource, what releases it, how the release behaves. */

/** How a release tells that it is done: at once, by the promise it returns, by a callback or an event. */
export type ReleaseReturns = 'sync' | 'promise' | 'callback';
/** What a second release, or one of a resource that was never opened, does. */
export type SecondRelease = 'safe' | 'throws' | 'rejects';

export const RESOURCE_KINDS = [
  'server',
  'socket',
  'timer',
  'cron',
  'watcher',
  'database',
  'connection',
  'cache',
  'queue',
  'http client',
  'exchange',
  'process',
  'thread',
  'stream',
  'file',
  'telemetry',
  'observer',
  'logger',
  'lock',
  'client',
] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

/** The form of `module path`: what the linker can match. */
export const OPENING_PATTERN = /^(global|node:[\w/]+|(@[\w.-]+\/)?[\w.-]+(\/[\w.-]+)*(\/\*)?)( [\w.$*()]+)?$/;

export interface ResourceRow {
  kind: ResourceKind;
  /** What a message calls it: `http server`. */
  noun: string;
  /**
   * What makes the handle, as `module path`: `node:http createServer`, `express ().listen`. `()` stands for the result
   * of a call or a `new`, `*` for any name, a bare module for the module called itself; `global` is the platform.
   * `package/*` stands for any file of the package that is loaded by itself.
   */
  opens: readonly string[];
  /** The names that a `*` stands for. */
  starNames?: RegExp;
  /** Only a `new` opens it. */
  madeByNew?: true;
  /** An annotation or a base class that names what is opened is enough to know the value. */
  knownByType?: true;
  /**
   * Methods of the handle that open it, when making it does not; the row is then a resource only once one is called.
   * `server.listen` is a method of a member of the handle.
   */
  startedBy?: readonly string[];
  /** Methods of the handle, among `startedBy`, that give a promise. */
  startPromises?: readonly string[];
  /** Making the handle gives a promise for it; given a callback, it gives nothing. */
  opensPromise?: true;
  /** Making the handle starts it, too, when it is made with this option (`start`) or this argument (`3`) set. */
  startedByOption?: { name: string; position: number };
  /** Members and methods of the handle that stand for the handle itself: `db.$client`, `pool.promise()`. */
  aliases?: readonly string[];
  /** Methods of the handle that release it. */
  closes: readonly string[];
  /** Methods that release at once although `releaseReturns` says otherwise. */
  closesSync?: readonly string[];
  /** Methods that look like a release and are none, each with what it does instead: `it stops the redis server`. */
  notClosedBy?: Readonly<Record<string, string>>;
  /** Functions that release the handle they are given, as `module path`. */
  closedBy?: readonly string[];
  /** Functions that release all handles of this row at once. */
  closesAll?: readonly string[];
  /** Released by these functions rather than by a handle: nobody keeps one. */
  noHandle?: true;
  /** Functions that give a map of all handles of this row. */
  registry?: readonly string[];
  /** Methods that run a function with the handle as its first argument, now or when it is released (`onClose`). */
  hooks?: readonly string[];
  /** Makes the classes of the modules that it is given, runs their hooks, and gives their instances (`get`). */
  makesModules?: true;
  /** Releases what it was given when it is released itself. */
  ownsArguments?: true;
  /** Making the handle opens nothing yet; it connects when it is first used. */
  connectsOnUse?: true;
  /** The same, when it is made with this option, written `name`. */
  connectsOnUseWithOption?: string;
  /** Openings, of those in `opens`, whose handle ends the process by an `error` event that nobody listens to. */
  emitsError?: readonly string[];
  /** Methods, of those in `closes`, that give a promise although `releaseReturns` says otherwise. */
  closesByPromise?: readonly string[];
  /**
   * A resource only when it is opened with this option, written `name` or `name=value`; `@address`: when it is given an
   * address, as a text or from the environment.
   */
  onlyWithOption?: string | readonly string[];
  /** No resource when it is opened with this option, written `name` or `name=value`: it is meant to outlive the process. */
  unlessOption?: string | readonly string[];
  /** A resource only when one of these is among what it is given. */
  onlyHolding?: readonly string[];
  /** Left to the end of the process it loses nothing and disturbs nobody: only one for each request adds up. */
  endsWithProcess?: true;
  /** Flushed when the process ends by itself: to be released only where `process.exit` cuts that off. */
  flushedAtNaturalExit?: true;
  /** Functions that keep the handle they are given for the whole process, and the one that gives it back. */
  keptBy?: readonly string[];
  givenBackBy?: readonly string[];
  /** Lives on only when its callback arms it again. */
  onlyWhenRearmed?: true;
  releaseReturns: ReleaseReturns;
  secondRelease: SecondRelease;
  /** The release waits for others (connections, jobs) without a limit of its own. */
  waitsWithoutLimit: boolean;
  keepsProcessAlive: boolean;
  hint: string;
}
