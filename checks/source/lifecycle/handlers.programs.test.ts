/** Handlers of several programs in one repository: only those that one process can register compete. */
import { expect, it } from 'vitest';
import { checkFiles, problems } from '../testing-project.ts';
import signalHandled from '../rules/signal-handled.ts';

const program = (port: number): string => `
  import { createServer } from 'node:http';
  const server = createServer((_request, response) => response.end('ok'));
  process.on('SIGTERM', () => server.close(() => process.exit(0)));
  process.on('SIGINT', () => server.close(() => process.exit(0)));
  server.listen(${port});
`;

const files = { 'api.ts': program(3000), 'worker.ts': program(3001) };

it('handlers of two entries do not compete', async () => {
  const config = { source: { entries: ['api.ts', 'worker.ts'] } };
  expect(problems(await checkFiles(files, config, { rules: [signalHandled] }))).toEqual([]);
});

it('handlers that one entry loads do', async () => {
  const both = { ...files, 'main.ts': "import './api.ts'; import './worker.ts';" };
  const config = { source: { entries: ['main.ts'] } };
  expect(problems(await checkFiles(both, config, { rules: [signalHandled] }))).toEqual([
    'signal-handled:4 registeredTwice',
    'signal-handled:5 registeredTwice',
  ]);
});
