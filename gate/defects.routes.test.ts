/** The defects that a running service shows in its answers, each in a copy of the reference service. */
import { describeDefects, readDefects } from './testing/describe-defects.ts';

describeDefects('routes', await readDefects('routes'));
