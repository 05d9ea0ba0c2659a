/** Which files a program starts in, as the files beside the source say. */
import { describe, expect, it } from 'vitest';
import { checkFiles } from './testing-project.ts';

const MAIN = 'setInterval(() => console.info(1), 1000);\n';

async function entriesOf(files: Record<string, string>): Promise<string> {
  const { notes } = await checkFiles(files, {}, { rules: [] });
  return notes.find((each) => each.startsWith('entries:')) ?? notes.join('\n');
}

describe('entries', () => {
  it('are named by a Procfile and by compose files, a list or a line', async () => {
    const found = await entriesOf({
      'src/api.ts': MAIN,
      'src/jobs.ts': MAIN,
      'src/mail.ts': MAIN,
      Procfile: 'web: node dist/api.js\nrelease: echo done\n',
      'docker-compose.yml':
        'services:\n  jobs:\n    command: ["node", "dist/jobs.js"]\n  mail:\n    entrypoint: node --enable-source-maps built/mail.js\n  db:\n    image: postgres\n',
    });
    expect(found).toBe(
      'entries: src/api.ts (Procfile web), src/jobs.ts (docker-compose.yml jobs), src/mail.ts (docker-compose.yml mail)',
    );
  });

  it('are named by the settings of pm2 and by those of the Nest command line', async () => {
    const found = await entriesOf({
      'src/server.ts': MAIN,
      'apps/api/src/main.ts': MAIN,
      'ecosystem.config.js': "module.exports = { apps: [{ name: 'api', script: './dist/server.js' }] };\n",
      'nest-cli.json':
        '{\n  // one application and a library\n  "projects": { "api": { "type": "application", "sourceRoot": "apps/api/src" }, "lib": { "type": "library" } }\n}\n',
    });
    expect(found).toBe('entries: src/server.ts (ecosystem.config.js), apps/api/src/main.ts (nest-cli.json)');
  });
});
