/** Runs verify.sh inside and turns each of its TAP lines into a finding. Called by the steps `verified` and `reboots`. */
import { type Ended, type Finding, type Stand, Unmet } from './step.ts';
import { CURRENT } from './deploy.ts';

export async function verify(stand: Stand): Promise<Finding[]> {
  const ended = await stand.inside([`${CURRENT}/deployment/verify.sh`]);
  const findings = parseTap(ended.stdout);
  if (findings.length === 0) throw new Error(`verify.sh ended with ${ended.code} and printed no check`);
  demandAgreement(ended, findings);
  return findings;
}

/** `ok 1 - name` with a comment that says what was seen, or `not ok` with a block that does. A missing line is unknown. */
export function parseTap(text: string): Finding[] {
  const [, planned = '0'] = /^1\.\.(\d+)$/m.exec(text) ?? [];
  const points = text.split(/^(?=(?:not )?ok \d)/m).filter((part) => /^(not )?ok \d/.test(part));
  const findings = points.map((part): Finding => {
    const [, not, subject = ''] = /^(not )?ok \d+ - (\S+)/.exec(part) ?? [];
    if (not === undefined)
      return { subject, outcome: 'pass', message: /^# (?!\{)(.+)$/m.exec(part)?.[1] ?? `${subject} is well` };
    const [, message = '"it said nothing"'] = /^ {2}message: (.+)$/m.exec(part) ?? [];
    const isUnknown = /^ {2}severity: "unknown"$/m.test(part);
    return { subject, outcome: isUnknown ? 'unknown' : 'fail', message: String(JSON.parse(message)) };
  });
  if (findings.length === Number(planned)) return findings;
  const message = `verify.sh planned ${planned} checks and printed ${findings.length}`;
  return [...findings, { subject: 'plan', outcome: 'unknown', message }];
}

/** The exit code must say what the lines say: a pipeline reads only one of them. */
function demandAgreement({ code }: Ended, findings: readonly Finding[]): void {
  const has = (outcome: Finding['outcome']): boolean =>
    findings.some((finding) => finding.outcome === outcome);
  const expected = has('fail') ? 1 : has('unknown') ? 3 : 0;
  if (code !== expected)
    throw new Unmet(`verify.sh ended with ${code}; by the checks that it printed ${expected} was expected`);
}
