// What loading takes: refused by name before anything is allocated where it does not fit, and on the host no more than
// the model and 100 MB.

import * as assert from 'uvu/assert';
import { BenchError } from '../../../base/error.ts';
import { forwardNeeds } from '../../../gpu/engine/forward/forward.ts';
import { scoreOptions } from '../../../gpu/engine/forward/sizes.ts';
import { DENSE, loadEngine } from '../../../gpu/index.ts';
import { temporaryFolder } from '../../support/folders.ts';
import { writeLargeModel } from '../../support/large-model.ts';
import { runScript } from '../../support/node.ts';
import { randomTokens, writeRandomModel } from '../../support/random-model.ts';
import { suite } from '../../support/suite.ts';

const test = suite('budget');
const MB = 1e6;
/** Uniforms, and the least size of a buffer. */
const SMALL_CHANGE = 32 * 1024;

const folder = temporaryFolder();
await writeRandomModel(folder, { family: 'llama', seed: 3, format: 'bf16', hidden: 96, layers: 4, vocab: 1000 });

/** Calls of createBuffer while `work` runs. */
async function buffersMade(work: () => Promise<unknown>): Promise<number> {
  const { createBuffer } = GPUDevice.prototype;
  let made = 0;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    made++;
    return createBuffer.call(this, descriptor);
  };
  try {
    await work();
  } finally {
    GPUDevice.prototype.createBuffer = createBuffer;
  }
  return made;
}

test('a budget that is too small is refused with every need and what is missing, and nothing is allocated', async () => {
  await (await loadEngine(folder)).dispose(); // from here on GPUDevice is there
  const refused = async (): Promise<void> => {
    try {
      await loadEngine(folder, { budgetBytes: 2 ** 20, maxRows: 256 });
    } catch (error) {
      assert.instance(error, BenchError);
      const { code, message, hint } = error as BenchError;
      assert.is(code, 'gpu-memory');
      assert.match(
        message,
        /^the model in \S+ needs [\d.]+ MiB \(weights [\d.]+ [KM]iB, buffers of a step of 256 rows [\d.]+ [KM]iB, 256 rows of keys and values [\d.]+ [KM]iB\), and 1\.0 MiB of the budget of 1\.0 MiB are left: [\d.]+ [KM]iB are missing$/,
      );
      assert.match(hint ?? '', /smaller model/);
      return;
    }
    assert.unreachable('it was loaded');
  };
  assert.is(await buffersMade(refused), 0);
  assert.ok((await buffersMade(async () => (await loadEngine(folder)).dispose())) > 0, 'the count counts');
});

test('the budget that is asked for is what scoring takes', async () => {
  const engine = await loadEngine(folder, { maxRows: 64 });
  const needs = forwardNeeds(engine.spec, scoreOptions(engine.spec, 64, Infinity));
  const asked = engine.weightBytes + Object.values(needs).reduce((sum, bytes) => sum + bytes, 0);
  const sequence = { tokens: randomTokens(1, 30, 1000), from: 1, variant: DENSE };
  await engine.score([sequence]);
  const taken = engine.counters().peakBytes;
  await engine.dispose();
  assert.ok(taken >= asked && taken - asked <= SMALL_CHANGE, `asked for ${asked}, took ${taken}`);
  const fitting = await loadEngine(folder, { maxRows: 64, budgetBytes: taken });
  try {
    await fitting.score([sequence]);
    // Generation keeps the keys and values of every layer: more than scoring, and not asked for at load.
    const prompts = Array.from({ length: 40 }, () => ({ tokens: sequence.tokens, variant: DENSE }));
    const sampling = { maxTokens: 60, temperature: 0, topK: 0, topP: 1, seed: 1, stopTokens: [] };
    await fitting.generate(prompts, sampling)[Symbol.asyncIterator]().next();
    assert.unreachable('generation fits too');
  } catch (error) {
    assert.match((error as Error).message, /^a forward pass needs .*3600 rows of keys and values .* are missing$/);
  } finally {
    await fitting.dispose();
  }
});

test('loading 300 MB costs the host at most the model and 100 MB', async () => {
  const large = temporaryFolder();
  const bytes = await writeLargeModel(large, {
    ...{ family: 'llama', seed: 1, layers: 6, hidden: 1024, heads: 16, kvHeads: 4, ffn: 4096, vocab: 60_000 },
    ...{ shardBytes: 64 * MB, fill: 'sparse' },
  });
  assert.ok(bytes > 290 * MB, `${bytes} bytes`);
  const { code, stdout, stderr } = await runScript(
    `import { loadEngine } from './gpu/index.ts';
    import { peakHostBytes as peak } from './test/support/host-memory.ts';
    await (await loadEngine(${JSON.stringify(folder)})).dispose(); // the driver itself
    const before = peak();
    const engine = await loadEngine(${JSON.stringify(large)});
    console.log(JSON.stringify({ cost: peak() - before, weights: engine.weightBytes }));
    await engine.dispose();`,
  );
  assert.is(code, 0, stderr);
  const { cost, weights } = JSON.parse(stdout.trim().split('\n').pop()!);
  console.log(`${(cost / MB).toFixed(0)} MB for ${(weights / MB).toFixed(0)} MB of weights`);
  assert.ok(cost <= bytes + 100 * MB, `${cost} bytes for ${bytes}`);
});

test.run();
