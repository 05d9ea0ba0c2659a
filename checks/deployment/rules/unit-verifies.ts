import { defineDeploymentRule } from '../rule.ts';

export default defineDeploymentRule({
  id: 'unit-verifies',
  title: 'systemd understands every line of the unit',
  why: 'systemd ignores what it does not know: a misspelt Restart= is no restart, and nothing says so until the first crash.',
  fix: 'correct the line; `systemd-analyze verify FILE` says the same (it exits 0 all the same: read its standard error)',
  messages: {
    complaint: 'systemd says of this line: {said}; correct it',
  },
  check({ deployment: { services, tools }, examine }) {
    for (const { file, key, at } of services) {
      const complaints = tools.verify?.get(key);
      const subject = `${key}: systemd-analyze verify`;
      const location = { ...at('Unit'), file: file.path };
      if (complaints === undefined) {
        const why = tools.absent['systemd-analyze'] ?? 'systemd-analyze did not answer';
        examine({ subject, location }).unknown(`${why}: nobody has checked what systemd makes of this unit`);
      } else if (complaints.length === 0) examine({ subject, location }).pass();
      for (const { file: place, line, column, message } of complaints ?? [])
        examine({
          subject: `${subject} ${message}`,
          location: { file: place, line, column },
        }).fail('complaint', { said: message });
    }
  },
});
