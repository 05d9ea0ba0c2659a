/** Another program has the port when the service starts. */
import { createServer } from 'node:net';
import { errorText } from '../../../harness/errors.ts';
import type { FaultScenario } from '../../faults/fault.ts';
import { portOfItsOwn, withPort } from '../../faults/places.ts';
import { REFUSAL_LINES, saysWhy } from '../../faults/refusals.ts';
import { needsPort } from '../../faults/clients.ts';
import type { Trial } from '../../faults/trial.ts';

const scenario: FaultScenario = {
  name: 'port-taken',
  group: 'restart',
  title: 'a port that is taken ends the start with a clear error and a code other than 0',
  why: 'a service that waits, tries another port or exits with 0 is taken for running by whoever started it, and nobody can reach it',
  fix: 'let an error of listen end the process with a code other than 0 and a line that names the port',
  modes: [18],
  important: true,
  allow: REFUSAL_LINES,
  doesNotApply: needsPort,
  cases: () => [{ name: 'another program has it', ends: 'refused' }],
  async run(trial) {
    const port = await portOfItsOwn(trial);
    const release = await occupy(trial, port);
    const other = withPort(trial, port);
    const life = await other.start(true);
    trial.struck(`port ${port} was bound by the harness when the service was started`);
    await other.refuse(life, () => release());
  },
  judge: (history) =>
    saysWhy(
      history,
      /EADDRINUSE|address already in use|\bport\b.*\b(taken|used?|busy|occupied|cannot|failed|not)\b/i,
      'the port, or EADDRINUSE',
    ),
};
export default scenario;

/** Binds the port for the rest of the case. */
async function occupy(trial: Trial, port: number): Promise<() => Promise<void>> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new Error(`the port cannot be taken: ${errorText(error)}`)));
    server.listen({ port, host: trial.service.host, exclusive: true }, resolve);
  });
  const release = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  trial.context.atEnd(release);
  return release;
}
