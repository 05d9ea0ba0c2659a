/** Array methods while registration is followed. Used by `run-call.ts`. */
import { beyond, maybe, NOTHING, seen, UNKNOWN, type Held, type ListHeld } from './held.ts';
import { invoke } from './run-call.ts';
import { eachElement, type Run } from './run.ts';

export function callListMethod(run: Run, list: ListHeld, name: string, args: readonly Held[]): Held {
  const [first] = args;
  const callback = first && seen(first);
  switch (name) {
    case 'push':
    case 'unshift': {
      const extra = beyond(run.conditions, list.conditions);
      list.items[name](...args.map((each) => maybe(extra, each, NOTHING)));
      return UNKNOWN;
    }
    case 'forEach':
    case 'map':
    case 'flatMap': {
      const items: Held[] = [];
      if (callback?.t !== 'closure') return UNKNOWN;
      eachElement(run, list, (each) => {
        const result = invoke(run, callback, [each]);
        const own = name === 'flatMap' ? seen(result) : result;
        items.push(...(own.t === 'list' ? own.items : [own]));
      });
      return { ...list, items };
    }
    case 'concat':
      return { ...list, ...joined(list, args) };
    case 'filter': {
      const isBoolean = callback?.t === 'external' && callback.path === 'Boolean';
      return isBoolean
        ? { ...list, items: [...list.items] }
        : { ...list, items: [...list.items], open: true };
    }
    case 'flat':
    case 'slice':
    case 'reverse':
      return { ...list, items: [...list.items] };
    case 'join':
      return joinedText(list, first && seen(first));
    default:
      return UNKNOWN;
  }
}

function joined(list: ListHeld, args: readonly Held[]): Pick<ListHeld, 'items' | 'open'> {
  const items = [...list.items];
  let { open } = list;
  for (const each of args.map(seen)) {
    if (each.t === 'list') {
      items.push(...each.items);
      open ||= each.open;
    } else items.push(each);
  }
  return { items, open };
}

function joinedText(list: ListHeld, separator: Held | undefined): Held {
  const glue = separator?.t === 'text' ? separator.text : ',';
  const parts = list.items.map(seen).map((each) => (each.t === 'text' ? each.text : '\u0000'));
  return { t: 'text', text: parts.join(glue) };
}
