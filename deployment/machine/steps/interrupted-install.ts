/** An install that is interrupted once it has switched goes back, however it is told and whoever has stopped listening. */
import { bring, expectedRelease, PING, stateOf } from '../deploy.ts';
import { expect, type Finding, type Stand, type Step, Unmet } from '../step.ts';

const TAKEN_BACK = 10;
const WITHIN_MS = 120_000;

/** `$1` is install.sh, `$2` the archive, `$3` the new release. Each prints the exit code of install.sh as its last line. */
const SWITCHED = 'switched() { [[ $(readlink /opt/paper-trading/current) == *"$new" ]]; }';
const BEGUN = `script=$1 archive=$2 new=$3 log=$(mktemp); ${SWITCHED}
"$script" --skip-trial --release "$archive" >"$log" 2>&1 & pid=$!
until switched || ! kill -0 "$pid" 2>/dev/null; do sleep 0.01; done`;
const END = 'wait "$pid"; code=$?; cat "$log"; echo "$code"';

const WAYS: Readonly<Record<string, string>> = {
  'the terminal goes away': `${BEGUN}; kill -HUP "$pid"; ${END}`,
  // The second one while the way back has begun: rollback.sh looks at the units as install.sh has.
  'told to end, and again on its way back': `${BEGUN}; kill -TERM "$pid"
until (($(grep --count '^== units' "$log") >= 2)) || ! kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
kill -TERM "$pid"; ${END}`,
  'whoever reads its output has gone': `code=$(mktemp)
{ "$1" --skip-trial --release "$2" 2>&1; echo "$?" >"$code"; } | sed --unbuffered '/does   point/q'
cat "$code"`,
};

const step: Step = {
  id: 'interrupted-install',
  title: 'an install that is interrupted after the switch goes back to the release before',
  needs: ['installed'],
  run: async (stand) => {
    const findings: Finding[] = [];
    for (const [way, script] of Object.entries(WAYS)) {
      if (stand.signal.aborted) break;
      findings.push(await interrupt(stand, way, script));
    }
    return findings;
  },
};

async function interrupt(stand: Stand, way: string, script: string): Promise<Finding> {
  try {
    const old = expectedRelease(stand);
    const next = await bring(stand, 'harmless');
    const words = [`${next.scripts}/install.sh`, next.archive, next.id];
    const { stdout } = await stand.inside(['bash', '-c', script, 'bash', ...words], { timeoutMs: WITHIN_MS });
    const code = Number(stdout.trim().split('\n').at(-1));
    const after = await stateOf(stand);
    expect(
      after.release === old && after.active === 'active',
      `${after.release} is ${after.active} after it, expected ${old} to be active`,
    );
    const answer = await stand.must([
      'curl',
      '--silent',
      '--show-error',
      '--include',
      `http://127.0.0.1:3000${PING}`,
    ]);
    expect(answer.includes(`x-release: ${old}`), `it is not ${old} that answers: ${answer.slice(0, 300)}`);
    expect(code === TAKEN_BACK, `install.sh ended with ${code}, expected ${TAKEN_BACK}`);
    return { subject: way, outcome: 'pass', message: `exit code ${code}, and ${old} answers` };
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return { subject: way, outcome: 'fail', message: error.message };
  }
}

export default step;
