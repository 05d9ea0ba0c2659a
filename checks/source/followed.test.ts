import { expect, it } from 'vitest';
import { checkFiles } from './testing-project.ts';

const SERVICE = `import { createServer } from 'node:http';
const server = createServer();
server.listen(0);
process.on('SIGTERM', () => server.close());
`;
const verdictOf = async (files: Record<string, string>) => {
  const { verdicts } = await checkFiles(files);
  return verdicts.find(({ check }) => check === 'followed');
};

it('passes with what it saw', async () => {
  expect(await verdictOf({ 'main.ts': SERVICE })).toMatchObject({
    outcome: 'pass',
    message: expect.stringMatching(/functions are reached from main\.ts, \d+ from a shutdown; \d+ subjects/),
  });
});

it('is unknown where there is nothing to follow: the silence of the rules means nothing', async () => {
  const verdict = await verdictOf({
    'library.ts': 'export const add = (a: number, b: number): number => a + b;\n',
  });
  expect(verdict).toMatchObject({
    outcome: 'unknown',
    message: expect.stringContaining('no entry found in 1 file'),
  });
});

it('is unknown where an entry starts nothing', async () => {
  const verdict = await verdictOf({ 'main.ts': 'console.log(1 + 1);\n' });
  expect(verdict?.outcome).toBe('unknown');
});

it('is unknown where calls of the start path can lead to more than is followed', async () => {
  const steps = Array.from({ length: 120 }, (_, index) => `() => console.log(${index})`).join(', ');
  const calls = Array.from(
    { length: 8 },
    (_, index) => `steps[Math.floor(Math.random() * 120)]!(); // ${index}`,
  ).join('\n');
  const verdict = await verdictOf({ 'main.ts': `${SERVICE}const steps = [${steps}];\n${calls}\n` });
  expect(verdict).toMatchObject({
    outcome: 'unknown',
    message: expect.stringContaining('8 calls reached from start'),
  });
});
