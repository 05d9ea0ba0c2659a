/** The `routes` block of the configuration: the document, what must be in it, and how its operations are called. */
import { z } from 'zod';
import { reason } from './reason.ts';

export const routes = z.strictObject({
  /** Path of the OpenAPI document on the running service. */
  document: z.string().startsWith('/').default('/openapi.json'),
  /** Routes that must be in the document: `GET /api/health/ping`, `* /api/admin/*`. */
  required: z.array(z.string()).default([]),
  /** How to call an operation where the document's examples do not tell: by `METHOD /path/{template}`. */
  calls: z
    .record(
      z.string(),
      z.strictObject({
        params: z.record(z.string(), z.string()).optional(),
        query: z.record(z.string(), z.string()).optional(),
        headers: z.record(z.string(), z.string()).optional(),
        body: z.unknown().optional(),
        /** The status this call must be answered with; otherwise any declared one. */
        expect: z.number().int().optional(),
      }),
    )
    .default({}),
  /** Operations that are not called, each with the reason. */
  notCalled: z.record(z.string(), reason).default({}),
});
