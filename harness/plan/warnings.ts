// What a valid suite lacks, so that cells of it can only fail, or figures of it mean little: texts that a method is made from,
// items to choose by, words that the model knows. `bench validate`, `plan` and `run` say it before anything is computed.

import { counted } from '../../base/words.ts';
import type { MethodEntry, Persona, Suite } from '../config/resolved.ts';
import { type Method, type MethodRegistry, reads } from '../method/method.ts';
import type { Cell } from './cell.ts';
import { visiblePersona } from './identity.ts';
import { neutralParts } from './neutral.ts';

/** Calibration texts below which a mask, an adapter or a vector follows single sentences. */
const FEW_TEXTS = 8;

/** A method entry in the plan, with the personas whose network or prompt it makes. */
interface Made {
  readonly entry: MethodEntry;
  readonly method: Method;
  readonly own: ReadonlySet<string>;
}

/** One line for each thing that is missing; personas and methods by name. `cells`: of the plan. */
export function planWarnings(suite: Suite, registry: MethodRegistry, cells: readonly Cell[]): readonly string[] {
  const made = madeBy(suite, registry, cells);
  return [
    ...suite.personas.flatMap((persona) => personaWarnings(persona, made)),
    ...sharedWarnings(suite, made),
    ...gateWarnings(suite, cells),
  ];
}

function madeBy(suite: Suite, registry: MethodRegistry, cells: readonly Cell[]): readonly Made[] {
  const own = new Map<string, Set<string>>();
  for (const { method, network, persona } of cells) {
    const known = own.get(method) ?? new Set<string>();
    own.set(method, known);
    const id = network ?? persona;
    if (id !== null) known.add(id);
  }
  return suite.methods.flatMap((entry) => {
    const method = registry.get(entry.method);
    const personas = own.get(entry.id);
    return method === undefined || personas === undefined ? [] : [{ entry, method, own: personas }];
  });
}

function personaWarnings(persona: Persona, made: readonly Made[]): readonly string[] {
  const { id, calibration, items } = persona;
  const mine = made.filter(({ own }) => own.has(id));
  const readers = (part: Parameters<typeof reads>[2]) =>
    mine.filter(({ method, entry }) => method.reads !== undefined && reads(method, entry, part));
  const said = [...lacking(persona, mine)].map(
    ([what, methods]) => `persona ${id} has no ${what}, which ${needed(methods)}: cells will fail`,
  );
  const calibrated = readers('calibration');
  if (calibration.length > 0 && calibration.length < FEW_TEXTS && calibrated.length > 0) {
    const few = `persona ${id} has ${counted(calibration.length, 'calibration text')}, which ${namesOf(calibrated)} are made from`;
    said.push(`${few}: use two dozen or more`);
  }
  const choosers = mine.filter(({ method, entry }) => method.tunes === true && entry.control !== true);
  if (choosers.length > 0 && items.length > 0 && !items.some(({ split }) => split === 'tuning')) {
    said.push(`persona ${id} has no items of the tuning split: no sparsity is chosen for ${namesOf(choosers)}`);
  }
  return said;
}

/** What methods will miss, with those that miss it. */
function lacking(persona: Persona, made: readonly Made[]): ReadonlyMap<string, readonly Made[]> {
  const found = new Map<string, Made[]>();
  for (const one of made) {
    const { method, entry } = one;
    const seen = visiblePersona(persona, method, entry, null);
    for (const what of method.lacks?.(entry.options, seen) ?? unread(seen, one)) {
      found.set(what, [...(found.get(what) ?? []), one]);
    }
  }
  return found;
}

/** Of a method that does not say it: what it reads, and is not there. */
function unread({ calibration, prompts }: Persona, { method, entry }: Made): readonly string[] {
  if (method.reads === undefined) return [];
  return [
    ...(reads(method, entry, 'calibration') && calibration.length === 0 ? ['calibration texts'] : []),
    ...(reads(method, entry, 'prompts') && Object.keys(prompts).length === 0 ? ['prompt'] : []),
  ];
}

/** What a suite has for all its personas together. */
function sharedWarnings({ neutral, library }: Suite, made: readonly Made[]): readonly string[] {
  const readers = (part: Parameters<typeof reads>[2]) =>
    made.filter(({ method, entry }) => method.reads !== undefined && reads(method, entry, part));
  const generic = readers('neutral');
  const retrieving = readers('library');
  return [
    ...(generic.length > 0 && neutralParts(neutral).calibration.length === 0
      ? [`the personas file has no neutral texts, which ${needed(generic)}: cells will fail`]
      : []),
    ...(retrieving.length > 0 && library.length === 0
      ? [`the personas file has no knowledge, which ${needed(retrieving)}: cells will fail`]
      : []),
  ];
}

/** Gated methods that no cell of the plan asks evaluation items of: their test would be empty. */
function gateWarnings({ gate }: Suite, cells: readonly Cell[]): readonly string[] {
  if (gate === null) return [];
  const asked = new Set(
    cells.filter(({ split, items }) => split === 'evaluation' && items.length > 0).map((c) => c.method),
  );
  return gate.rows
    .filter((row) => !asked.has(row))
    .map((row) => `gate.rows names ${row}, which the plan asks nothing: the gate cannot pass`);
}

/** "lora needs", "lora, steering need". */
const needed = (made: readonly Made[]): string => `${namesOf(made)} ${made.length === 1 ? 'needs' : 'need'}`;

const namesOf = (made: readonly Made[]): string => [...new Set(made.map(({ entry }) => entry.id))].join(', ');
