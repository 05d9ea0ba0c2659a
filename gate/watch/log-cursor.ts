/** How far a log has been read: what the next watch goes on from. Part of the ledger. */

/** A file, known by more than its name, which the next file will have. */
export interface FilePlace {
  device: number;
  inode: number;
  /** Whole lines up to here have been read. */
  offset: number;
  /** Hash of its first bytes (`headBytes` of them): an inode is given away again. */
  head: string;
  headBytes: number;
}

export type LogCursor =
  | {
      kind: 'file';
      path: string;
      place: FilePlace;
      /** Renamed, and perhaps still written to. */ before?: FilePlace;
    }
  | {
      kind: 'journal';
      unit: string;
      cursor: string;
      /** The last lives of the unit, the newest last. */
      known?: { invocationId: string; pids: string[] }[];
    };
