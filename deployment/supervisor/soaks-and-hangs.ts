/** Starts a unit under a supervisor and waits to be killed. Arguments: the machine's leader, its address. Tests only. */
import { transportInto } from '../machine/enter.ts';
import type { MachineRecord } from '../machine/record.ts';
import { superviseTarget } from './testing-unit.ts';

const [leader = '', address = ''] = process.argv.slice(2);
const record = { name: 'of another process', leader: { pid: Number(leader) } } as MachineRecord;
const { supervisor } = superviseTarget(transportInto(record), address);
await supervisor.start();
process.stdout.write('started\n');
setInterval(() => undefined, 60_000);
