/** A unified diff of two texts, for `--dry-run`. Pure. */

const CONTEXT = 3;

type Line = { sign: ' ' | '-' | '+'; text: string };

/** As `diff --unified` writes it, with `a/` and `b/` before the name, so that `git apply` takes it. */
export function unifiedDiff(name: string, before: string, after: string): string {
  const lines = compare(before.split('\n'), after.split('\n'));
  const changed = lines.flatMap(({ sign }, index) => (sign === ' ' ? [] : [index]));
  if (changed.length === 0) return '';
  const hunks: [number, number][] = [];
  for (const index of changed) {
    const last = hunks.at(-1);
    if (last !== undefined && index - last[1] <= 2 * CONTEXT) last[1] = index;
    else hunks.push([index, index]);
  }
  return [`--- a/${name}`, `+++ b/${name}`, ...hunks.flatMap((hunk) => hunkLines(lines, hunk)), ''].join(
    '\n',
  );
}

function hunkLines(lines: readonly Line[], [first, last]: [number, number]): string[] {
  const start = Math.max(0, first - CONTEXT);
  // What stands behind the last line end is no line.
  const shown = lines
    .slice(start, last + CONTEXT + 1)
    .filter(({ text }, index) => text !== '' || start + index < lines.length - 1);
  const count = (part: readonly Line[], without: '-' | '+'): number =>
    part.filter(({ sign }) => sign !== without).length;
  const range = (without: '-' | '+'): string =>
    `${count(lines.slice(0, start), without) + 1},${count(shown, without)}`;
  return [`@@ -${range('+')} +${range('-')} @@`, ...shown.map(({ sign, text }) => sign + text)];
}

/** The shortest way from one to the other (E. W. Myers, 1986), between what both begin and end with. */
function compare(a: readonly string[], b: readonly string[]): Line[] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head += 1;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail += 1;
  const same = (part: readonly string[]): Line[] => part.map((text) => ({ sign: ' ', text }));
  return [
    ...same(a.slice(0, head)),
    ...shortest(a.slice(head, a.length - tail), b.slice(head, b.length - tail)),
    ...same(a.slice(a.length - tail)),
  ];
}

function shortest(a: readonly string[], b: readonly string[]): Line[] {
  const furthest = new Map<number, number>([[1, 0]]);
  const trace: Map<number, number>[] = [];
  const at = (map: ReadonlyMap<number, number>, k: number): number => map.get(k) ?? -1;
  for (let depth = 0; depth <= a.length + b.length; depth += 1) {
    trace.push(new Map(furthest));
    for (let k = -depth; k <= depth; k += 2) {
      const down = k === -depth || (k !== depth && at(furthest, k - 1) < at(furthest, k + 1));
      let x = down ? at(furthest, k + 1) : at(furthest, k - 1) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkBack(a, b, trace);
    }
  }
  return [];
}

function walkBack(a: readonly string[], b: readonly string[], trace: readonly Map<number, number>[]): Line[] {
  const out: Line[] = [];
  let [x, y] = [a.length, b.length];
  for (let depth = trace.length - 1; depth >= 0; depth -= 1) {
    const map = trace[depth];
    const at = (k: number): number => map?.get(k) ?? -1;
    const k = x - y;
    const from = k === -depth || (k !== depth && at(k - 1) < at(k + 1)) ? k + 1 : k - 1;
    const fromX = at(from);
    const fromY = fromX - from;
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      out.push({ sign: ' ', text: a[x] ?? '' });
    }
    if (depth === 0) break;
    if (x === fromX) out.push({ sign: '+', text: b[(y -= 1)] ?? '' });
    else out.push({ sign: '-', text: a[(x -= 1)] ?? '' });
  }
  return out.reverse();
}
