/**
 * Copies an SQLite database that is in use, whole and consistent: `copy-database.ts FROM TO`. Run by install.sh for the
 * trial of a release; stands alone, as servers have no harness.
 */
import { backup, DatabaseSync } from 'node:sqlite';

const [from = '', to = ''] = process.argv.slice(2);
const source = new DatabaseSync(from, { timeout: 5_000 });
try {
  await backup(source, to);
} finally {
  source.close();
}
