/**
 * The starts, stops and resources of a service as its source shows them: what the soak makes fail, one at a time. Found by
 * the source checks, handed on by the gate; the soak knows no source.
 */
import type { Location } from './verdict.ts';

export type MemberKind = 'start' | 'stop';

/** A function of the service, by the names that it has when it runs. */
export interface WrappedMember {
  /** `service/src/database.ts Database.stop`: how it is called in messages, and what tells it from others. */
  id: string;
  /** Absolute path of the file that declares it. */
  file: string;
  /** The class whose method it is; absent: a function of the module. */
  owner?: string;
  name: string;
}

export interface LifecycleMember extends WrappedMember {
  kind: MemberKind;
  location: Location;
  /** Written `async`: it cannot throw, it rejects. */
  isAsync: boolean;
  /** Gives a promise, as far as the source shows: only such a one can reject, hang or be late. */
  givesPromise: boolean;
  /** The `id` of the member of the same kind that calls it: how it fails is then the business of that one. */
  nestedIn?: string;
  /** Why it cannot be wrapped: it is neither a method of a class nor a function of its module. */
  cannotBeWrapped?: string;
}
