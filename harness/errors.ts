/** Errors that a user can act on. Thrown anywhere, printed and turned into an exit code by `gate/` alone. */

/** Wrong usage or configuration: exit code 2. The message says what was seen, where, what was expected, what to do. */
export class UsageError extends Error {
  override readonly name: string = 'UsageError';
}

/** The run store cannot be used: locked by another run, or not writable. No run can be opened, so no report is written. */
export class StoreError extends UsageError {
  override readonly name: string = 'StoreError';
}

/** The text of anything that was thrown, on one line where it is one. */
export function errorText(error: unknown): string {
  if (error instanceof Error) return error.message || error.name;
  return String(error);
}
