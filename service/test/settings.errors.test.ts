import { describe, expect, it } from 'vitest';
import { readSettings, SettingsError } from '../src/settings.ts';

describe('settings', () => {
  it('have a default each', () => {
    const settings = readSettings({});
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 3000,
      systemd: { listenFd: null, notify: null },
      releaseId: undefined,
      accounts: [],
      logLevel: 'info',
      shutdownDeadlineMs: 8000,
      drainGraceMs: 250,
      autopilotSchedule: '* * * * *',
      jwtSecretIsOwn: true,
      exchanges: {
        enabled: ['luno', 'binance', 'kucoin'],
        urls: {},
        timeoutMs: 5000,
        pollMs: 2000,
        staleMs: 10_000,
      },
      bodyguard: { maxDrawdown: 0.2, maxOrdersPerMinute: 60 },
      selfHealingIntervalMs: 5000,
      eventHeartbeatMs: 15_000,
      maxEventStreams: 500,
      features: { trading: true, bodyguard: true, autopilot: true, selfHealing: true, realtime: true },
    });
    expect(settings.jwtSecret).not.toBe(readSettings({}).jwtSecret);
  });

  it.each([
    [{ RELEASE_ID: '2026-11-29T08.00_g1234:ab+c~d' }, { releaseId: '2026-11-29T08.00_g1234:ab+c~d' }],
    [{ EXCHANGES: 'none' }, { exchanges: { enabled: [] } }],
    [{ EXCHANGES: 'kucoin, luno' }, { exchanges: { enabled: ['luno', 'kucoin'] } }],
    [{ LUNO_URL: 'http://127.0.0.1:21000' }, { exchanges: { urls: { luno: 'http://127.0.0.1:21000' } } }],
    [{ BODYGUARD_MAX_DRAWDOWN: '0.05' }, { bodyguard: { maxDrawdown: 0.05 } }],
    [{ FEATURE_SELF_HEALING: 'off' }, { features: { selfHealing: false, trading: true } }],
    [
      { FEATURE_TRADING: 'off' },
      { features: { trading: false, bodyguard: false, autopilot: false, realtime: true } },
    ],
  ])('take %o', (env, expected) => {
    expect(readSettings(env)).toMatchObject(expected);
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
    [{ RELEASE_ID: 'a b' }, /^RELEASE_ID is "a b" .* letters, digits/],
    [{ RELEASE_ID: 'a\r\nset-cookie: b' }, /^RELEASE_ID is /],
    [{ LISTEN_FDS: '1' }, /^LISTEN_PID is missing/],
    [{ PORT: '65536' }, /^PORT is "65536"/],
    [{ PORT: '80.5' }, /^PORT is "80.5"/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL is "loud".*one of fatal, error/],
    [{ AUTOPILOT_SCHEDULE: 'now and then' }, /^AUTOPILOT_SCHEDULE is "now and then".*cron expression/],
    [{ SHUTDOWN_DEADLINE_MS: '1' }, /^SHUTDOWN_DEADLINE_MS is "1".*from 500/],
    [{ DRAIN_GRACE_MS: '2001' }, /^DRAIN_GRACE_MS is "2001".*from 0 to 2000/],
    [
      { EXCHANGES: 'luno,mtgox' },
      /^EXCHANGES is "luno,mtgox".*none, or a comma list of luno, binance, kucoin.*"luno,binance,kucoin"\.$/,
    ],
    [{ EXCHANGES: 'luno,luno' }, /^EXCHANGES is "luno,luno"/],
    [
      { KUCOIN_URL: 'http://127.0.0.1:21000/api' },
      /^KUCOIN_URL is .*origin.*for the address of kucoin itself\.$/,
    ],
    [{ BINANCE_URL: 'ftp://127.0.0.1' }, /^BINANCE_URL is "ftp/],
    [{ EXCHANGE_TIMEOUT_MS: '0' }, /^EXCHANGE_TIMEOUT_MS is "0"/],
    [
      { MARKET_DATA_POLL_MS: '10000' },
      /^MARKET_DATA_STALE_MS is 10000, but must be more than MARKET_DATA_POLL_MS/,
    ],
    [{ BODYGUARD_MAX_DRAWDOWN: '1.5' }, /^BODYGUARD_MAX_DRAWDOWN is "1.5".*above 0 and up to 1/],
    [{ BODYGUARD_MAX_DRAWDOWN: '0' }, /^BODYGUARD_MAX_DRAWDOWN is "0"/],
    [{ BODYGUARD_MAX_ORDERS_PER_MINUTE: '-1' }, /^BODYGUARD_MAX_ORDERS_PER_MINUTE is "-1"/],
    [{ SELF_HEALING_INTERVAL_MS: '1' }, /^SELF_HEALING_INTERVAL_MS is "1"/],
    [{ EVENT_HEARTBEAT_MS: 'soon' }, /^EVENT_HEARTBEAT_MS is "soon"/],
    [{ EVENT_STREAMS_MAX: '0' }, /^EVENT_STREAMS_MAX is "0"/],
    [{ FEATURE_REALTIME: 'true' }, /^FEATURE_REALTIME is "true".*must be on or off.*for "on"\.$/],
    [
      { FEATURE_TRADING: 'off', FEATURE_AUTOPILOT: 'on' },
      /^FEATURE_AUTOPILOT is "on".*FEATURE_TRADING is "off"/,
    ],
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
