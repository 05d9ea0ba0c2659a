/** Fixes of resource-released: clears a timer whose handle the one shutdown function can see. */
import { ts } from 'ts-morph';
import { type FixAnswer, type FixRequest, left, type RuleFixes } from './fix.ts';
import { handleOf, insertInto, shutdownFunctionFor } from './shutdown-function.ts';
import { callAt } from './syntax.ts';

export default { neverReleased: clearTimer } satisfies RuleFixes;

const CLEARS: Readonly<Record<string, string>> = {
  setInterval: 'clearInterval',
  setTimeout: 'clearTimeout',
  setImmediate: 'clearImmediate',
};

function clearTimer(request: FixRequest): FixAnswer {
  const { source, at, checker, style } = request;
  const call = callAt(source, at);
  if (call === undefined || !ts.isIdentifier(call.expression))
    return left('only timers are released by themselves');
  const clear = CLEARS[call.expression.text];
  const declared = checker.getSymbolAtLocation(call.expression)?.declarations ?? [];
  if (clear === undefined || declared.some((each) => each.getSourceFile() === source))
    return left('only timers are released by themselves');
  const handle = handleOf(request, call);
  if (handle === undefined) return left('its handle is not kept in a variable or a field');
  const fn = shutdownFunctionFor(request, handle);
  const edit =
    fn && insertInto(request, fn, 'first', (indent) => [`${indent}${clear}(${handle.text})${style.end}`]);
  return edit === undefined ? left('no single shutdown function sees its handle') : { edits: [edit] };
}
