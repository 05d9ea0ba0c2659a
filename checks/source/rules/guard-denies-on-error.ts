import { guardVerdicts } from '../graph/routes/guard-verdicts.ts';
import { defineRule } from '../rule.ts';

export default defineRule({
  id: 'guard-denies-on-error',
  title: 'what decides who is an admin answers no on any error',
  why: 'The database is gone for a second, the check fails, and the error path decides: a swallowed error or a forgotten await lets everybody in.',
  fix: 'in isAdmin: everything in a try, the error logged, return false; in the guard: await the check, and deny in every catch',
  messages: {
    throws:
      '{name} decides who is an admin and can throw ({what}), so each caller decides for itself what an error means: a 500, a hanging request, or an open door; catch every error in it, log it, and return false',
    allowsOnError:
      '{name} answers true after an error, so a failing look-up makes everybody an admin; return false',
    swallowsDenial:
      '{name} catches its own denial and goes on as if the request had passed; deny in the catch, or rethrow',
    notAwaited: '{callee}() gives a promise that {name} does not await: {effect}; await it',
  },
  check({ graph, types, examine }) {
    for (const { subject, location, fault, path } of guardVerdicts(graph, types)) {
      const examination = examine({ subject, location });
      if (fault) examination.fail(fault.id, fault.words, path);
      else examination.pass();
    }
  },
});
