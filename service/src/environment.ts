/** Reads typed values from the environment; each one that is wrong is noted in a sentence. Used by `settings.ts`. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** What was seen, what was expected, what to do: added to `problems`, and the fallback stands in. */
export function environmentReader(env: Environment, problems: string[]) {
  function read<T>(
    name: string,
    fallback: T,
    expected: string,
    parse: (text: string) => T | undefined,
    otherwise = JSON.stringify(fallback),
  ): T {
    const text = env[name];
    if (!text) return fallback;
    const value = parse(text);
    if (value !== undefined) return value;
    problems.push(
      `${name} is ${JSON.stringify(text)} in the environment, but must be ${expected}; correct it, or leave it out for ${otherwise}.`,
    );
    return fallback;
  }
  return {
    integer: (name: string, fallback: number, min: number, max: number) =>
      read(name, fallback, `a whole number from ${min} to ${max}`, (text) => parseInteger(text, min, max)),
    /** Above 0 and up to 1. */
    share: (name: string, fallback: number) =>
      read(name, fallback, 'a number above 0 and up to 1, such as 0.25', parseShare),
    flag: (name: string) => read(name, true, 'on or off', parseFlag, '"on"'),
    text: <T extends string>(
      name: string,
      fallback: T,
      isValid: ((v: string) => v is T) | ((v: string) => boolean),
      expected: string,
    ) => read(name, fallback, expected, (text) => (isValid(text) ? (text as T) : undefined)),
    /** A comma list of some of `all`, or `none`; all by default. */
    listOf: <T extends string>(name: string, all: readonly T[]) => {
      const expected = `none, or a comma list of ${all.join(', ')}`;
      const otherwise = JSON.stringify(all.join(','));
      return read<readonly T[]>(name, all, expected, (text) => parseList(text, all), otherwise);
    },
    /** Undefined by default. */
    id: (name: string) => {
      const expected = 'up to 128 letters, digits and any of . _ : + ~ -';
      return read<string | undefined>(name, undefined, expected, parseId, 'none');
    },
    /** Undefined by default. */
    origin: (name: string, otherwise: string) => {
      const expected = 'the origin of a server without a path, such as "http://127.0.0.1:21000"';
      return read<string | undefined>(name, undefined, expected, parseOrigin, otherwise);
    },
  };
}

function parseInteger(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

function parseShare(text: string): number | undefined {
  const value = /^[01](\.\d{1,8})?$/.test(text) ? Number(text) : NaN;
  return value > 0 && value <= 1 ? value : undefined;
}

function parseFlag(text: string): boolean | undefined {
  return text === 'on' ? true : text === 'off' ? false : undefined;
}

function parseList<T extends string>(text: string, all: readonly T[]): readonly T[] | undefined {
  if (text === 'none') return [];
  const given = text.split(',').map((item) => item.trim());
  const known = all.filter((item) => given.includes(item));
  return given.length === known.length ? known : undefined;
}

function parseId(text: string): string | undefined {
  return /^[\w.:+~-]{1,128}$/.test(text) ? text : undefined;
}

function parseOrigin(text: string): string | undefined {
  return /^https?:\/\/[^/?#@\s]+$/.test(text) && URL.canParse(text) ? text : undefined;
}
