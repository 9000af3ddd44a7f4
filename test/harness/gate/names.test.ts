// Rules of a gate name rows that the suite can make: a misspelt one is an error before anything runs.

import * as assert from 'uvu/assert';
import { suiteOf } from '../../../cli/suite-options.ts';
import { suite } from '../../support/suite.ts';
import { SUITE, suiteFolder } from '../../support/suite-file.ts';

const test = suite('names in a gate');
const WITH_MASK = `${SUITE}  - { id: mask, subnetwork: { score: magnitude } }
sparsity: [{ low: 0.5 }]
controls: { random: 1, magnitude: false, generic-text: false, opposite: false, shuffled: false }
`;

async function refused(gate: string): Promise<string> {
  try {
    await suiteOf(suiteFolder(`${WITH_MASK}gate: ${gate}\n`), {});
  } catch (error) {
    const { code, message, where, hint } = error as { code: string; message: string; where: string; hint: string };
    assert.is(code, 'bad-suite');
    assert.match(where, /suite\.yaml(:|$)/);
    return `${message}; ${hint}`;
  }
  return assert.unreachable(gate) as never;
}

test('methods, their sparsities and the controls that the harness adds are known', async () => {
  const rules = '{ rows: [asked, mask], floors: { mask at low: 0.1 }, order: [mask > random, mask at low >= none] }';
  const { gate } = await suiteOf(suiteFolder(`${WITH_MASK}gate: ${rules}\n`), {});
  assert.equal(gate?.rows, ['asked', 'mask']);
});

test('what is misspelt is named, with a suggestion', async () => {
  const askd = await refused('{ rows: [askd] }');
  assert.match(
    askd,
    /suite\.yaml:13:16 gate\.rows names "askd", and the suite has no such method: did you mean "asked"\?/,
  );
  assert.match(askd, /13 \| gate: \{ rows: \[askd\] \}\n.*\| {16}\^\^\^\^/);
  assert.match(await refused('{ rows: [mask at low] }'), /gate\.rows .* no such method: did you mean "mask"\?/);
  assert.match(
    await refused('{ rows: [mask], floors: { mask at high: 0.1 } }'),
    /gate\.floors names "mask at high", .* row/,
  );
  for (const order of ['mask > asked > none', 'mask >> none', 'mask'])
    assert.match(await refused(`{ rows: [mask], order: ["${order}"] }`), /order must be two rows, such as/);
  assert.match(
    await refused('{ rows: [mask], order: [mask > other] }'),
    /gate\.order names "other", .*: methods of the suite: none, asked, mask, random$/m,
  );
  assert.match(
    await refused('{ rows: [mask], timings: { against: nine, prefill: 2 } }'),
    /gate\.timings\.against names "nine"/,
  );
});

test('a row at a sparsity that its method does not run at is refused, with those that it has', async () => {
  const levels = WITH_MASK.replace('{ low: 0.5 }', '{ low: 0.5 }, { high: 0.7 }').replace(
    'score: magnitude',
    'score: magnitude, sparsity: [low]',
  );
  const load = (gate: string) => suiteOf(suiteFolder(`${levels}gate: ${gate}\n`), {});
  await load('{ rows: [mask], floors: { mask at low: 0.1 }, order: [mask at low > none] }');
  for (const [gate, place] of [
    ['{ rows: [mask], floors: { mask at high: 0.1 } }', ':13:33'],
    ['{ rows: [mask], order: [mask at high > none] }', ':13:31'],
    ['{ rows: [mask], order: [mask > none at low] }', ':13:31'],
  ] as const) {
    const { message } = await load(gate).then(
      () => assert.unreachable(gate) as never,
      (error: Error) => error,
    );
    assert.match(message, `suite.yaml${place} gate.`);
  }
});

test('all mistakes of a gate are shown at once, each at its place', async () => {
  const text = await refused('{ rows: [askd, noen], floors: { mask at lo: 0.1 }, order: [asked > nune] }');
  for (const part of [/:13:16 gate\.rows names "askd"/, /:13:22 gate\.rows names "noen"/, /"mask at lo"/, /"nune"/])
    assert.match(text, part);
});

test.run();
