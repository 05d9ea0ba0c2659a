/** The route table: prefixes, mounts, guards and conditions of small programs, and that it ends. */
import { describe, expect, it } from 'vitest';
import { extractFacts } from '../../facts/extract-facts.ts';
import { buildGraph } from '../graph.ts';
import { assess } from './assess.ts';
import { routeTable, shown, type Route } from './route-table.ts';

function tableOf(text: string): ReturnType<typeof routeTable> {
  const file = { path: 'main.ts', facts: extractFacts('main.ts', text), resolve: (each: string) => each };
  return routeTable(buildGraph([file], [0]));
}
const words = ({ method, path }: Route): string => `${method} ${shown(path)}`;

describe('route table', () => {
  it('joins prefixes, mounts and constants', () => {
    const { routes } = tableOf(`import express from 'express';
      const BASE = '/api'; const part = (name: string) => [BASE, 'v1', name].join('/');
      const inner = express.Router(); inner.route('/:id').get(show).delete(show);
      const outer = express.Router(); outer.use('/users', inner);
      const app = express(); app.use(part('admin'), outer); app.use(\`\${process.env.X}/late\`, inner);
      function show() {}`);
    expect(routes.map(words)).toEqual([
      'GET /api/v1/admin/users/:id',
      'DELETE /api/v1/admin/users/:id',
      'GET /.../late/:id',
      'DELETE /.../late/:id',
    ]);
  });

  it('keeps the hooks of a fastify plugin inside it, and gives those of its parent to it', () => {
    const { routes } = tableOf(`import { fastify } from 'fastify';
      async function outer() { throw new Error('no'); } async function own() { throw new Error('no'); }
      const app = fastify();
      app.register(async (child) => { child.get('/a', () => 1); child.addHook('preHandler', own); }, { prefix: '/x' });
      app.get('/b', () => 1);
      app.addHook('onRequest', outer);`);
    expect(routes.map((each) => [words(each), each.guards.length])).toEqual([
      ['GET /b', 1],
      ['GET /x/a', 2],
    ]);
  });

  it('says under which condition a guard is there, and forgets those of the route itself', () => {
    const { run, routes } = tableOf(`import Fastify from 'fastify';
      const app = Fastify(); const settings = { off: false };
      const guard = async () => { throw new Error('no'); };
      if (settings.off) app.get('/never', () => 1);
      if (process.env.A) { app.get('/a', { preHandler: guard }, () => 1); }
      app.get('/b', { preHandler: process.env.A ? [guard] : [] }, () => 1);`);
    expect(routes.map((each) => [words(each), each.guards.map((guard) => guard.conditions.length)])).toEqual([
      ['GET /a', [0]],
      ['GET /b', [1]],
    ]);
    expect(routes.map((each) => each.guards.map(({ fn }) => assess(run, fn)))).toEqual([
      ['denies'],
      ['denies'],
    ]);
  });

  it('ends on routers that mount each other, functions that call each other, and loops', () => {
    const { routes, isCut } = tableOf(`import { Router } from 'express';
      const a = Router(); const b = Router(); a.use('/b', b); b.use('/a', a); b.get('/x', () => 1);
      function one() { two(); a.get('/one', () => 1); } function two() { one(); }
      one(); for (;;) { one(); if (a) break; }`);
    expect(isCut).toBe(false);
    expect(routes.length).toBeLessThan(200);
  });

  it('stays linear: many routes through one helper', () => {
    const count = 400;
    const calls = Array.from({ length: count }, (_, n) => `add('/r${n}');`).join('\n');
    const { run, routes } = tableOf(`import express from 'express'; const app = express();
      function add(path: string) { app.get(path, () => 1); } ${calls}`);
    expect(routes).toHaveLength(count);
    expect(run.budget).toBeGreaterThan(390_000);
  });
});
