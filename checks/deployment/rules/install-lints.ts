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
    const said = new Set<string>();
    for (const { script } of installers) {
      const { path: file } = script.file;
      const complaints = tools.lint?.get(file);
      const whole = { subject: `${file}: shellcheck`, location: { file, line: 1, column: 1 } };
      if (complaints === undefined) examine(whole).unknown('shellcheck gave no answer for this file');
      else if (complaints.length === 0) examine(whole).pass();
      for (const { file: place, line, column, code, message } of complaints ?? []) {
        // Of a file that several scripts source it is said once.
        const key = `${place}:${line}:${column}:${code}`;
        if (said.has(key)) continue;
        said.add(key);
        const subject = `${place}: shellcheck ${code}`;
        examine({ subject, location: { file: place, line, column } }).fail('complaint', {
          code,
          said: message,
        });
      }
    }
  },
});
