// `bench try --adapter` and `bench adapter merge` on the real engine: PEFT's own numbers, beside the weights and in
// them.

import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { adapterMerge } from '../../cli/adapter.ts';
import type { TryOptions } from '../../cli/options.ts';
import { tryVerb } from '../../cli/try.ts';
import { tryServices } from '../../cli/try-runtime.ts';
import { BENCH } from '../support/bench.ts';
import { fixture, temporaryFolder } from '../support/folders.ts';
import { runNode } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('bench adapter');
const BASE = fixture('families/llama3');
const ADAPTER = fixture('families/adapters/llama3-lora');
const LOOSE = 1e-4;
const golden = (
  JSON.parse(readFileSync(join(ADAPTER, 'golden.json'), 'utf8')) as { ids: number[]; logprobs: number[] }[]
)[2]!;

async function logprobs(options: TryOptions): Promise<readonly number[]> {
  let text = '';
  const stdout = (piece: string): void => {
    text += piece;
  };
  const asked = { ids: golden.ids.join(','), json: true, maxTokens: 0, ...options };
  await tryVerb(undefined, asked, { ...tryServices(), stdout, stderr: () => {} });
  return JSON.parse(text).logprobs;
}
const worst = (found: readonly number[]): number =>
  Math.max(...golden.logprobs.map((value, i) => Math.abs(value - found[i]!)));

test("what is tried through a PEFT adapter, and what it is merged into, has PEFT's log-probabilities", async () => {
  const out = join(temporaryFolder(), 'merged');
  const told: string[] = [];
  const code = await adapterMerge(ADAPTER, { model: BASE, out }, { write: (text) => told.push(String(text)) > 0 });
  assert.equal([code, ...told], [0, `Written: ${out}\nNext:    bench try "How was your week?" --model ${out}\n`]);
  const beside = worst(await logprobs({ model: BASE, adapter: ADAPTER }));
  const merged = worst(await logprobs({ model: out }));
  const without = worst(await logprobs({ model: BASE }));
  console.log(`  beside ${beside.toExponential(1)}, merged ${merged.toExponential(1)}, without ${without.toFixed(2)}`);
  assert.ok(beside < LOOSE && merged < LOOSE && without > 0.1);
});

test('an adapter of another kind is refused with its file and a next step, before anything is written', async () => {
  const place = temporaryFolder();
  const spoilt = join(place, 'adapter');
  cpSync(ADAPTER, spoilt, { recursive: true });
  const file = join(spoilt, 'adapter_config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), use_dora: true }));
  const out = join(place, 'out');
  const main = BENCH;
  for (const verb of [
    ['adapter', 'merge', spoilt, '--model', BASE, '--out', out],
    ['try', '--ids', '1,2', '--model', BASE, '--adapter', spoilt],
  ]) {
    const { code, stdout, stderr } = await runNode([...main, ...verb]);
    assert.equal([code, stdout], [2, '']);
    assert.ok(stderr.includes(`${file}: "use_dora" is true, which is not applied here\n`), stderr);
    assert.match(stderr, /merge it into the model with PEFT/);
  }
  assert.not.ok(existsSync(out));
});

test('a device named by --adapter is no folder: the message names --device', async () => {
  const main = BENCH;
  const verb = ['try', '--ids', '1,2', '--model', BASE, '--adapter', 'swiftshader'];
  const { code, stdout, stderr } = await runNode([...main, ...verb]);
  assert.equal([code, stdout], [2, '']);
  assert.match(stderr, /error: swiftshader: there is no such folder\n .*the device is named by --device\n/);
});

test.run();
