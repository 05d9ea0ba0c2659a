/** Which names are sources, and which folders and files are never a root of the analysis. Knows no disk and no compiler. */

export const SOURCE = /\.[cm]?[jt]sx?$/;
export const DECLARATION = /\.d\.[cm]?ts$|\.min\.[cm]?js$/;
export const SKIPPED_FOLDERS: ReadonlySet<string> = new Set([
  'node_modules',
  'dist',
  'coverage',
  'runs',
  'bower_components',
]);
/** Files that are never a root of the analysis; they are read when something that is analysed imports them. */
export const NOT_A_ROOT =
  /(^|\/)(__tests__|__mocks__|tests?|e2e|spec|fixtures?|examples?|benchmarks?|stories)\/|\.(test|spec|stories|bench)\.[cm]?[jt]sx?$|(^|\/)[\w.-]+\.config\.[cm]?[jt]s$/;
