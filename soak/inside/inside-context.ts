/** What scenarios that look into the process are given besides. Part of the context of a trial. */
import type { SoakConfig } from '../../harness/config.ts';
import type { LifecycleMember } from '../../harness/lifecycle-members.ts';

export interface InsideContext {
  projectRoot: string;
  uptime: SoakConfig['uptime'];
  /** The starts and stops that the source shows; absent: nobody has said. */
  members?: readonly LifecycleMember[];
  /** What a life without a fault did: the members that it called, and the lines that it wrote, without numbers. */
  undisturbed: { called: Set<string>; lines: Set<string> };
}
