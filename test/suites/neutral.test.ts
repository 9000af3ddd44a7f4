// The bundled neutral texts and questions: long enough, in disjoint halves, and free of every item and of all that methods
// see of a persona.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { loadPersonas, readPersonas } from '../../harness/config/personas.ts';
import { neutralParts } from '../../harness/plan/neutral.ts';
import { NEUTRAL_QUESTIONS, SPOKEN } from '../../harness/plan/neutral-questions.ts';
import { loadText } from '../../harness/text/index.ts';
import { ROOT } from '../support/node.ts';
import { test } from '../support/suite.ts';
import { plain } from './item-checks.ts';

const { personas, neutral } = await readPersonas(join(ROOT, 'personas.yaml'));
const { calibration, heldOut } = neutralParts(neutral);

/** Strings in the rows of the bundled item files, and of what methods see of the personas that are bundled. */
async function elsewhere(): Promise<readonly string[]> {
  const folder = join(ROOT, 'suites/items');
  const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  assert.ok(files.length >= 2, files.join());
  const strings = (value: unknown): readonly string[] =>
    typeof value === 'string'
      ? [value]
      : value === null || typeof value !== 'object'
        ? []
        : Object.values(value).flatMap(strings);
  const rows = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').trim().split('\n'));
  const items = rows.flatMap((row) => strings(JSON.parse(row)));
  const others = await loadPersonas(join(ROOT, 'suites/personas/situations.yaml'));
  const seen = [...personas, ...others].flatMap((persona) => [
    persona.description,
    ...Object.values(persona.prompts),
    ...persona.calibration.flatMap(({ question, answer }) => [question ?? '', answer]),
    ...persona.knowledge.map(({ text }) => text),
  ]);
  return [...items, ...seen];
}

/** Texts of `own` that are one of `others`, or have one of four words or more in them. */
function shared(own: readonly string[], others: readonly string[]): readonly string[] {
  const all = own.map((one) => ` ${plain(one)} `);
  const wanted = new Set(others.map(plain).filter((one) => one.split(' ').length >= 4));
  return [...wanted].filter((one) => all.some((text) => text.includes(` ${one} `)));
}

test('the held-out half has 2,000 tokens of persona-nano, and shares no sentence with the calibration half', async () => {
  const text = await loadText(join(ROOT, 'models/persona-nano'), { vocab: 3840 });
  const tokens = heldOut.reduce((sum, one) => sum + text.encode(one).length - 1, 0);
  assert.ok(tokens >= 2000, `${tokens} tokens`);
  assert.is(calibration.length + heldOut.length, neutral.length, 'no text stands twice');
  const sentences = (half: readonly string[]) => half.flatMap((one) => one.split(/(?<=[.?!])\s+/)).map(plain);
  const all = [...sentences(calibration), ...sentences(heldOut)];
  assert.equal(
    all.filter((sentence, i) => all.indexOf(sentence) !== i),
    [],
  );
});

test('every suite of the package that names neutral texts names these', () => {
  for (const file of ['personas.yaml', 'suites/personas/paper.yaml', 'suites/personas/situations.yaml']) {
    assert.match(
      readFileSync(join(ROOT, file), 'utf8'),
      /^neutral: \{ texts: (suites|\.\.)\/corpora\/neutral\.jsonl/m,
      file,
    );
  }
});

test('neutral texts and questions hold no item and nothing that methods see of a persona, nor its name', async () => {
  const own = [...neutral, ...NEUTRAL_QUESTIONS];
  assert.is(new Set(own.map(plain)).size, own.length);
  assert.ok(SPOKEN >= 2 && SPOKEN <= NEUTRAL_QUESTIONS.length);
  const others = await elsewhere();
  assert.ok(others.length > 5000, `${others.length} strings were compared`);
  assert.equal(shared(own, others), []);
  const planted = others.find((one) => plain(one).split(' ').length >= 6)!;
  assert.is(shared([...own, `And so: ${planted}`], others).length, 1);
  const named = new Set(personas.flatMap(({ id, trait }) => [id, trait]));
  assert.equal(
    own.flatMap((one) => plain(one).split(' ')).filter((word) => named.has(word)),
    [],
  );
});

test.run();
