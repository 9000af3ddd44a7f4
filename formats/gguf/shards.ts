// The files of a model that is cut into shards, by the name of any of them.

import { basename, dirname, join } from 'node:path';
import { BenchError } from '../../base/error.ts';

/** `model-00002-of-00005.gguf` */
const SHARD = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/i;
const MAX_SHARDS = 512;

/** The files of a model, given any of its shards. Throws `bad-model` where the name of one says more than is there. */
export function shardPaths(path: string): readonly string[] {
  const [, stem, , count] = SHARD.exec(basename(path)) ?? [];
  if (stem === undefined) return [path];
  const shards = Number(count);
  if (shards < 1 || shards > MAX_SHARDS) {
    throw new BenchError('bad-model', `the name says ${shards} shards, and 1 to ${MAX_SHARDS} are allowed`, {
      where: path,
    });
  }
  const number = (k: number): string => String(k).padStart(5, '0');
  return Array.from({ length: shards }, (_, k) =>
    join(dirname(path), `${stem}-${number(k + 1)}-of-${number(shards)}.gguf`),
  );
}
