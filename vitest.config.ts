import { defineConfig } from 'vitest/config';
import type { Reporter, TestModule } from 'vitest/node';

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
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
