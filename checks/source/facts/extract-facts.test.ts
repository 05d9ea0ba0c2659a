/** Facts: names by scope, syntax by meaning, and nothing that JSON loses. */
import { describe, expect, it } from 'vitest';
import { extractFacts } from './extract-facts.ts';
import type { Statement } from './model.ts';

const body = (text: string): Statement[] => extractFacts('main.ts', text).functions[0]?.body ?? [];

describe('facts', () => {
  it('resolve a name by scope, not by text', () => {
    const [outer, block] = body('const x = 1; { const x = 2; f(x); } ');
    expect(outer).toMatchObject({ s: 'let', b: 0 });
    expect(block).toMatchObject({
      s: 'block',
      body: [
        { s: 'let', b: 1 },
        { s: 'do', v: { a: [{ k: 'ref', b: 1 }] } },
      ],
    });
  });

  it('resolve uses before the declaration, var and functions included', () => {
    const facts = extractFacts('main.js', 'run(late); var late = 1; function run() { return late; }');
    expect(facts.functions[0]?.body[1]).toMatchObject({
      s: 'do',
      v: { k: 'call', f: { k: 'ref' }, a: [{ k: 'ref' }] },
    });
    expect(JSON.stringify(facts)).not.toContain('"k":"global"');
  });

  it('look through parentheses, casts, non-null and satisfies', () => {
    const [statement] = body('((f as any)!)(x satisfies unknown);');
    expect(statement).toMatchObject({
      v: { k: 'call', f: { k: 'global', name: 'f' }, a: [{ k: 'global', name: 'x' }] },
    });
  });

  it('survive JSON unchanged', () => {
    const facts = extractFacts(
      'main.ts',
      `class A extends B { #x = 1; static y = () => this; get z() { return 1; } constructor(private q: Q) { super(); } }
      for await (const [a, { b = 2, ...c }] of d) { try { await a?.b!(); } catch { throw c; } finally { b; } }
      label: while (true) { switch (a) { case 1: break label; default: } } export default class {} export * from './x'; using u = v();`,
    );
    expect(JSON.parse(JSON.stringify(facts))).toEqual(facts);
  });

  it('name functions by what encloses them', () => {
    const names = extractFacts(
      'main.ts',
      'class App { start = async () => {}; stop() { const f = () => 1; f(); } } const o = { run() {} };',
    ).functions.map((each) => each.name);
    expect(names).toEqual(['(module)', 'App', 'App.start', 'App.stop', 'App.stop.f', 'o.run']);
  });

  it('keep what could be parsed of a broken file', () => {
    const facts = extractFacts('main.ts', 'const a = ;\nf();');
    expect(facts.errors[0]).toMatchObject({ line: 1 });
    expect(facts.functions[0]?.body.at(-1)).toMatchObject({ s: 'do', v: { k: 'call' } });
  });
});
