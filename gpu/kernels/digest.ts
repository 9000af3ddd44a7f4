// The digest of everything in the kernels that a result depends on.

import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { kernelLines } from '../device/templates.ts';
import { MAX_PARTS } from './attention.ts';
import { HEAD_BLOCK, TILES } from './matmul-tiles.ts';

/**
 * Raised when arithmetic outside the kernels changes what they are given: rope tables, conversions, order of commands.
 */
const ENGINE_VERSION = 1;

/**
 * sha256 over every kernel's text, the tables that pick them and the version: part of the key of every stored result.
 */
export function kernelsDigest(): string {
  const hash = createHash('sha256');
  const files = readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' });
  const names = files.filter((name) => name.endsWith('.wgsl')).map((name) => name.replaceAll('\\', '/'));
  for (const name of names.sort()) hash.update(`${name}\0${kernelLines(name).join('\n')}\0`);
  return hash.update(JSON.stringify([TILES, HEAD_BLOCK, MAX_PARTS, ENGINE_VERSION])).digest('hex');
}
