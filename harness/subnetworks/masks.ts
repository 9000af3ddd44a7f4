// Counts and names of masks.

import { sha256 } from '../../base/digest.ts';
import type { Masks } from './combine.ts';

/** Bits of a word that are 1. */
export function bitsOf(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Places that the masks keep. */
export function keptOf(masks: Masks): number {
  let kept = 0;
  for (const { words } of masks.values()) for (const word of words) kept += bitsOf(word);
  return kept;
}

/** Places that the masks cover. */
export function placesOf(masks: Masks): number {
  return [...masks.values()].reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}

/** Bytes of the masks on the device and in files. */
export function bytesOf(masks: Masks): number {
  return [...masks.values()].reduce((sum, { words }) => sum + words.byteLength, 0);
}

/** sha256 over names and words. */
export function maskId(masks: Masks): string {
  const parts = [...masks].map(([name, { words }]) => {
    return `${name} ${sha256(new Uint8Array(words.buffer, words.byteOffset, words.byteLength))}`;
  });
  return sha256(parts.sort().join('\n'));
}
