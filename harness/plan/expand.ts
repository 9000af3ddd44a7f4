// Suite -> cells: the product over models, evaluations and methods, and over the axes that each method depends on.

import { BenchError } from '../../gpu/index.ts';
import type { MethodEntry, Persona, Suite } from '../config/resolved.ts';
import { cellId, cellInputs, type ModelDigests, visiblePersona } from './identity.ts';
import { itemsByTrait, itemsOf } from './items.ts';
import type { Cell, Method, MethodRegistry } from './method.ts';

/** More cells than this is a mistake in a suite, not a plan: 100,000 cells at a second each are a day. */
const MAX_CELLS = 100_000;

/**
 * All cells of a suite, in a stable order: models, evaluations, methods as written, then persona, wording, sparsity, seed.
 * A method that ignores an axis makes one cell on it; without the persona axis it is asked the items of all traits.
 * @throws BenchError when the plan is empty, a method is unknown, or a persona has no items.
 */
export function expand(
  suite: Suite,
  registry: MethodRegistry,
  digests: ReadonlyMap<string, ModelDigests>,
): readonly Cell[] {
  const cells: Cell[] = [];
  for (const model of suite.models) {
    const modelDigests = digests.get(model.id);
    if (modelDigests === undefined) throw new BenchError('unknown-model', `no digests of model "${model.id}"`);
    for (const evaluation of suite.evaluations) {
      const byTrait = itemsByTrait(suite.personas, evaluation.itemsPerTrait);
      const ofPersona = new Map(suite.personas.map((persona) => [persona.id, itemsOf(persona, byTrait)]));
      const asked = new Set([...ofPersona.values()].flat());
      const all = [...byTrait.values()].flat().filter((item) => asked.has(item));
      for (const entry of suite.methods) {
        const method = registry.get(entry.method);
        if (method === undefined) {
          throw new BenchError('unknown-method', `unknown method "${entry.method}"`, {
            where: suite.file,
            hint: `known methods: ${[...registry.keys()].join(', ')}`,
          });
        }
        for (const point of points(suite, entry, method)) {
          const { persona, wording, sparsity, seed } = point;
          const opposite = persona && needsOpposite(method) ? findOpposite(suite, persona) : null;
          const items = persona ? (ofPersona.get(persona.id) ?? []) : all;
          const inputs = cellInputs({
            model: modelDigests,
            method,
            options: entry.options,
            persona: persona && visiblePersona(persona, method, wording),
            opposite: opposite && visiblePersona(opposite, method, wording),
            wording,
            sparsity: sparsity?.value ?? null,
            seed,
            evaluation,
            items,
          });
          cells.push({
            id: cellId(inputs),
            inputs,
            model: model.id,
            evaluation,
            method: entry.id,
            persona: persona?.id ?? null,
            wording,
            sparsity: sparsity?.label ?? null,
            seed,
            items,
          });
          if (cells.length > MAX_CELLS) {
            throw new BenchError('plan-too-large', `the suite makes more than ${MAX_CELLS} cells`, {
              where: suite.file,
              hint: 'split the suite, or leave values out of an axis',
            });
          }
        }
      }
    }
  }
  if (cells.length === 0) {
    throw new BenchError('empty-plan', 'the suite makes no cells, so that a run would measure nothing', {
      where: suite.file,
      hint: 'name at least one model, persona, evaluation and method',
    });
  }
  return cells;
}

/** Whether `prepare` gets the opposite persona. */
export function needsOpposite(method: Method): boolean {
  return method.reads === undefined || method.reads.includes('opposite');
}

/** The opposite pole, or null when the persona names none or the suite does not hold it. */
export function findOpposite(suite: Suite, persona: Persona): Persona | null {
  return suite.personas.find((other) => other.id === persona.opposite) ?? null;
}

interface Point {
  readonly persona: Persona | null;
  readonly wording: string | null;
  readonly sparsity: Suite['sparsity'][number] | null;
  readonly seed: number | null;
}

function* points(suite: Suite, entry: MethodEntry, method: Method): Generator<Point> {
  const has = (axis: Method['axes'][number]) => method.axes.includes(axis);
  for (const persona of has('persona') ? suite.personas : [null]) {
    for (const wording of persona && has('wording') ? wordingsOf(suite, entry, method, persona) : [null]) {
      for (const sparsity of has('sparsity') ? suite.sparsity : [null]) {
        for (const seed of has('seed') ? suite.seeds : [null]) yield { persona, wording, sparsity, seed };
      }
    }
  }
}

function wordingsOf(suite: Suite, entry: MethodEntry, method: Method, persona: Persona): readonly string[] {
  const wordings = method.wordings?.(persona, entry.options) ?? Object.keys(persona.prompts);
  if (wordings.length === 0) {
    throw new BenchError('no-wording', `persona "${persona.id}" has no prompt for method "${entry.id}"`, {
      where: suite.file,
      hint: `give the persona a prompt in the personas file, or leave "${entry.id}" out of the suite`,
    });
  }
  return wordings;
}
