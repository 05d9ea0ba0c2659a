import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'install-executable',
  title: 'an install script can be run as it is, by the shell that it is written for',
  why: 'Called by a pipeline or a timer it is refused; called with `sh` it is read by another shell, which stops at the first array or runs it differently.',
  fix: 'chmod +x FILE (git keeps it: git update-index --chmod=+x FILE), and #!/usr/bin/env bash as the first line',
  messages: {
    notExecutable: 'the file may not be executed; chmod +x {file}, and commit that',
    noShebang: 'the first line does not say which shell runs it; write #!/usr/bin/env bash',
  },
  check({ deployment: { installers }, examine }) {
    for (const { script } of installers) {
      const { file, source } = script;
      const location = { file: file.path, line: 1, column: 1 };
      const mode = examine({ subject: `${file.path}: mode`, location });
      if (file.executable) mode.pass();
      else mode.fail('notExecutable', { file: file.path });
      const shell = examine({ subject: `${file.path}: first line`, location });
      if (source.tree.shebang === undefined) shell.fail('noShebang');
      else shell.pass();
    }
  },
});
