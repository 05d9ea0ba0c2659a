/**
 * `npm run steady -- --times 20`: the whole gate on the reference service, again and again. Green every time or it says
 * which time it was not; a gate that is red now and then is a fault to find, not to run again.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const USAGE = 'usage: npm run steady -- [--times N]   N: 1 to 1000, 20 when left out';

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { times: { type: 'string', default: '20' } } });
  const times = Number(values.times);
  if (!Number.isInteger(times) || times < 1 || times > 1_000) {
    process.stderr.write(`--times is ${values.times}; expected a whole number from 1 to 1000\n${USAGE}\n`);
    return 2;
  }
  const reds: string[] = [];
  for (let time = 1; time <= times; time += 1) {
    const { exitCode, lastLine, seconds } = await gateOnce();
    process.stdout.write(`${time}/${times}  exit ${exitCode}  ${seconds.toFixed(1)} s  ${lastLine}\n`);
    if (exitCode !== 0) reds.push(`time ${time}: exit ${exitCode}: ${lastLine}`);
    // Ctrl-C reached the gate as well: what is left is not asked for any more.
    if (exitCode === 130 || exitCode === 143) break;
  }
  process.stdout.write(`${times - reds.length} of ${times} green\n${reds.map((red) => `${red}\n`).join('')}`);
  return reds.length === 0 ? 0 : 1;
}

async function gateOnce(): Promise<{ exitCode: number; lastLine: string; seconds: number }> {
  const startedAt = performance.now();
  const gate = spawn(process.execPath, ['bin/shakedown.js', 'gate'], {
    cwd: REPOSITORY,
    env: { ...process.env, CI: '1', NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [gate.stdout, gate.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output = (output + text).slice(-20_000)));
  const [code] = (await once(gate, 'close')) as [number | null];
  const lines = output.trim().split('\n');
  const lastLine =
    lines.findLast((line) => line.startsWith('gate:')) ?? `it printed no result: ${lines.at(-1) ?? ''}`;
  return { exitCode: code ?? 1, lastLine, seconds: (performance.now() - startedAt) / 1_000 };
}

process.exitCode = await main();
