import { defineConfig } from 'vitest/config';
import { BaseSequencer, type Reporter, type TestModule, type TestSpecification } from 'vitest/node';

/** Minutes each. Begun last, one of them would go on alone while the other core has nothing left to do. */
const LONGEST_FIRST = [
  'gate/gate.reference.test.ts',
  'gate/defects.source.test.ts',
  'gate/defects.soak.test.ts',
  'gate/defects.routes.test.ts',
  'soak/soak-stage.services.test.ts',
  'service/test/exchanges.moods.test.ts',
  'gate/adoption/adoption.test.ts',
  'gate/companions.test.ts',
  'soak/proofs/pairs.proofs.test.ts',
  'soak/explore/explore.services.test.ts',
  'gate/watch/watch.services.test.ts',
  'service/test/process.signals.test.ts',
  'gate/package.installed.test.ts',
  'checks/source/fixes/fixes.test.ts',
  'service/test/listener.kept.test.ts',
  'soak/companion-moods.services.test.ts',
  'gate/bad-input.test.ts',
  'checks/source/conformance.rewrites.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONGEST_FIRST.findIndex((file) => moduleId.endsWith(`/${file}`));
      return place < 0 ? LONGEST_FIRST.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

/** Ends the output with one line that a script can read: `312 passed, 0 failed`. */
const countLine: Reporter = {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors) {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const stateCount = (state: string): number =>
      tests.filter((test) => test.result().state === state).length;
    // A file that could not be loaded has no tests, and must not disappear from the count.
    const brokenFiles = modules.filter((module) => module.errors().length > 0).length;
    const skipped = stateCount('skipped');
    const failed = stateCount('failed') + brokenFiles + unhandledErrors.length;
    process.stdout.write(
      `${stateCount('passed')} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
    );
  },
};

export default defineConfig({
  test: {
    include: ['{harness,checks,soak,gate,deployment,service,fixtures}/**/*.test.ts', '*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**', 'runs/**'],
    reporters: ['default', countLine],
    // Tests spawn real processes: two cores serve two files at a time, and a slow machine is not a failure.
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
