import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from '../src/settings.ts';

describe('settings', () => {
  it('have a default each', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      accounts: [],
      logLevel: 'info',
      shutdownDeadlineMs: 8000,
      drainGraceMs: 250,
      autopilotSchedule: '* * * * *',
      jwtSecretIsOwn: true,
    });
    expect(settings.jwtSecret).not.toBe(readSettings({}).jwtSecret);
  });

  it('treat an empty variable as a missing one', () => {
    expect(readSettings({ PORT: '', ADMIN_EMAIL: '', ADMIN_PASSWORD: '' })).toEqual({
      ...readSettings({}),
      jwtSecret: expect.any(String),
    });
  });

  it.each([
    [
      { PORT: 'abc' },
      /^PORT is "abc" in the environment, but must be a whole number from 1 to 65535; correct it/,
    ],
    [{ PORT: '0' }, /^PORT is "0"/],
    [{ PORT: '65536' }, /^PORT is "65536"/],
    [{ PORT: '80.5' }, /^PORT is "80.5"/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL is "loud".*one of fatal, error/],
    [{ AUTOPILOT_SCHEDULE: 'now and then' }, /^AUTOPILOT_SCHEDULE is "now and then".*cron expression/],
    [{ SHUTDOWN_DEADLINE_MS: '1' }, /^SHUTDOWN_DEADLINE_MS is "1".*from 500/],
    [{ DRAIN_GRACE_MS: '2001' }, /^DRAIN_GRACE_MS is "2001".*from 0 to 2000/],
    [{ NODE_ENV: 'production' }, /^JWT_SECRET is missing/],
    [{ JWT_SECRET: 'short' }, /^JWT_SECRET has 5 characters/],
    [{ ADMIN_EMAIL: 'admin@example.com' }, /^ADMIN_PASSWORD is missing/],
    [{ USER_PASSWORD: 'long enough it is' }, /^USER_EMAIL is missing/],
    [{ ADMIN_EMAIL: 'admin', ADMIN_PASSWORD: 'long enough it is' }, /^ADMIN_EMAIL is "admin"/],
  ])('refuse %o in one sentence', (env, sentence) => {
    expect(() => readSettings(env)).toThrow(SettingsError);
    expect(() => readSettings(env)).toThrow(sentence);
  });

  it('tell every problem, and no secret', () => {
    const env = { PORT: 'x', JWT_SECRET: 'hush-hush', ADMIN_EMAIL: 'a@b.co', ADMIN_PASSWORD: 'sesame' };
    let message = '';
    try {
      readSettings(env);
    } catch (error) {
      message = String(error);
    }
    expect(message.split('\n')).toHaveLength(3);
    expect(message).not.toMatch(/hush|sesame/);
  });
});
