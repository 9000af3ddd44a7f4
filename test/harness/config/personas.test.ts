// Personas files: what they hold, what is refused, and that the schemas for editors are those of the code.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { BenchError } from '../../../base/error.ts';
import { loadPersonas } from '../../../harness/config/index.ts';
import { readPersonas } from '../../../harness/config/personas.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { ROOT, runNode } from '../../support/node.ts';
import { suite } from '../../support/suite.ts';

const test = suite('personas');

const file = (text: string): string => {
  const path = join(temporaryFolder(), 'personas.yaml');
  writeFileSync(path, text);
  return path;
};

async function says(text: string, pattern: RegExp): Promise<void> {
  const error = await loadPersonas(file(text)).catch((caught: BenchError) => caught);
  assert.instance(error, Error);
  assert.match((error as BenchError).message, pattern);
  assert.ok((error as BenchError).hint);
}

const POLE = 'trait: t, prompts: { plain: You are. }';

test('the ten poles of the package, with items, calibration texts and knowledge', async () => {
  const { personas, neutral } = await readPersonas(join(ROOT, 'personas.yaml'));
  assert.is(personas.length, 10);
  for (const { id, opposite, items, calibration, knowledge, prompts } of personas) {
    assert.is(personas.find((other) => other.id === opposite)?.opposite, id);
    assert.is(items.length, 189);
    assert.ok(calibration.length >= 128 && knowledge.length >= 24 && Object.keys(prompts).length === 3, id);
  }
  assert.ok(neutral.length >= 60);
});

test('a persona needs no items', async () => {
  const [persona] = await loadPersonas(file(`version: 1\npersonas:\n  a: { ${POLE}, pole: high }\n`));
  assert.equal([persona!.items, persona!.opposite], [[], null]);
});

test('an item of a persona that the file does not have is refused, not left out', async () => {
  const item = (persona: string) =>
    JSON.stringify({
      ...{ id: 'i1', trait: 't', persona, keying: '+', split: 'evaluation', question: 'And?' },
      options: ['yes', 'no'].map((text) => ({ text, matching: text === 'yes' })),
    });
  const book = (persona: string): string => {
    const path = file(
      `version: 1\npersonas:\n  high: { ${POLE}, pole: high, opposite: deep, items: i.jsonl }\n` +
        `  deep: { ${POLE}, pole: low, opposite: high, items: i.jsonl }\n`,
    );
    writeFileSync(join(path, '..', 'i.jsonl'), `${item(persona)}\n`);
    return path;
  };
  assert.is((await loadPersonas(book('deep')))[0]?.items.length, 1);
  const error = await loadPersonas(book('deap')).catch((caught: BenchError) => caught);
  assert.match((error as BenchError).message, /item "i1" is of persona "deap", which is not a pole of t/);
  assert.match((error as BenchError).hint ?? '', /did you mean "deep"\?/);
  assert.match((error as BenchError).where ?? '', /i\.jsonl$/);
});

test('a trait that no persona has is told with its rows and the one that is meant', async () => {
  const item = (id: string, trait: string) =>
    JSON.stringify({
      ...{ id, trait, persona: 'deep', keying: '+', split: 'evaluation', question: 'And?' },
      options: ['yes', 'no'].map((text) => ({ text, matching: text === 'yes' })),
    });
  const book = (...traits: readonly string[]): string => {
    const path = file(
      `version: 1\npersonas:\n  high: { ${POLE}, pole: high, opposite: deep, items: i.jsonl }\n` +
        `  deep: { ${POLE}, pole: low, opposite: high, items: i.jsonl }\n`,
    );
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('trait: t,', 'trait: manner,'));
    writeFileSync(join(path, '..', 'i.jsonl'), traits.map((trait, k) => `${item(`i${k}`, trait)}\n`).join(''));
    return path;
  };
  const told = async (...traits: readonly string[]) => {
    const error = await loadPersonas(book(...traits)).catch((caught: BenchError) => caught);
    const { code, message, hint, where } = error as BenchError;
    assert.is(code, 'bad-data');
    assert.match(where ?? '', /i\.jsonl$/);
    return `${message}; ${hint}`;
  };
  assert.match(await told('manners', 'manners'), /2 rows with the trait "manners".*"i0".*did you mean "manner"\?/);
  assert.match(await told('manner', 'maner'), /1 row with the trait "maner".*"i1".*did you mean "manner"\?/);
  assert.match(await told('weather'), /1 row with the trait "weather".*known: manner/);
  // A file may have items of traits that this personas file does not speak of.
  assert.is((await loadPersonas(book('manner', 'weather')))[0]?.items.length, 1);
});

test('opposites must exist, be the other pole, and agree', async () => {
  const two = (a: string, b: string): string =>
    `version: 1\npersonas:\n  high: { ${POLE}, ${a} }\n  deep: { ${POLE}, ${b} }\n`;
  await says(two('pole: high, opposite: deap', 'pole: low'), /:3:\d+ unknown persona "deap": did you mean "deep"\?/);
  await says(two('pole: high, opposite: deep', 'pole: high'), /"deep" is not the other pole of t/);
  await says(
    two('pole: high, opposite: deep', 'pole: low, opposite: deep'),
    /is not the other pole|as its own opposite/,
  );
});

test('one pole of a trait is the desirable one', async () => {
  const two = (a: boolean, b: boolean): string =>
    `version: 1\npersonas:\n  high: { ${POLE}, pole: high, opposite: deep, desirable: ${a} }\n` +
    `  deep: { ${POLE}, pole: low, opposite: high, desirable: ${b} }\n`;
  await says(two(true, true), /:3:\d+ "deep" says true too: one pole of t is the desirable one/);
  const personas = await loadPersonas(file(two(false, true)));
  assert.equal(
    personas.map(({ desirable }) => desirable),
    [false, true],
  );
});

test('unknown keys, wrong types and duplicates are refused', async () => {
  await says(
    `version: 1\npersonas:\n  a: { ${POLE}, pole: high, oposite: b }\n`,
    /unknown key "oposite": did you mean "opposite"\?/,
  );
  await says(`version: 1\npersonas:\n  a: { ${POLE}, pole: middle }\n`, /must be one of high, low/);
  await says(`version: 1\npersonas:\n  a: { trait: t, pole: high, prompts: You are. }\n`, /prompts must be object/);
  await says(
    `version: 1\npersonas:\n  a: { ${POLE}, pole: high }\n  a: { ${POLE}, pole: low }\n`,
    /this key is here twice/,
  );
  await says(`version: 1\npersonas:\n  "a\\tb": { ${POLE}, pole: high }\n`, /:3:3 a name is one line/);
  await says(
    `version: 1\npersonas:\n  a: { trait: t, pole: high, prompts: { "p\\nq": You are. } }\n`,
    /:3:\d+ a name is one line/,
  );
});

test('the schemas that editors use are not stale', async () => {
  const { code, stderr } = await runNode(['--import', 'tsx', 'scripts/schemas.ts', '--check']);
  assert.is(code, 0, stderr);
});

test.run();
