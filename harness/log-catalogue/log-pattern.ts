/** What an entry of the log catalogue is. Its data stand beside this file, by who writes such lines. */

/** How bad it is; every severity makes a log unclean. */
export type LogSeverity = 'fatal' | 'error' | 'warning';

export interface LogPattern {
  /** Stable name: kebab-case. */
  id: string;
  /** Source text of a regular expression that matches within one line. */
  pattern: string;
  /** What has happened when such a line appears. */
  meaning: string;
  severity: LogSeverity;
  /** A line as it really appears; planted to prove that the scan finds it. */
  example: string;
}
