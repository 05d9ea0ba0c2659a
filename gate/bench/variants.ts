/** The clients of `npm run bench:restarts`, and the two units that they ask. One table: whoever lists them reads it here. */
import type { LaneKind } from '../../soak/load/lane.ts';

/** `kept`: the socket unit listens, the service drains. `plain`: the service listens itself, and a stop is SIGKILL. */
export type ServerKind = 'kept' | 'plain';

export interface Variant {
  title: string;
  server: ServerKind;
  /** Where it asks, as seen from the host. */
  port: number;
  connections: LaneKind;
  /** Whether it asks again, once, when a connection that had answered before was reset without an answer. */
  retries: boolean;
}

export const NGINX_PORT = 80;
export const KEPT_PORT = 3_000;
export const PLAIN_PORT = 3_001;

export const VARIANTS = {
  'kept-new': {
    title: 'socket unit and drain: new connections',
    server: 'kept',
    port: KEPT_PORT,
    connections: 'fresh',
    retries: false,
  },
  'nginx-new': {
    title: 'the same behind nginx: new connections',
    server: 'kept',
    port: NGINX_PORT,
    connections: 'fresh',
    retries: false,
  },
  'nginx-alive': {
    title: 'the same behind nginx: keep-alive',
    server: 'kept',
    port: NGINX_PORT,
    connections: 'keep-alive',
    retries: false,
  },
  'kept-alive': {
    title: 'socket unit and drain: keep-alive',
    server: 'kept',
    port: KEPT_PORT,
    connections: 'keep-alive',
    retries: false,
  },
  'kept-alive-retry': {
    title: 'socket unit and drain: keep-alive, reset on a reused connection asked again',
    server: 'kept',
    port: KEPT_PORT,
    connections: 'keep-alive',
    retries: true,
  },
  'plain-new': {
    title: 'plain kill, own listener: new connections',
    server: 'plain',
    port: PLAIN_PORT,
    connections: 'fresh',
    retries: false,
  },
  'plain-alive': {
    title: 'plain kill, own listener: keep-alive',
    server: 'plain',
    port: PLAIN_PORT,
    connections: 'keep-alive',
    retries: false,
  },
  'plain-alive-retry': {
    title: 'plain kill, own listener: keep-alive, reset on a reused connection asked again',
    server: 'plain',
    port: PLAIN_PORT,
    connections: 'keep-alive',
    retries: true,
  },
} as const satisfies Record<string, Variant>;

export type VariantId = keyof typeof VARIANTS;
export const VARIANT_IDS = Object.keys(VARIANTS) as VariantId[];
