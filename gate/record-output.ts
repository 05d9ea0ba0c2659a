/** Remembers what this process writes to its two streams, while it is written. Used by what keeps an answer. */
import type { Said } from './kept-check-entry.ts';

export interface Recording extends Disposable {
  said(): Said;
}

/** Records until it is disposed. */
export function recordOutput(): Recording {
  const said: Said = [];
  const stops = ([1, 2] as const).map((number) => {
    const stream = number === 1 ? process.stdout : process.stderr;
    const { write } = stream;
    stream.write = ((chunk: string | Uint8Array, ...rest: []) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8');
      const last = said.at(-1);
      if (last?.[0] === number) last[1] += text;
      else said.push([number, text]);
      return write.call(stream, chunk, ...rest);
    }) as typeof write;
    return (): void => {
      stream.write = write;
    };
  });
  return {
    said: () => said.map(([stream, text]) => [stream, withoutStates(text)]),
    [Symbol.dispose]: () => {
      for (const stop of stops) stop();
    },
  };
}

/** On a terminal: a state that the next line has replaced is gone. */
const withoutStates = (text: string): string => text.replace(/\r\u001b\[K[^\r\n]*(?=\r\u001b\[K)/g, '');
