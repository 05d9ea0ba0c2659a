/** Fixes of exchange-closed: closes a forgotten exchange in a try of its own, where the one shutdown function can see it. */
import { type FixAnswer, type FixRequest, left, type RuleFixes } from './fix.ts';
import { logFailure } from './logging.ts';
import { handleOf, insertInto, shutdownFunctionFor } from './shutdown-function.ts';
import { callAt, isAsync } from './syntax.ts';

export default { neverClosed: closeExchange } satisfies RuleFixes;

function closeExchange(request: FixRequest): FixAnswer {
  const { source, at, style } = request;
  const opened = callAt(source, at);
  const handle = opened && handleOf(request, opened);
  if (handle === undefined) return left('its handle is not kept in a variable or a field');
  const fn = shutdownFunctionFor(request, handle);
  if (fn?.body === undefined || !isAsync(fn))
    return left('no single asynchronous shutdown function sees its handle');
  const log = logFailure(request, fn.body, `${handle.text}.close()`, 'error');
  const edit = insertInto(request, fn, 'last', (indent) => [
    `${indent}try {`,
    `${indent}${style.unit}await ${handle.text}.close()${style.end}`,
    `${indent}} catch (error) {`,
    `${indent}${style.unit}${log}${style.end}`,
    `${indent}}`,
  ]);
  return edit === undefined ? left('its shutdown function stands on one line') : { edits: [edit] };
}
