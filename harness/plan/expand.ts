// Suite -> cells: the product over models, evaluations and methods, and over the axes that each method depends on.

import { BenchError } from '../../base/error.ts';
import type { Evaluation, MethodEntry, Persona, Suite } from '../config/resolved.ts';
import type { Item } from '../datasets/types.ts';
import type { EvaluationRegistry } from '../method/evaluation-kind.ts';
import { type Axis, axesOf, type Method, type MethodRegistry, reads } from '../method/method.ts';
import type { Cell } from './cell.ts';
import { cellId, cellInputs, type ModelDigests, visiblePersona } from './identity.ts';
import { answering, evaluationItems, itemsByTrait, itemsOf } from './items.ts';
import { leanOf } from './lean.ts';
import { itemsOfLook, looksOf, looksOfEntry } from './looks.ts';
import { neutralParts } from './neutral.ts';

/** More cells than this is a mistake in a suite, not a plan: 100,000 cells at a second each are a day. */
const MAX_CELLS = 100_000;

/**
 * All cells of a suite, in a stable order: models, evaluations, methods as written, then persona, wording, sparsity, seed.
 * A method that ignores an axis makes one cell on it; without the persona axis it is asked the items of all traits.
 * Throws a BenchError when the plan is empty, a method or a kind of evaluation is unknown, a name stands for two things, or a
 * persona has no items.
 */
export function expand(
  suite: Suite,
  registry: MethodRegistry,
  kinds: EvaluationRegistry,
  digests: ReadonlyMap<string, ModelDigests>,
): readonly Cell[] {
  requireOneMeaning(suite);
  const cells: Cell[] = [];
  const neutral = neutralParts(suite.neutral);
  for (const model of suite.models) {
    const modelDigests = digests.get(model.id);
    if (modelDigests === undefined) throw new BenchError('unknown-model', `no digests of model "${model.id}"`);
    for (const evaluation of suite.evaluations) {
      const splits = splitsOf(suite, evaluation);
      const leanly = splits.filter(({ split, look }) => split === 'evaluation' && look === 1).map(leanSplit);
      for (const entry of suite.methods) {
        if (entry.evaluations?.includes(evaluation.id) === false) continue;
        const { lean = false } = entry;
        const method = registry.get(entry.method);
        if (method === undefined) {
          throw new BenchError('unknown-method', `unknown method "${entry.method}"`, {
            where: suite.file,
            hint: `known methods: ${[...registry.keys()].join(', ')}`,
          });
        }
        const looks = looksOfEntry(suite, entry);
        for (const point of points(suite, entry, method, evaluation)) {
          const { persona, wording, sparsity, seed } = point;
          const network = entry.swapped === true && persona ? required(suite, persona, entry) : persona;
          const opposite = network && needsOpposite(method, entry) ? required(suite, network, entry) : null;
          const visible = (one: Persona | null) => one && visiblePersona(one, method, entry, wording);
          for (const { split, look, all, ofPersona } of lean ? leanly : splits) {
            if (split === 'tuning' && (method.tunes !== true || entry.control)) continue;
            if (look > looks) continue;
            const items = persona ? ofPersona(persona) : all;
            if ((split === 'tuning' || look > 1) && items.length === 0) continue;
            const inputs = cellInputs({
              model: modelDigests,
              method,
              options: entry.options,
              persona: visible(network),
              opposite: visible(opposite),
              wording,
              sparsity: sparsity?.value ?? null,
              seed,
              neutral,
              library: suite.library,
              evaluation,
              kinds,
              items,
              lean,
            });
            cells.push({
              id: cellId(inputs),
              inputs,
              model: model.id,
              evaluation,
              method: entry.id,
              persona: persona?.id ?? null,
              network: network?.id ?? null,
              split,
              look,
              wording,
              sparsity: sparsity?.label ?? null,
              seed,
              items,
              ...(lean && { lean }),
            });
          }
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

/** What rows and messages call a thing by must be one thing: of two under one name a row would say of one what the other is. */
function requireOneMeaning({ file, models, personas, evaluations, methods, sparsity, seeds }: Suite): void {
  const named: Readonly<Record<string, readonly string[]>> = {
    model: models.map(({ id }) => id),
    persona: personas.map(({ id }) => id),
    evaluation: evaluations.map(({ id }) => id),
    method: methods.map(({ id }) => id),
    sparsity: sparsity.map(({ label }) => label),
    seed: [seeds, ...methods.map((entry) => entry.seeds ?? [])].flatMap((list, k) =>
      list.map((seed) => `${k}/${seed}`),
    ),
  };
  for (const [kind, names] of Object.entries(named)) {
    const twice = names.find((name, k) => names.indexOf(name) < k);
    if (twice === undefined) continue;
    throw new BenchError('bad-suite', `the ${kind} "${twice.replace(/^\d+\//, '')}" is used twice`, {
      where: file,
      hint: 'give each its own name',
    });
  }
}

/** Whether `prepare` gets the opposite persona. */
export function needsOpposite(method: Method, entry: Pick<MethodEntry, 'options'>): boolean {
  return reads(method, entry, 'opposite');
}

/** The opposite pole, or null when the persona names none or the suite does not hold it. */
export function findOpposite(suite: Suite, persona: Persona): Persona | null {
  return suite.personas.find((other) => other.id === persona.opposite) ?? null;
}

/** The opposite, for an entry that is of no use without. */
function required(suite: Suite, persona: Persona, { id, added }: MethodEntry): Persona {
  const opposite = findOpposite(suite, persona);
  if (opposite !== null) return opposite;
  const [why, mend] =
    persona.opposite === null
      ? ['there is none', 'name one in the personas file']
      : ['the suite does not select it', 'select both poles'];
  const without = added === true ? `set controls.${id.slice(id.lastIndexOf('.') + 1)}: false` : `leave "${id}" out`;
  throw new BenchError('no-opposite', `"${id}" needs the opposite of persona "${persona.id}", and ${why}`, {
    where: suite.file,
    hint: `${mend}, or ${without}`,
  });
}

interface SplitItems {
  readonly split: Cell['split'];
  readonly look: number;
  readonly all: readonly Item[];
  ofPersona(persona: Persona): readonly Item[];
}

/** The lean grid of a split; one list for each persona, however many draws ask it. */
function leanSplit({ split, look, all, ofPersona }: SplitItems): SplitItems {
  const chosen = leanOf(all);
  const known = new Map<string, readonly Item[]>();
  return {
    split,
    look,
    all: all.filter((item) => chosen.has(item)),
    ofPersona: (persona) => {
      const items = known.get(persona.id) ?? ofPersona(persona).filter((item) => chosen.has(item));
      known.set(persona.id, items);
      return items;
    },
  };
}

/** Items that an evaluation brings are asked in the evaluation split only: nothing is chosen by them. */
function splitsOf(suite: Suite, evaluation: Evaluation): readonly SplitItems[] {
  const { items, traits, tuningPerTrait = null } = evaluation;
  const personas = answering(suite.personas, evaluation);
  const byTrait = evaluationItems(suite, evaluation);
  const evaluated = looksOf(suite).map((one): SplitItems => {
    const own = asked(personas, itemsOfLook(byTrait, one), one.look > 1);
    const ofPersona = traits === 'all' ? () => own.all : own.ofPersona;
    return { split: 'evaluation', look: one.look, all: own.all, ofPersona };
  });
  if (items !== undefined) return evaluated;
  const tuning = asked(personas, itemsByTrait(personas, tuningPerTrait, 'tuning'), true);
  return [...evaluated, { split: 'tuning', look: 1, ...tuning }];
}

/** Items of each persona, and of all together; of a trait without any none where they may be `absent`. */
function asked(
  personas: readonly Persona[],
  byTrait: ReadonlyMap<string, readonly Item[]>,
  absent: boolean,
): Pick<SplitItems, 'all' | 'ofPersona'> {
  const known = new Map<string, readonly Item[]>();
  for (const persona of personas) {
    const some = !absent || (byTrait.get(persona.trait)?.length ?? 0) > 0;
    known.set(persona.id, some ? itemsOf(persona, byTrait) : []);
  }
  const used = new Set([...known.values()].flat());
  const all = [...byTrait.values()].flat().filter((item) => used.has(item));
  return { all, ofPersona: ({ id }) => known.get(id) ?? [] };
}

interface AxisValues {
  readonly persona: Persona | null;
  readonly wording: string | null;
  readonly sparsity: Suite['sparsity'][number] | null;
  readonly seed: number | null;
}

function* points(suite: Suite, entry: MethodEntry, method: Method, evaluation: Evaluation): Generator<AxisValues> {
  const seeds = entry.seedsAt?.[evaluation.id] ?? entry.seeds ?? suite.seeds;
  const axes = axesOf(method, entry);
  const has = (axis: Axis) => axes.includes(axis);
  const levels = suite.sparsity.filter(({ label }) => entry.levels === undefined || entry.levels.includes(label));
  if (has('sparsity') && levels.length === 0) {
    throw new BenchError(
      'no-sparsity',
      `method "${entry.id}" removes a share of the weights, and there is none for it`,
      {
        where: suite.file,
        hint: 'name the shares in the suite, such as sparsity: [0.5], or leave the method out',
      },
    );
  }
  for (const persona of has('persona') ? suite.personas : [null]) {
    for (const wording of persona && has('wording') ? wordingsOf(suite, entry, method, persona) : [null]) {
      for (const sparsity of has('sparsity') ? levels : [null]) {
        for (const seed of has('seed') ? seeds : [null]) yield { persona, wording, sparsity, seed };
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
