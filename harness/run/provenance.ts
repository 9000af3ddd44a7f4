// What a run's figures rest on: digests of every input, versions, the working folder's git state, the command line.

import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOf } from '../../base/digest.ts';
import { readJson } from '../../base/files.ts';
import { isRecord } from '../../base/json.ts';
import type { Persona, Suite } from '../config/resolved.ts';
import { type EvaluationRegistry, kindOf } from '../method/evaluation-kind.ts';
import type { Cell } from '../plan/cell.ts';
import type { ModelDigests } from '../plan/identity.ts';
import { itemContent } from '../plan/items.ts';
import type { Provenance } from '../record/run-record.ts';
import { CHAT_DEFAULTS, systemWord } from '../text/settings.ts';

/** A hung git (a network file system) must not hold up a run. */
const GIT_TIMEOUT_MS = 5000;
const MAX_PACKAGE_BYTES = 1024 * 1024;
const PACKAGES = ['webgpu', 'tokenizers', '@huggingface/jinja', '@sparticuz/chromium'] as const;

export function provenanceOf(
  suite: Suite,
  kinds: EvaluationRegistry,
  cells: readonly Cell[],
  digests: ReadonlyMap<string, ModelDigests>,
  kernels: string,
  command: readonly string[],
): Provenance {
  return {
    bench: benchVersion(),
    command,
    git: gitState(process.cwd()),
    models: suite.models.map(({ id, chat = CHAT_DEFAULTS }) => {
      const { config = '', weights = '', tokenizer = '', template = '' } = digests.get(id) ?? {};
      const { thinking, system, date } = chat;
      return { id, config, weights, tokenizer, template, thinking, system: systemWord(system), date };
    }),
    personas: Object.fromEntries(suite.personas.map((persona) => [persona.id, personaDigest(persona)])),
    items: Object.fromEntries(suite.evaluations.map(({ id }) => [id, itemsDigest(cells, id)])),
    kernels,
    seeds: suite.seeds,
    judges: suite.evaluations.flatMap((evaluation) => {
      const judge = kindOf(kinds, evaluation).judge?.(evaluation) ?? null;
      if (judge === null) return [];
      const { endpoint, model, prompt } = judge;
      return [{ evaluation: evaluation.id, endpoint, model, prompt }];
    }),
    versions: versions(),
  };
}

/** Versions of Node, ICU and the packages that results may depend on; absent optional packages are left out. */
export function versions(): Readonly<Record<string, string>> {
  // ICU: where the words of scripts without spaces begin is read from its dictionaries.
  const { node, icu } = process.versions;
  const found: Record<string, string> = { node, ...(icu !== undefined && { icu }) };
  for (const name of PACKAGES) {
    const version = packageVersion(name);
    if (version !== null) found[name] = version;
  }
  return found;
}

/** This package's version: from the nearest package.json with its name above this file. */
export function benchVersion(): string {
  for (let folder = path.dirname(fileURLToPath(import.meta.url)); ; folder = path.dirname(folder)) {
    const file = path.join(folder, 'package.json');
    if (existsSync(file)) {
      const content: unknown = JSON.parse(readFileSync(file, 'utf8'));
      if (isRecord(content) && content.name === 'persona-bench') return String(content.version);
    }
    if (folder === path.dirname(folder)) return 'unknown';
  }
}

/** Commit and dirtiness of the repository that holds `folder`; null without one, or without git. */
export function gitState(folder: string): Provenance['git'] {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      timeout: GIT_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  try {
    const sha = git('rev-parse', 'HEAD').trim();
    return { sha, dirty: git('status', '--porcelain', '--untracked-files=no').trim() !== '' };
  } catch {
    return null;
  }
}

function packageVersion(name: string): string | null {
  // Not every package exports its package.json, so it is looked up where require would look for the package.
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? [];
  for (const folder of folders) {
    const content = readJson(path.join(folder, name, 'package.json'), MAX_PACKAGE_BYTES);
    if (isRecord(content)) return String(content.version);
  }
  return null;
}

function personaDigest(persona: Persona): string {
  const { description, prompts, pole, calibration, knowledge, items } = persona;
  return digestOf({
    description,
    prompts,
    pole,
    calibration,
    knowledge: knowledge.map(({ text }) => text),
    items: items.map((item) => ({ split: item.split, keying: item.keying, ...itemContent(item) })),
  });
}

function itemsDigest(cells: readonly Cell[], evaluation: string): string {
  const digests = cells
    .filter((cell) => cell.evaluation.id === evaluation)
    .flatMap((cell) => cell.inputs.items as string[]);
  return digestOf([...new Set(digests)].sort());
}
