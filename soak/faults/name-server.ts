/**
 * A name server of the harness on a loopback address of its own, which can be made to know no name, or not to answer.
 * Used by the scenario names-unresolved. RFC 1035.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';

/** `known`: every name is 127.0.0.1; `unknown`: none exists; `silent`: nobody answers. */
export type NameState = 'known' | 'unknown' | 'silent';

export interface NameServer {
  /** It listens on port 53 of this address. */
  readonly address: string;
  /** From now on. */
  say(state: NameState): void;
  /** Names that were asked for since then, in order, and not given. */
  lost(): readonly string[];
  close(): Promise<void>;
}

const PORT = 53;
const TRIES = 5;
const HEADER_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
/** An answer, recursion desired and available. */
const FLAGS = 0x8180;
const NO_SUCH_NAME = 3;
/** A pointer to the name in the question; type A, class IN, not to be kept; 127.0.0.1. */
const RECORD = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, CLASS_IN, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);

/** @throws Error where port 53 may not be taken. */
export async function openNameServer(): Promise<NameServer> {
  const socket = createSocket('udp4');
  const address = await bindSomewhere(socket);
  let state: NameState = 'known';
  let lost: string[] = [];
  socket.on('message', (message, { port, address: client }) => {
    const question = questionOf(message);
    if (question === undefined) return;
    if (state !== 'known') lost.push(question.name);
    if (state !== 'silent') socket.send(answerTo(message, question, state), port, client);
  });
  return {
    address,
    say(next) {
      state = next;
      lost = [];
    },
    lost: () => lost,
    close: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}

/** Each has an address of its own: several may run side by side. */
async function bindSomewhere(socket: Socket): Promise<string> {
  for (let tries = 1; ; tries += 1) {
    const address = `127.${randomInt(64, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
    try {
      const bound = once(socket, 'listening');
      socket.bind(PORT, address);
      await bound;
      return address;
    } catch (error) {
      if (tries === TRIES) throw error;
    }
  }
}

interface Question {
  name: string;
  type: number;
  /** Where it ends in the message. */
  end: number;
}

/** The first question of a message; undefined when it is none. */
function questionOf(message: Buffer): Question | undefined {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at]; length !== 0; length = message[at]) {
    if (length === undefined || length > 63 || at + 1 + length >= message.length) return undefined;
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  return end > message.length
    ? undefined
    : { name: labels.join('.'), type: message.readUInt16BE(at + 1), end };
}

function answerTo(message: Buffer, { type, end }: Question, state: 'known' | 'unknown'): Buffer {
  const records = state === 'known' && type === TYPE_A ? [RECORD] : [];
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(message.readUInt16BE(0), 0);
  header.writeUInt16BE(FLAGS | (state === 'known' ? 0 : NO_SUCH_NAME), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  return Buffer.concat([header, message.subarray(HEADER_BYTES, end), ...records]);
}
