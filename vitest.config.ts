import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['{harness,checks,soak,gate,deployment,service}/**/*.test.ts', '*.test.ts'],
    exclude: ['**/node_modules/**', 'dist/**', 'runs/**'],
    // Tests spawn real processes: two cores serve two files at a time, and a slow machine is not a failure.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
