/** verify.sh finds the installed server well: one verdict for each of its checks. */
import { verify } from '../step-verify.ts';
import type { Step } from '../step.ts';

const step: Step = {
  id: 'verified',
  title: 'verify.sh finds the server well',
  needs: ['installed'],
  run: verify,
};

export default step;
