/** The releases that the machine test deploys. Built once for a run, on this host, from the checkout. */

export interface Releases {
  /** Folder of the archives on this host. */
  folder: string;
}
