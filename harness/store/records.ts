// What the store's files hold, and the checks that content from a disk passes before it is believed.

import { digestOf } from '../../base/digest.ts';
import { isRecord } from '../../base/json.ts';
import type { Counters } from '../../gpu/index.ts';
import type { Item } from '../datasets/types.ts';
import { same, shareOf } from '../method/derived.ts';
import type { OptionScore, OrderOutcome, Outcome } from '../method/outcome.ts';
import { cellId, storeKey } from '../plan/identity.ts';
import type { CellNames, StoredIndex } from '../plan/why.ts';
import type { CellRecord, SpokenText, TaxRecord } from '../record/cell-record.ts';

/**
 * 3: up to 2, what was computed was looked up by its name, and could be another entry of that name. 4: divergence from the
 * dense network and spoken answers, in place of nats on neutral text.
 */
export const CELL_VERSION = 4;

/** `cell.json`: everything about a finished cell but its outcomes. */
export interface CellFile extends StoredIndex {
  readonly version: typeof CELL_VERSION;
  readonly key: string;
  readonly record: CellRecord;
  readonly outcomes: { readonly count: number; readonly sha256: string };
  readonly prompts: { readonly sha256: string }; // of prompts.json
  readonly artefacts: readonly { readonly name: string; readonly bytes: number; readonly sha256: string }[];
  readonly computedAt: string; // ISO 8601, UTC
}

/** All orders of four options. */
const MAX_ORDERS = 24;

/** A record with the digest of its content, so that a flipped bit is seen. */
export function seal(record: object): Readonly<Record<string, unknown>> {
  const plain = JSON.parse(JSON.stringify(record)) as Record<string, unknown>;
  return { ...plain, sha256: digestOf(plain) };
}

/** The record that `seal` was given, or null when a digest is missing or of other content. */
export function unseal(value: unknown): Readonly<Record<string, unknown>> | null {
  if (!isRecord(value)) return null;
  const { sha256, ...record } = value;
  return typeof sha256 === 'string' && sha256 === digestOf(record) ? record : null;
}

/** Why a `cell.json` that `checkCellFile` refuses cannot be used. */
export function cellFileFault(sealed: unknown): string {
  const version = unseal(sealed)?.version;
  if (typeof version === 'number' && version < CELL_VERSION)
    return `an earlier version of bench stored it, which could compute one entry under another's name`;
  return 'cell.json is missing or malformed';
}

/** The parsed `cell.json` when it is well formed and its id and key follow from what it holds; otherwise null. */
export function checkCellFile(sealed: unknown): CellFile | null {
  const value = unseal(sealed);
  if (value?.version !== CELL_VERSION) return null;
  const { id, key, names, inputs, items, deviceClass, kernels, record, outcomes, prompts, artefacts, computedAt } =
    value;
  if (!isText(id) || !isText(key) || !isText(deviceClass) || !isText(kernels) || !isText(computedAt)) return null;
  if (!isNames(names) || !isRecord(inputs) || !isRecord(outcomes) || !isRecord(record)) return null;
  if (!isCount(outcomes.count) || !isText(outcomes.sha256)) return null;
  if (!isRecord(prompts) || !isText(prompts.sha256)) return null;
  if (!Array.isArray(items) || !items.every((pair) => Array.isArray(pair) && pair.length === 2 && pair.every(isText))) {
    return null;
  }
  if (
    !Array.isArray(artefacts) ||
    !artefacts.every((a) => isRecord(a) && isFileName(a.name) && isCount(a.bytes) && isText(a.sha256))
  ) {
    return null;
  }
  if (record.id !== id || record.key !== key || !isFiniteNumber(record.scoringMs)) return null;
  if (!hasNumbers(record.cost, COST_FIELDS) || !hasIntegers(record.counters, COUNTER_FIELDS)) return null;
  if (!isRecord(record.figures) || !Object.values(record.figures).every(isFiniteNumber)) return null;
  if (record.tax !== null && !isTax(record.tax)) return null;
  if (!Array.isArray(record.spoken) || !record.spoken.every(isSpoken)) return null;
  try {
    if (cellId(inputs) !== id || storeKey(id, deviceClass, kernels) !== key) return null;
  } catch {
    return null;
  }
  return value as unknown as CellFile;
}

/** A name that an artefact may have: of a file in its folder, and of no other. */
export function isFileName(name: unknown): name is string {
  return isText(name) && /^\w[\w.-]{0,99}$/.test(name);
}

/** One line of `items.jsonl`: the outcome, with the item's content digest in place of its name. */
export function outcomeLine(outcome: Outcome, digest: string): string {
  return `${JSON.stringify({ ...outcome, item: digest })}\n`;
}

/** The last line of `items.jsonl`. */
export function endLine(count: number, sha256: string): string {
  return `${JSON.stringify({ end: true, count, sha256 })}\n`;
}

/**
 * Why an outcome cannot be of `item`, or null when it can: finite numbers, probabilities in [0, 1], every
 * order a permutation of the item's options, and each p the one that the options' scores give.
 */
export function outcomeFault(value: unknown, item: Item): string | null {
  if (!isRecord(value)) return 'not a record';
  const { orders, p, prompt, promptTokens, addedTokens } = value;
  if (!isProbability(p)) return 'p is not a probability';
  if (prompt !== undefined && !isText(prompt)) return 'its prompt has no digest';
  if (!isCount(promptTokens) || !isFiniteNumber(addedTokens)) return 'token counts are not numbers';
  if (!Array.isArray(orders) || orders.length === 0 || orders.length > MAX_ORDERS) return 'orders are missing';
  const matching = item.options.findIndex((option) => option.matching);
  let sum = 0;
  for (const order of orders) {
    const fault = orderFault(order, item.options.length);
    if (fault !== null) return fault;
    const { p, options } = order as OrderOutcome;
    const scores = options.map(({ score }) => score);
    if (!same(p, shareOf(scores, matching, item.scale === true))) return "an order's p is not that of its scores";
    sum += p;
  }
  if (!same(sum / orders.length, p)) return 'p is not the mean of its orders';
  const each = (list: unknown, is: (one: unknown) => boolean) =>
    list === undefined || (Array.isArray(list) && list.length === orders.length && list.every(is));
  if (!each(value.texts, isText) || !each(value.marks, isProbability))
    return 'texts or marks are not those of its orders';
  return null;
}

function orderFault(value: unknown, options: number): string | null {
  if (!isRecord(value) || !isProbability(value.p)) return 'an order has no probability';
  const { order, options: scores } = value;
  if (!Array.isArray(order) || order.length !== options) return 'an order does not name every option';
  if (new Set(order).size !== options || !order.every((i) => isCount(i) && i < options)) return 'an order repeats';
  if (!Array.isArray(scores) || scores.length !== options) return 'an option has no score';
  return scores.every(isOptionScore) ? null : 'a score is not a number';
}

function isOptionScore(value: unknown): value is OptionScore {
  if (!isRecord(value) || typeof value.greedy !== 'boolean') return false;
  return isFiniteNumber(value.sum) && isCount(value.tokens) && isCount(value.bytes) && isFiniteNumber(value.score);
}

const COST_FIELDS = ['setupMs', 'artefactBytes', 'trainedParameters'] as const;
const COUNTER_FIELDS = [
  'tokens',
  'flops',
  'weightBytes',
  'dispatches',
  'submits',
  'pipelines',
  'readbacks',
  'peakBytes',
] as const satisfies readonly (keyof Counters)[];

function isNames(value: unknown): value is CellNames {
  if (!isRecord(value)) return false;
  const { model, evaluation, method, persona, wording, sparsity, seed } = value;
  return (
    [model, evaluation, method].every(isText) &&
    [persona, wording, sparsity].every((name) => name === null || isText(name)) &&
    (seed === null || isFiniteNumber(seed))
  );
}

function isTax(value: unknown): value is TaxRecord {
  if (!isRecord(value) || !isFiniteNumber(value.guessing)) return false;
  const { texts, prompts } = value;
  if (!Array.isArray(texts) || !texts.every((one) => hasNumbers(one, ['at', 'bytes', 'tokens', 'nats', 'denseNats'])))
    return false;
  const halves = (one: unknown): boolean =>
    hasNumbers(one, ['at']) &&
    isRecord(one) &&
    [one.prompt, one.answer].every((half) => hasNumbers(half, ['tokens', 'divergence']));
  return Array.isArray(prompts) && prompts.every(halves);
}

function isSpoken(value: unknown): value is SpokenText {
  if (!isRecord(value) || !isText(value.question) || !isText(value.text)) return false;
  const { ids, ended } = value;
  return (
    Array.isArray(ids) && ids.every(isCount) && hasNumbers(value, ['nats', 'uniform']) && typeof ended === 'boolean'
  );
}

function hasNumbers(value: unknown, fields: readonly string[]): boolean {
  return isRecord(value) && fields.every((field) => isFiniteNumber(value[field]));
}

/** Integers from 0; flops may lie beyond those that are safe. */
function hasIntegers(value: unknown, fields: readonly string[]): boolean {
  return isRecord(value) && fields.every((field) => Number.isInteger(value[field]) && Number(value[field]) >= 0);
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isFiniteNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isProbability(value: unknown): value is number {
  return isFiniteNumber(value) && value >= 0 && value <= 1;
}

/** Parsed JSON, or null. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
