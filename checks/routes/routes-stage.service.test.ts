import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { onlyVerdict, outcomesOf } from './fixtures/judge-server.ts';
import { withStageRun } from './fixtures/stage-run.ts';

const SERVICE = resolve(import.meta.dirname, '../../service');
const login = { email: 'admin@example.test', password: 'correct-horse-battery' };

test('the reference service: its routes hold, and what it has not is found', async () => {
  const service = {
    command: ['node', 'src/main.ts'],
    node: process.execPath,
    env: {
      PORT: '{port}',
      DATABASE_PATH: '{scratch}/routes.sqlite',
      EXCHANGES: 'none',
      ADMIN_EMAIL: login.email,
      ADMIN_PASSWORD: login.password,
    },
    readiness: { http: '/api/health/ping' },
  };
  const routes = {
    required: ['GET /api/health/ping', 'POST /api/auth/login', '* /api/admin/*', 'DELETE /api/health/ping'],
    calls: {
      'POST /api/auth/login': { body: login, expect: 200 },
      'GET /api/admin/users': { expect: 200 },
    },
  };
  await withStageRun({ service, routes }, SERVICE, ({ verdicts }) => {
    expect(onlyVerdict(verdicts, 'service-started').outcome).toBe('pass');
    expect(onlyVerdict(verdicts, 'document-valid')).toMatchObject({ outcome: 'pass' });
    expect(outcomesOf(verdicts, 'required-route')).toEqual([
      'pass GET /api/health/ping',
      'pass POST /api/auth/login',
      'pass * /api/admin/*',
      'fail DELETE /api/health/ping',
    ]);
    const answers = outcomesOf(verdicts, 'answers-as-declared');
    expect(answers).toContain('pass POST /api/auth/login');
    // It is called without an identity, and 200 was demanded.
    expect(answers.filter((answer) => !answer.startsWith('pass'))).toEqual(['fail GET /api/admin/users']);
  });
});
