// Every family on the device against the numbers of Hugging Face's transformers and against the f64 network, with the
// config as transformers 4 and as transformers 5 writes it.

import { copyFileSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { openCheckpoint } from '../../../formats/checkpoint/open.ts';
import { loadSpec } from '../../../formats/checkpoint/read-spec.ts';
import { DENSE, type LoadedEngine, loadEngine } from '../../../gpu/index.ts';
import { type ReferenceModel, referenceModel } from '../../../gpu/reference/network/forward.ts';
import { FAMILIES, fixture, temporaryFolder } from '../../support/folders.ts';
import { suite } from '../../support/suite.ts';

/** Ten times what separates transformers' own f32 from its f64, and below what any likely mistake changes. */
const TOLERANCE = 5e-5;

interface Golden {
  readonly ids: readonly number[];
  readonly logprobs: readonly number[];
  readonly top: readonly (readonly [number, number])[];
  readonly greedy: readonly number[];
}

/** The fixture with one of its configs as config.json. */
function folderOf(name: string, config: string): string {
  const from = fixture(`families/${name}`);
  const to = temporaryFolder();
  for (const file of readdirSync(from)) {
    if (!file.startsWith('config')) copyFileSync(join(from, file), join(to, file));
  }
  copyFileSync(join(from, config), join(to, 'config.json'));
  return to;
}

async function reference(folder: string): Promise<ReferenceModel> {
  const checkpoint = await openCheckpoint(folder);
  try {
    return await referenceModel(await loadSpec(folder), checkpoint);
  } finally {
    await checkpoint.close();
  }
}

async function continued(engine: LoadedEngine, tokens: Uint32Array, maxTokens: number): Promise<readonly number[]> {
  const sampling = { maxTokens, temperature: 0, topK: 0, topP: 1, seed: 0, stopTokens: [] };
  const out: number[] = [];
  for await (const { token } of engine.generate([{ tokens, variant: DENSE }], sampling)) out.push(token);
  return out;
}

const ids = (top: readonly (readonly [number, number])[]): readonly number[] => top.map(([id]) => id);

function furthest(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.is(found.length, expected.length);
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(found[i]! - value)), 0);
}

const test = suite('golden numbers of the families');

for (const name of FAMILIES) {
  const goldens: readonly Golden[] = JSON.parse(readFileSync(fixture(`families/${name}/golden.json`), 'utf8'));
  for (const config of ['config.json', 'config.v5.json']) {
    test(`${name}, ${config}`, async () => {
      const folder = folderOf(name, config);
      const exact = await reference(folder);
      const engine = await loadEngine(folder);
      try {
        const worst = { golden: 0, f64: 0 };
        assert.is(goldens.length, 4);
        for (const { ids: input, logprobs, top, greedy } of goldens) {
          const tokens = Uint32Array.from(input);
          const found = await engine.top(tokens, 5);
          assert.equal(ids(found), ids(top));
          assert.equal(ids(found), ids(exact.top(tokens, 5)));
          const values = found.map(([, value]) => value);
          worst.golden = Math.max(
            worst.golden,
            furthest(
              values,
              top.map(([, value]) => value),
            ),
          );
          assert.equal(await continued(engine, tokens, greedy.length), greedy);
          if (tokens.length === 1) continue;
          const [scored] = await engine.score([{ tokens, from: 1, variant: DENSE }]);
          worst.golden = Math.max(worst.golden, furthest(scored!.logprobs, logprobs));
          worst.f64 = Math.max(worst.f64, furthest(scored!.logprobs, exact.logprobs(tokens)));
        }
        const said = `golden ${worst.golden.toExponential(1)}, f64 ${worst.f64.toExponential(1)}`;
        console.log(`${name}, ${config}: largest difference: ${said}`);
        assert.ok(worst.golden <= TOLERANCE && worst.f64 <= TOLERANCE, said);
      } finally {
        await engine.dispose();
      }
    });
  }
}

test.run();
