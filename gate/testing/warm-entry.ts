/** The process behind `warm-program.ts`: runs the commands that it is sent, and ends when whoever sends them is gone. */
import { once } from 'node:events';
import { main } from '../main.ts';
import type { WarmAnswer, WarmCall } from './warm-program.ts';

/** What `bin/shakedown.js` says of a crash. */
const CRASHED = 3;

let said = '';
process.stderr.write = ((text: string | Uint8Array) => {
  said += String(text);
  return true;
}) as typeof process.stderr.write;

async function run({ folder, args }: WarmCall): Promise<WarmAnswer> {
  said = '';
  process.chdir(folder);
  const exitCode = await main([process.execPath, 'shakedown', ...args]).catch((error: unknown) => {
    said += `shakedown: crashed: ${error instanceof Error ? error.stack : String(error)}\n`;
    return CRASHED;
  });
  // The folder is removed by whoever asked.
  process.chdir('/');
  return { exitCode, stderr: said };
}

process.once('disconnect', () => process.exit());
while (process.connected) {
  const [call] = (await once(process, 'message')) as [WarmCall];
  process.send?.(await run(call));
}
