/** What messages call a function in front of a route, and what they tell to do about it. */
import { expect, it } from 'vitest';
import { checkFiles } from '../../testing-project.ts';

const MAKER = `import { fastify } from 'fastify';
const requireAdmin = (role) => async (request, reply) => {
  if (request.headers['x-role'] !== role) await reply.code(403).send();
};
const app = fastify();
`;

async function messageOf(code: string): Promise<string | undefined> {
  const { verdicts } = await checkFiles({ 'main.js': MAKER + code }, { source: { entries: ['main.js'] } });
  return verdicts.find((each) => each.check === 'admin-route-guarded')?.message;
}

it('a hook that is written in place is known by its place', async () => {
  const message = await messageOf(`async function routes(app) {
  app.addHook('onRequest', async () => requireAdmin('admin'));
  app.get('/admin/users', async () => []);
}
await app.register(routes);
`);
  expect(message).toMatch(/^the hook at main\.js:7 makes a guard and .* hands the guard back/);
  expect(message).not.toContain('routes(...)');
});

it('a factory that is given as it is is to be called', async () => {
  expect(await messageOf(`app.get('/admin/users', { onRequest: requireAdmin }, async () => []);`)).toMatch(
    /^requireAdmin makes a guard .* Call it: requireAdmin\(\.\.\.\)/,
  );
});

it('a guard that another function gave goes by the name of that function', async () => {
  const message = await messageOf(`const later = (role) => async () => requireAdmin(role);
app.get('/admin/users', { onRequest: later('admin') }, async () => []);`);
  expect(message).toMatch(/^the function that later gives makes a guard/);
});

it('what never denies is known by its place as well', async () => {
  const message = await messageOf(`function addHooks(app) {
  app.addHook('onRequest', async (request) => request.log.info('a request'));
}
addHooks(app);
app.get('/admin/users', async () => []);`);
  expect(message).toContain('the hook at main.js:7 never denies');
});

it('a condition is told with the side on which the guard is there', async () => {
  const message = await messageOf(`const made = () => {
  if (process.env.OPEN) return async () => {};
  return requireAdmin('admin');
};
app.get('/admin/users', { onRequest: made() }, async () => []);`);
  expect(message).toMatch(/ is guarded by requireAdmin only when the condition at main\.js:7 does not hold;/);
});
