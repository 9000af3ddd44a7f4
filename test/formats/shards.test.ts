// The index of a sharded checkpoint, hostile until it fits its folder and its shards.

import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refused } from '../support/checkpoint.ts';
import { fixture, temporaryFolder } from '../support/folders.ts';
import { test } from '../support/suite.ts';

/** A copy of the sharded fixture whose index is changed. */
function withIndex(change: (map: Record<string, unknown>, folder: string) => unknown): string {
  const folder = temporaryFolder();
  cpSync(fixture('families/llama-bf16'), folder, { recursive: true });
  const path = join(folder, 'model.safetensors.index.json');
  const index = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify(change(index.weight_map, folder) ?? index));
  return folder;
}
const NORM = 'model.norm.weight';
const SECOND = 'model-00002-of-00002.safetensors';

test('an index that leads out of the folder', async () => {
  for (const file of [
    '../evil.safetensors',
    '/etc/x.safetensors',
    'a/b.safetensors',
    '..\\x.safetensors',
    'C:x.safetensors',
    'model.bin',
    '',
    7,
    null,
  ]) {
    const folder = withIndex((map) => {
      map[NORM] = file;
    });
    await refused(
      folder,
      'bad-weights',
      /"model\.norm\.weight": its shard .* is not the name of a \.safetensors file/,
      /index\.json$/,
    );
  }
});

test('an index that does not fit its shards', async () => {
  const moved = withIndex((map) => {
    map[NORM] = 'model-00001-of-00002.safetensors';
  });
  await refused(moved, 'bad-weights', /"model\.norm\.weight": the index places it in "model-00001/, /index\.json$/);
  const invented = withIndex((map) => {
    map['model.extra'] = SECOND;
  });
  await refused(invented, 'bad-weights', /"model\.extra": the index places it/, /index\.json$/);
  const missing = withIndex((_, folder) => rmSync(join(folder, SECOND)));
  await refused(missing, 'bad-model', /there is no such file/, /model-00002/);
  const twice = withIndex((map, folder) => {
    cpSync(join(folder, SECOND), join(folder, 'z.safetensors'));
    map[NORM] = 'z.safetensors';
  });
  await refused(twice, 'bad-weights', /is in .*model-00002-of-00002\.safetensors too/, /z\.safetensors$/);
  const unnamed = withIndex((map) => {
    delete map[NORM];
  });
  await refused(unnamed, 'bad-weights', /"model\.norm\.weight": the shard has it, and .*index\.json does not/, /00002/);
  const folder = withIndex((map, inside) => {
    mkdirSync(join(inside, 'd.safetensors'));
    map[NORM] = 'd.safetensors';
  });
  await refused(folder, 'bad-weights', /a folder or a device/, /d\.safetensors$/);
});

test('an index that names a tensor twice, in two shards', async () => {
  const folder = withIndex(() => undefined);
  const path = join(folder, 'model.safetensors.index.json');
  const text = readFileSync(path, 'utf8');
  const line = `"${NORM}":`;
  writeFileSync(path, text.replace(line, `${line}"model-00001-of-00002.safetensors",${line}`));
  await refused(folder, 'bad-weights', /the index names "model\.norm\.weight" twice/, /index\.json$/);
});

test('an index that is none', async () => {
  await refused(
    withIndex(() => ({})),
    'bad-weights',
    /weight_map is not an object/,
    /index\.json$/,
  );
  await refused(
    withIndex(() => []),
    'bad-weights',
    /weight_map is not an object/,
    /index\.json$/,
  );
  await refused(
    withIndex(() => ({ weight_map: {} })),
    'bad-weights',
    /names 0 shards/,
    /index\.json$/,
  );
  const many = Object.fromEntries(Array.from({ length: 513 }, (_, k) => [`t${k}`, `${k}.safetensors`]));
  await refused(
    withIndex(() => ({ weight_map: many })),
    'bad-weights',
    /names 513 shards, and 1 to 512/,
    /index\.json$/,
  );
  const broken = withIndex(() => ({}));
  writeFileSync(join(broken, 'model.safetensors.index.json'), '{"weight_map": ');
  await refused(broken, 'bad-model', /cannot be read as JSON/, /index\.json$/);
});

test.run();
