/** The defects that a service shows when it is restarted, each in a copy of the reference service. */
import { describeDefects, readDefects } from './testing/describe-defects.ts';

describeDefects('soak', await readDefects('soak'));
