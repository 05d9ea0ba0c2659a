/** The supervisor contract over spawned processes; over units it is tested where a machine can be had. */
import { describeContract } from './contract-suite.ts';
import { superviseFixture } from './test-supervisor.ts';

describeContract('process', superviseFixture);
