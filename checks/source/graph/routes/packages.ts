/** What packages put in front of routes: those that deny, those that only ask who it is, those that do neither. */
import type { ExternalHeld } from './held.ts';

export type PackageGuard = 'denies' | 'authenticates' | 'nothing' | 'wraps' | 'unknown';

/** By `package` or `package path`; the first that fits counts. */
const KNOWN: readonly (readonly [RegExp, PackageGuard])[] = [
  [/^@fastify\/(auth|bearer-auth) /, 'denies'],
  [/^@nestjs\/passport AuthGuard/, 'denies'],
  [/^@nestjs\/(throttler|cache-manager|common|core) /, 'nothing'],
  [/^@fastify\/basic-auth (?!\(plugin\))/, 'denies'],
  [
    /^(express-basic-auth|basic-auth-connect|http-auth(-connect)?|koa-basic-auth|hono\/(basic|bearer)-auth) /,
    'denies',
  ],
  [/^(passport|koa-passport|@fastify\/passport) .*\b(authenticate|authorize|protect)\(\)/, 'denies'],
  [
    /^(connect-ensure-login|express-openid-connect|express-ipfilter|hono\/ip-restriction|express-jwt-permissions) /,
    'denies',
  ],
  [
    /^(@clerk\/\w+|@auth0\/\S+|supertokens-node\S*|keycloak-connect|@casl\/\S+|express-session-auth) .*\(\)/,
    'denies',
  ],
  [/^(express-jwt|koa-jwt|hono\/(jwt|jwk)|express-oauth2-jwt-bearer) /, 'authenticates'],
  [/^(hono\/factory|express-async-handler|hono\/combine|@fastify\/middie|p-limit|lodash\S*) /, 'wraps'],
  [/^@fastify\//, 'nothing'],
  [
    /^(fastify-(metrics|healthcheck|socket\.io|type-provider-zod|raw-body|sse-v2|cron|graceful-shutdown|print-routes)) /,
    'nothing',
  ],
  [
    /^(under-pressure|middie|fastify|express|hono(\/.*)?|@hono\/(sentry|swagger-ui|zod-validator|prometheus|otel)) /,
    'nothing',
  ],
  [
    /^(helmet|cors|morgan|compression|body-parser|cookie-parser|cookie-session|express-session|express-rate-limit|express-slow-down|express-validator|express-fileupload|express-winston|express-pino-logger|express-prom-bundle|express-http-context|express-status-monitor|method-override|response-time|connect-timeout|serve-static|serve-favicon|multer|csurf|hpp|pino-http|swagger-ui-express|http-proxy-middleware|connect-history-api-fallback|vhost|rate-limiter-flexible|on-finished|errorhandler|express-async-errors|prom-client|@sentry\/\S+|i18next-http-middleware|@opentelemetry\/\S+|@bull-board\/\S+|zod-express-middleware|celebrate|nocache) /,
    'nothing',
  ],
  [
    /^(@koa\/(cors|multer|bodyparser)|koa-(body|bodyparser|helmet|compress|logger|static|mount|session|ratelimit|etag|conditional-get|favicon|send|proxies|json|pino-logger|views|cors|response-time)) /,
    'nothing',
  ],
];

export function packageGuard({ from, path, args }: ExternalHeld): PackageGuard {
  // A bearer plugin that is told to add no hook only offers one.
  const word = `${from} ${path}`;
  const found = KNOWN.find(([pattern]) => pattern.test(word))?.[1];
  if (found === 'denies' && path === '(plugin)' && addsNoHook(args)) return 'nothing';
  return found ?? (from === 'global' || from.startsWith('node:') ? 'nothing' : 'unknown');
}

function addsNoHook(args: ExternalHeld['args']): boolean {
  const options = args?.[1];
  if (options?.t !== 'object') return false;
  const value = options.fields.get('addHook')?.value;
  return value?.t === 'constant' && value.value === false;
}

/** Calls that throw when a token is not valid, and ask nothing more; by `package path`. */
const VERIFIERS =
  /^(jsonwebtoken (verify|default\.verify)|jose (jwtVerify|compactVerify)|hono\/jwt verify|fast-jwt createVerifier\(\))$/;

export const isVerifier = (from: string, path: string): boolean => VERIFIERS.test(`${from} ${path}`);
