// A named pipe in place of any file that a verb reads: refused or passed over at once, since a pipe would never answer.

import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { METHODS } from '../../api/methods.ts';
import { readReference, readRun } from '../../api/read-run.ts';
import { readAdapter } from '../../baselines/lora/peft.ts';
import { loadEmbedder } from '../../baselines/rag/model2vec.ts';
import { inspectModel } from '../../formats/checkpoint/inspect.ts';
import { loadSuite } from '../../harness/config/index.ts';
import { readPersonas } from '../../harness/config/personas.ts';
import { readItems } from '../../harness/datasets/own.ts';
import { EVALUATIONS } from '../../harness/evaluations/index.ts';
import { hubAccess } from '../../harness/hub/access.ts';
import { cachedModel, hubFolders } from '../../harness/hub/cache.ts';
import { parseHubName } from '../../harness/hub/name.ts';
import { DeviceMemo } from '../../harness/store/devices.ts';
import { DigestMemo, weightDigests } from '../../harness/store/digests.ts';
import { readMaskFile } from '../../harness/subnetworks/mask-file.ts';
import { loadText } from '../../harness/text/index.ts';
import { TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { temporaryFolder } from '../support/folders.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { suite } from '../support/suite.ts';

const test = suite('pipes', { timeoutMs: 20_000 });

function pipe(folder: string, name: string): string {
  const path = join(folder, name);
  rmSync(path, { force: true });
  execFileSync('mkfifo', [path]);
  return path;
}

async function refused(work: () => unknown, code: string): Promise<void> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => assert.unreachable(`${code} was expected`),
      (reason: { code?: string }) => reason,
    );
  assert.is((error as { code?: string }).code, code, String(error));
}

if (process.platform !== 'win32') {
  test('of a model', async () => {
    for (const name of ['tokenizer.json', 'tokenizer_config.json', 'chat_template.jinja', 'config.json']) {
      const folder = tinyModel();
      pipe(folder, name);
      await refused(() => loadText(folder, { vocab: TINY_VOCAB }), 'bad-model');
    }
    for (const name of ['config.json', 'model.safetensors']) {
      const folder = tinyModel();
      await writeRandomModel(folder, { family: 'llama', seed: 1, vocab: TINY_VOCAB });
      pipe(folder, name);
      await refused(() => inspectModel(folder), 'bad-model');
      await refused(() => weightDigests(folder, new DigestMemo(null)), 'bad-model');
      await refused(() => loadEmbedder(folder), 'bad-embedding');
    }
    const adapter = temporaryFolder();
    pipe(adapter, 'adapter_config.json');
    await refused(() => readAdapter(adapter, { matrices: [], family: 'llama', weights: '' }), 'bad-adapter');
    await refused(() => readMaskFile(pipe(temporaryFolder(), 'mask')), 'bad-mask');
  });

  test('of a suite', async () => {
    const folder = temporaryFolder();
    await refused(() => loadSuite(pipe(folder, 'suite.yaml'), { registry: METHODS, kinds: EVALUATIONS }), 'bad-suite');
    await refused(() => readPersonas(pipe(folder, 'personas.yaml')), 'bad-personas');
    await refused(() => readItems(pipe(folder, 'items.jsonl')), 'bad-data');
  });

  test('of a store, a run and a reference', async () => {
    const folder = temporaryFolder();
    await refused(() => readReference(pipe(folder, 'reference.json')), 'no-reference');
    pipe(folder, 'run.json');
    await refused(() => readRun(folder), 'bad-run');
    mkdirSync(join(folder, 'runs'));
    pipe(join(folder, 'runs'), 'latest');
    await refused(() => readRun('latest', folder), 'no-run');
    assert.is(new DigestMemo(pipe(folder, 'files.json')).get('a', 'b'), null);
    assert.is(new DeviceMemo(pipe(folder, 'devices.json')).get('a'), null);
  });

  test('of the hub', () => {
    const folder = temporaryFolder();
    assert.is(hubAccess({ HF_TOKEN_PATH: pipe(folder, 'token') }).token, null);
    process.env.XDG_CACHE_HOME = folder;
    const model = parseHubName('hf:me/tiny');
    mkdirSync(join(hubFolders(model).root, 'refs'), { recursive: true });
    pipe(join(hubFolders(model).root, 'refs'), 'main');
    assert.is(cachedModel(model), null);
  });
}

test.run();
