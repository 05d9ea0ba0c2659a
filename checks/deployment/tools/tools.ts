/** What tools of the host said of the files; each is absent where the tool is not there. */

export interface ToolComplaint {
  /** Relative to the project root. */
  file: string;
  line: number;
  column: number;
  /** As the tool calls it: `SC2086`, `Unknown key`. */
  code: string;
  message: string;
}

export interface Exposure {
  /** From 0 (closed) to 10. */
  level: number;
  /** The settings that cost most, dearest first. */
  worst: string[];
}

export interface ToolAnswers {
  /** Of `systemd-analyze verify`: by unit file. */
  verify?: ReadonlyMap<string, readonly ToolComplaint[]>;
  /** Of `systemd-analyze security --offline=true`: by unit file. */
  exposure?: ReadonlyMap<string, Exposure>;
  /** Of `shellcheck`: by script. */
  lint?: ReadonlyMap<string, readonly ToolComplaint[]>;
  /** Why a tool has not answered, by its name. */
  absent: Readonly<Record<string, string>>;
  /** Tools that are there and did not answer, at least once: asked again they may. */
  failed?: readonly string[];
  /** What the tools were, for the report. */
  versions: readonly string[];
}
