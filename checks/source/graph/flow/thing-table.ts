/** The table of things: equal things are one. Used by the flow. */
import { keyOf, type Thing, type ThingId } from './things.ts';

/** Kinds that numbers name: the most frequent ones, found without making a text. */
type Numbered = Thing & { t: 'function' | 'class' | 'instance' | 'object' | 'map' | 'promise' };

export class ThingTable {
  readonly things: Thing[] = [];
  readonly #byText = new Map<string, ThingId>();
  readonly #byNumber = {
    function: [],
    class: [],
    instance: [],
    object: [],
    map: [],
    promise: [],
  } satisfies Record<Numbered['t'], unknown[]> as Record<Numbered['t'], (Map<number, ThingId> | undefined)[]>;

  intern(thing: Thing): ThingId {
    switch (thing.t) {
      case 'function':
        return this.#number(thing, thing.file, thing.fn);
      case 'class':
      case 'instance':
        return this.#number(thing, thing.file, thing.cls);
      case 'object':
      case 'map':
        return this.#number(thing, thing.file, thing.id);
      case 'promise':
        return this.#number(thing, 0, thing.site);
      default:
        return this.#text(thing);
    }
  }

  #number(thing: Numbered, file: number, id: number): ThingId {
    const files = this.#byNumber[thing.t];
    while (files.length <= file) files.push(undefined);
    const own = (files[file] ??= new Map<number, ThingId>());
    let found = own.get(id);
    if (found === undefined) own.set(id, (found = this.things.push(thing) - 1));
    return found;
  }

  #text(thing: Thing): ThingId {
    const key = keyOf(thing);
    let found = this.#byText.get(key);
    if (found === undefined) this.#byText.set(key, (found = this.things.push(thing) - 1));
    return found;
  }
}
