/** Where the table of moods is kept in a soak's folder. Read by the reports, which need nothing else of the soak. */

/** For people, and for the reports. */
export const MOOD_TABLE_FILES = { markdown: 'moods.md', data: 'moods.json' } as const;
