// The fixtures beside the checkout that are not part of the repository; tests say plainly when they are absent.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../../../../shared/', import.meta.url);

/** Absolute path of a file or folder under ../shared. */
export const sharedPath = (name: string): string => fileURLToPath(new URL(name, root));

/** Whether ../shared is there; prints what is not run when it is absent. */
export function haveShared(what: string): boolean {
  const there = existsSync(root);
  if (!there) console.log(`../shared is absent: not run: ${what}`);
  return there;
}

export const sharedText = (name: string): string => readFileSync(new URL(name, root), 'utf8');
// biome-ignore lint/suspicious/noExplicitAny: fixtures of several shapes
export const sharedJson = (name: string): any => JSON.parse(sharedText(name));
