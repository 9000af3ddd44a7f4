// hf:owner/name@revision -> its parts. A name comes from a suite that somebody else wrote, and ends up in paths and URLs.

import { BenchError } from '../../base/error.ts';

export interface HubModel {
  readonly name: string; // as written
  readonly repo: string; // owner/name
  readonly revision: string; // branch, tag or commit; main unless said
}

const PREFIX = 'hf:';
const PART = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,94}[A-Za-z0-9])?$/;
const REVISION = /^[A-Za-z0-9](?:[A-Za-z0-9._/-]{0,126}[A-Za-z0-9])?$/;

export function isHubName(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Throws `bad-model-name` for anything but hf:owner/name or hf:owner/name@revision. */
export function parseHubName(name: string): HubModel {
  const [, owner = '', model = '', revision = 'main'] = /^hf:([^/@]*)\/([^/@]*)(?:@(.*))?$/s.exec(name) ?? [];
  // The hub has no -- in names, and the cache puts it between owner and name.
  const odd = /\.\.|--/.test(`${owner}/${model}`) || /\.\.|\/\//.test(revision);
  if (odd || !PART.test(owner) || !PART.test(model) || !REVISION.test(revision)) {
    throw new BenchError('bad-model-name', `${JSON.stringify(name.slice(0, 120))} names no model of the hub`, {
      hint: 'write hf:owner/name or hf:owner/name@revision, such as hf:HuggingFaceTB/SmolLM2-135M-Instruct@main',
    });
  }
  return { name, repo: `${owner}/${model}`, revision };
}
