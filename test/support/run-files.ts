// Runs on disk that a test has changed: sealed again, as someone would who knows how.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { digestOf, sha256 } from '../../base/digest.ts';
import { seal } from '../../harness/store/records.ts';

type Fields = Record<string, unknown>;

/** A copy of a run's folder: its answers and its record changed, and both digests made to fit. */
export function editedRun(
  folder: string,
  change: (row: Fields, k: number) => Fields | null,
  record: (run: Fields) => Fields = (run) => run,
): string {
  const copy = mkdtempSync(path.join(tmpdir(), 'bench-test-'));
  const lines = readFileSync(path.join(folder, 'items.jsonl'), 'utf8').trim().split('\n');
  const rows = lines.map((line, k) => change(JSON.parse(line), k)).filter((row) => row !== null);
  const text = rows.map((row) => `${JSON.stringify(row)}\n`).join('');
  writeFileSync(path.join(copy, 'items.jsonl'), text);
  const { sha256: _, ...run } = JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8'));
  const answers = { count: rows.length, sha256: sha256(text) };
  writeFileSync(path.join(copy, 'run.json'), JSON.stringify(seal({ ...record(run), answers, prompts: null })));
  return copy;
}

/** The answer of the other option: scores and log-probabilities change places, and p and alignment with them. */
export function otherAnswer(row: Fields): Fields {
  const { p, aligned, orders } = row as { p: number; aligned: number; orders: readonly Record<string, number[]>[] };
  const swapped = orders.map((order) => ({
    ...order,
    p: 1 - Number(order.p),
    sums: [...(order.sums ?? [])].reverse(),
    scores: [...(order.scores ?? [])].reverse(),
  }));
  return { ...row, p: 1 - p, aligned: 1 - aligned, orders: swapped };
}

/** A reference's text with a digest that fits what it says. */
export function resealed(reference: Fields): string {
  const { sha256: _, columns, ...rest } = reference;
  return JSON.stringify({ ...rest, columns, sha256: digestOf(JSON.parse(JSON.stringify(rest))) });
}
