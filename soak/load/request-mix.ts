/** Picks requests by weight, the same ones for the same seed, and knows which kind is slowest. */
import type { RequestTemplate } from '../../harness/config.ts';

export interface RequestMix {
  next(): RequestTemplate;
  /** Learns how long an answer took. */
  took(template: RequestTemplate, ms: number): void;
  /** Every kind, the slowest first. */
  slowestFirst(): RequestTemplate[];
}

export function createRequestMix(templates: readonly RequestTemplate[], seed: number): RequestMix {
  const total = templates.reduce((sum, template) => sum + template.weight, 0);
  const random = seededRandom(seed);
  const slowest = new Map<RequestTemplate, number>();
  return {
    next() {
      let rest = random() * total;
      for (const template of templates) {
        rest -= template.weight;
        if (rest < 0) return template;
      }
      return lastOf(templates);
    },
    took: (template, ms) => slowest.set(template, Math.max(ms, slowest.get(template) ?? 0)),
    slowestFirst: () => templates.toSorted((a, b) => (slowest.get(b) ?? 0) - (slowest.get(a) ?? 0)),
  };
}

function lastOf(templates: readonly RequestTemplate[]): RequestTemplate {
  const last = templates.at(-1);
  if (last === undefined) throw new Error('a load needs at least one request');
  return last;
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  };
}
