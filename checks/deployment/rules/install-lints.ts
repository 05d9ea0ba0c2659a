import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'install-lints',
  title: 'shellcheck finds no error in an install script',
  why: 'An unquoted variable splits at the first blank in a path, on the machine where nobody looks.',
  fix: 'what shellcheck says of the code (https://www.shellcheck.net/wiki/CODE); `# shellcheck disable=CODE` with the reason where it is wrong',
  messages: {
    complaint: 'shellcheck {code}: {said}',
  },
  missing: ({ tools, installers }) =>
    installers.length > 0 && tools.lint === undefined ? 'shellcheck on the PATH' : undefined,
  check({ deployment: { installers, tools }, examine }) {
    for (const { script } of installers) {
      const { path: file } = script.file;
      const complaints = tools.lint?.get(file);
      const handle = (subject: string, line: number, column: number) =>
        examine({ subject: `${file}: ${subject}`, location: { file, line, column } });
      if (complaints === undefined)
        handle('shellcheck', 1, 1).unknown('shellcheck gave no answer for this file');
      else if (complaints.length === 0) handle('shellcheck', 1, 1).pass();
      for (const { line, column, code, message } of complaints ?? [])
        handle(`shellcheck ${code}`, line, column).fail('complaint', { code, said: message });
    }
  },
});
