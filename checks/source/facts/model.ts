/**
 * The facts of one source file: what its code does, without types and without syntax nodes, as plain JSON.
 * Written by `extract-facts.ts`, cached by content, read by the graph and (through it) by the rules.
 */

/** Raised whenever the shape or the meaning of the facts changes: old cache entries are then not read. */
export const FACTS_VERSION = 7;

/** Offset of a piece of code in its file, in UTF-16 units. */
export type Offset = number;

/** An expression. Names are resolved to bindings by scope; `global` is what no scope of the file declares. */
export type Value =
  | { k: 'ref'; b: number }
  | { k: 'global'; name: string }
  | { k: 'this' | 'super' | 'none' }
  | { k: 'text'; t: string }
  | { k: 'constant'; t: 'number' | 'boolean' | 'null'; text: string }
  /** `optional`: written `o?.p`. */
  | { k: 'member'; o: Value; p: string; optional?: true }
  | { k: 'index'; o: Value; i: Value }
  | CallValue
  | { k: 'fn'; id: number }
  | { k: 'class'; id: number }
  | { k: 'object'; id: number; props: [string, Value][]; spread: Value[] }
  | { k: 'array'; id: number; items: Value[] }
  | { k: 'spread'; v: Value }
  | { k: 'await'; v: Value; at: Offset }
  | { k: 'void'; v: Value }
  | { k: 'assign'; t: Value; v: Value; at: Offset; plain: boolean }
  /** One of several: `c ? a : b`, `a ?? b`, `a && b`; `c` is evaluated first and is not the result. */
  | { k: 'choice'; c?: Value; vs: Value[] }
  /**
   * Evaluates its operands; the result is a plain value. `op` is the operator; `texts` are the literal parts of a
   * template, before, between and after the operands.
   */
  | { k: 'operands'; vs: Value[]; op?: string; texts?: string[] }
  | { k: 'import'; from: string };

/** A call or a `new`. `at` is where the called name stands, `end` the end of the call (both for the type oracle). */
export interface CallValue {
  k: 'call';
  id: number;
  f: Value;
  a: Value[];
  isNew: boolean;
  at: Offset;
  start: Offset;
  end: Offset;
  /** The callee as written, without white space, for messages and subjects. */
  text: string;
  /** What a cast says that the call gives. */
  as?: TypeName;
}

export type Statement =
  | { s: 'do'; v: Value; at: Offset }
  | { s: 'let'; b: number; v: Value; at: Offset; using?: 'sync' | 'async' }
  | { s: 'return'; v: Value; at: Offset }
  | { s: 'throw'; v: Value; at: Offset }
  | { s: 'if'; c: Value; then: Statement[]; else: Statement[]; at: Offset }
  | {
      s: 'loop';
      head: Statement[];
      of?: { b: number; v: Value; awaits: boolean };
      body: Statement[];
      at: Offset;
    }
  | {
      s: 'try';
      body: Statement[];
      catch?: { b?: number; body: Statement[]; at: Offset };
      finally?: Statement[];
      at: Offset;
    }
  | { s: 'switch'; v: Value; cases: Statement[][]; at: Offset }
  | { s: 'block'; body: Statement[] }
  | { s: 'jump'; kind: 'break' | 'continue'; at: Offset };

/** What an annotation names: an entity and its type arguments; arrays are the entity `Array`. */
export interface TypeName {
  entity: Value;
  args: TypeName[];
}

export interface ParameterFact {
  b: number;
  rest: boolean;
  type?: TypeName;
  /** The annotation as one of the plain types. */
  plainType?: 'string' | 'number' | 'boolean' | 'other';
  /** The default value. */
  initial?: Value;
  pattern: boolean;
  /** What stands behind each `@`. */
  decorators?: Value[];
}

export interface FunctionFact {
  id: number;
  /** Enclosing names and its own, `Lifecycle.stop`; stable when lines move. */
  name: string;
  kind:
    'module' | 'function' | 'arrow' | 'method' | 'constructor' | 'getter' | 'setter' | 'fields' | 'statics';
  isAsync: boolean;
  isGenerator: boolean;
  /** The function whose body contains this one; absent for the module. */
  parent?: number;
  /** What `this` is inside: an instance of a class, or an object literal; absent for arrows and plain functions. */
  owner?: { class: number } | { object: number };
  params: ParameterFact[];
  /** The annotation of the result. */
  returns?: TypeName;
  body: Statement[];
  at: Offset;
  end: Offset;
}

export interface ClassMember {
  name: string;
  kind: 'method' | 'getter' | 'setter' | 'field';
  isStatic: boolean;
  fn?: number;
  type?: TypeName;
  /** What stands behind each `@`. */
  decorators?: Value[];
}

export interface ClassFact {
  id: number;
  name: string;
  decorators?: Value[];
  base?: Value;
  members: ClassMember[];
  construct?: number;
  /** The function that runs the field initialisers. */
  fields: number;
  /** The one that runs static fields and blocks, called where the class is declared. */
  statics?: number;
  at: Offset;
}

export interface BindingFact {
  name: string;
  /** The function in whose scope it lives; 0 is the module. */
  fn: number;
  kind: 'import' | 'parameter' | 'variable' | 'function' | 'class' | 'catch';
  type?: TypeName;
  at: Offset;
}

export interface ImportFact {
  b: number;
  from: string;
  /** Exported name; `default`, or `*` for the namespace. */
  name: string;
}

/** `name` is exported: a value of this file, or what `from` exports as `of`. A `*` without a name re-exports everything. */
export type ExportFact =
  { name: string; v: Value } | { name: string; from: string; of: string } | { name: '*'; from: string };

export interface AllowComment {
  rule: string;
  reason: string;
  line: number;
  column: number;
}

export interface FileFacts {
  version: typeof FACTS_VERSION;
  lineStarts: Offset[];
  bindings: BindingFact[];
  functions: FunctionFact[];
  classes: ClassFact[];
  imports: ImportFact[];
  exports: ExportFact[];
  /** Modules that are loaded for their effect or their names; type-only imports are left out. */
  loads: string[];
  /** Every module that is named, also for its types alone. */
  specifiers: string[];
  allows: AllowComment[];
  /** Syntax errors, as `line:column message`. */
  errors: { line: number; column: number; message: string }[];
}
