/** Which call of which package makes an application or a router. Used by `run-call.ts`, and to find where to begin. */
import { seen, UNSEEN, type Held } from './held.ts';
import { createRouter, type Framework } from './router.ts';
import type { Call } from './run-call.ts';
import { part } from './run-call.ts';
import type { Run } from './run.ts';

interface Maker {
  framework: Framework;
  /** Serves by itself: what nobody mounts is not lost. */
  isApp: boolean;
}

const app = (framework: Framework): Maker => ({ framework, isApp: true });
const sub = (framework: Framework): Maker => ({ framework, isApp: false });

/** By `package path`. */
const MAKERS: Readonly<Record<string, Maker>> = {
  'fastify ': app('fastify'),
  'fastify fastify': app('fastify'),
  'express ': app('express'),
  'express Router': sub('express'),
  'express-promise-router ': sub('express'),
  'hono Hono': app('hono'),
  'hono/tiny Hono': app('hono'),
  'hono/quick Hono': app('hono'),
  '@hono/zod-openapi OpenAPIHono': app('hono'),
  'koa ': app('koa'),
  'koa-router ': sub('koa'),
  '@koa/router ': sub('koa'),
  '@koa/router Router': sub('koa'),
};

const apps = new WeakSet<object>();

/** Whether a router serves by itself. */
export const isApp = (router: object): boolean => apps.has(router);

/** The package is one whose routes are followed. */
export const isFramework = (from: string): boolean =>
  Object.keys(MAKERS).some((each) => each.split(' ')[0] === from);

/** Whether calling this makes a router. */
export const isMaker = (from: string, path: string): boolean => `${from} ${path}` in MAKERS;

export function routerMadeBy(run: Run, call: Call, callee: Held & { t: 'external' }): Held | undefined {
  const maker = MAKERS[`${callee.from} ${callee.path}`];
  if (!maker) return undefined;
  const place = run.graph.locate(call.frame.file, call.value.at);
  const prefix = maker.framework === 'koa' ? part(run, call.args[0], 'prefix') : undefined;
  const path = prefix?.t === 'text' ? prefix.text : prefix && seen(prefix).t !== 'none' ? UNSEEN : '';
  const router = createRouter(maker.framework, place, call.args.length > 0 ? path : '');
  if (maker.isApp) apps.add(router);
  run.routers.push(router);
  return { t: 'router', router };
}
