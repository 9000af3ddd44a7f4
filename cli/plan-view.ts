// What `bench plan` shows: the table of cells with their status and reasons, and the exact prompt of one.

import { endingLines, tableRows, wrap } from '../base/columns.ts';
import { BenchError } from '../base/error.ts';
import { jsonText, printableLines } from '../base/printable.ts';
import { counted } from '../base/words.ts';
import type { Engine } from '../gpu/index.ts';
import type { Suite } from '../harness/config/resolved.ts';
import { gatePower, powerLines } from '../harness/gate/power.ts';
import { kindOf } from '../harness/method/evaluation-kind.ts';
import type { MethodRegistry, Prepared } from '../harness/method/method.ts';
import type { Cell } from '../harness/plan/cell.ts';
import { evaluationRecord } from '../harness/plan/identity.ts';
import { itemDigest } from '../harness/plan/items.ts';
import { constructionLines } from '../harness/plan/mirrored.ts';
import { why } from '../harness/plan/why.ts';
import { evaluateBy, type Machine } from '../harness/run/ports.ts';
import { cellKeyOf, type Planned } from '../harness/run/session.ts';
import { prepare } from '../harness/run/set-up.ts';
import { StatisticsStore } from '../harness/run/statistics.ts';

export interface PlannedCell {
  readonly cell: Cell;
  readonly key: string;
  readonly status: 'stored' | 'missing' | 'damaged';
  readonly why: readonly string[]; // empty unless --why and not stored
}

/** Each cell's key and status; with `explain`, why a cell is not stored. */
export function statusOf(planned: Planned, explain: boolean): readonly PlannedCell[] {
  const { store, device, kernels } = planned;
  const index = explain ? store.index() : [];
  const here = { deviceClass: device.deviceClass, kernels };
  const lookOf = new Map(planned.cells.map(({ id, look }) => [id, look]));
  return planned.cells.map((cell) => {
    // What is stored of another look is no earlier state of this one.
    const others = index.filter(({ id }) => (lookOf.get(id) ?? cell.look) === cell.look);
    const key = cellKeyOf(planned, cell);
    const { status } = store.get(key, cell);
    const items = cell.items.map((item) => [item.id, itemDigest(item)] as const);
    return { cell, key, status, why: explain && status !== 'stored' ? why(cell, items, here, others) : [] };
  });
}

/** What there is to do first, then the cells; `next`: a command. */
export function planText(
  suite: Suite,
  planned: Planned,
  cells: readonly PlannedCell[],
  next: string | null = null,
): string {
  const axes = (['wording', 'sparsity', 'seed'] as const).filter((axis) =>
    cells.some(({ cell }) => cell[axis] !== null),
  );
  const looks = Math.max(...cells.map(({ cell }) => cell.look));
  // What all cells share has no column: it would take the room of names that tell them apart.
  const places = cells.map(({ cell }) => ({ model: cell.model, evaluation: cell.evaluation.id }));
  const several = (['model', 'evaluation'] as const).filter((one) => new Set(places.map((at) => at[one])).size > 1);
  const shared = (['model', 'evaluation'] as const).filter((one) => cells.length > 0 && !several.includes(one));
  const runs = runsOf(cells);
  const [head = '', ...rows] = tableRows(
    ['#', ...several, 'method', 'persona', ...axes, ...(looks > 1 ? ['look'] : []), 'items', 'id', 'status'],
    runs.map(({ from, to }) => {
      const { cell, status } = cells[from]!;
      const { method, persona, items, id } = cell;
      const between = (first: string, last: string) => (first === last ? first : `${first}-${last}`);
      const last = cells[to]!.cell;
      const values = axes.map((axis) => between(String(cell[axis] ?? '-'), String(last[axis] ?? '-')));
      const name = cell.split === 'tuning' ? `${method} (tuning)` : method;
      const [n, count] = [between(String(from + 1), String(to + 1)), String(items.length)];
      const look = looks > 1 ? [String(cell.look)] : [];
      const where = several.map((one) => places[from]![one]);
      return [n, ...where, name, persona ?? '-', ...values, ...look, count, id.slice(0, 7), status];
    }),
  );
  const stored = cells.filter(({ status }) => status === 'stored').length;
  const first = cells.filter(({ cell }) => cell.look === 1).length;
  const questions = cells.reduce((sum, { cell, status }) => sum + (status === 'stored' ? 0 : cell.items.length), 0);
  const lines = [
    ...wrap(
      `${suite.name}: ${counted(cells.length, 'cell')} on ${planned.device.name}, ${stored} stored, ${cells.length - stored} to run (${counted(questions, 'item')})`,
    ),
    ...(shared.length === 0 ? [] : wrap(`every cell: ${shared.map((one) => `${one} ${places[0]![one]}`).join(', ')}`)),
    ...constructionLines(suite).flatMap((line) => wrap(line, 6)),
    ...(looks > 1
      ? wrap(
          `with --gate: ${counted(first, 'cell')} at first, and those of looks 2 to ${looks} for rows that stay open`,
        )
      : []),
    ...powerOf(suite, planned).flatMap((line) => wrap(line, 6)),
    ...planned.notes.flatMap((note) => wrap(`Note: ${note}`, 6)),
    ...planned.warnings.flatMap((warning) => wrap(`Warning: ${warning}`, 9)),
    '',
    head,
    ...rows.flatMap((row, i) => {
      const { from } = runs[i]!;
      return [row, ...cells[from]!.why.flatMap((why) => wrap(`     ${why}`, 7))];
    }),
    ...(next === null ? [] : ['', ...endingLines([], next)]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Cells of a row of the table: draws that differ by their seed alone share one. */
function runsOf(cells: readonly PlannedCell[]): readonly { readonly from: number; readonly to: number }[] {
  const runs: { readonly from: number; to: number }[] = [];
  const key = ({ cell, status, why }: PlannedCell) =>
    JSON.stringify([
      cell.model,
      cell.evaluation.id,
      cell.method,
      cell.persona,
      cell.wording,
      cell.sparsity,
      status,
      why,
    ]);
  for (const [at, one] of cells.entries()) {
    const last = runs.at(-1);
    const same = last !== undefined && one.cell.lean === true && key(cells[last.to]!) === key(one);
    if (same) last.to = at;
    else runs.push({ from: at, to: at });
  }
  return runs;
}

function powerOf({ gate, evaluations }: Suite, { cells, kinds }: Planned): readonly string[] {
  if (gate === null) return [];
  const asked = evaluations.map((evaluation) => evaluationRecord(evaluation, kinds));
  return powerLines(gatePower(cells, gate, asked), gate);
}

export function planJson(suite: Suite, planned: Planned, cells: readonly PlannedCell[]): string {
  const document = {
    suite: suite.name,
    device: planned.device,
    kernels: planned.kernels,
    byConstruction: suite.byConstruction ?? [],
    warnings: planned.warnings,
    cells: cells.map(({ cell: { items, evaluation, ...cell }, ...rest }) => ({
      ...cell,
      evaluation: evaluation.id,
      items: items.length,
      ...rest,
    })),
  };
  return jsonText(document);
}

export interface ShownPrompt {
  readonly cell: number; // from 1
  readonly item: string;
  readonly text: string;
  /** What the template writes between the prompt and the answer: in `text`, but for `separator`, with which answers begin. */
  readonly between: string;
  readonly separator: '' | ' ';
  readonly ids: readonly number[];
  readonly answers: readonly { readonly text: string; readonly ids: readonly number[] }[];
}

/** The first item of the n-th cell as the model gets it. */
export async function promptOf(
  n: number,
  suite: Suite,
  planned: Planned,
  machine: Machine,
  registry: MethodRegistry,
): Promise<ShownPrompt> {
  const cell = planned.cells[n - 1];
  const item = cell?.items[0];
  const text = planned.texts.get(cell?.model ?? '');
  if (cell === undefined || item === undefined || text === undefined) {
    throw new BenchError('no-cell', `there is no cell ${n}; the plan has ${planned.cells.length}`, {
      where: '--show-prompt',
      hint: '`bench plan` numbers the cells from 1',
    });
  }
  const prepared = await prepareLightly(cell, suite, planned, machine, registry);
  try {
    const { evaluation } = cell;
    const kind = kindOf(planned.kinds, evaluation);
    const order = item.options.map((_, i) => i);
    const rendered = text.render(await prepared.wrap({ item, text: kind.question(evaluation, item, order) }));
    return {
      cell: n,
      item: item.id,
      text: rendered.text,
      between: rendered.between ?? '',
      separator: rendered.separator,
      ids: [...rendered.tokens],
      answers: order.flatMap((option) => {
        const answer = kind.answer?.(evaluation, item, option, option);
        return answer === undefined ? [] : { text: answer, ids: [...text.continuation(rendered, answer)] };
      }),
    };
  } finally {
    prepared.release();
  }
}

class EngineNeeded extends Error {}

/** Prepares without an engine; the model is loaded only for a method that needs it. */
async function prepareLightly(
  cell: Cell,
  suite: Suite,
  planned: Planned,
  machine: Machine,
  registry: MethodRegistry,
): Promise<Prepared> {
  const text = planned.texts.get(cell.model);
  const model = suite.models.find(({ id }) => id === cell.model);
  if (text === undefined || model === undefined) throw new BenchError('unknown-model', `unknown model "${cell.model}"`);
  const evaluate = machine.evaluate ?? evaluateBy(planned.kinds);
  const statistics = new StatisticsStore(null);
  const ports = { suite, registry, kinds: planned.kinds, evaluate, statistics };
  const absent = new Proxy({} as Engine, {
    get: () => {
      throw new EngineNeeded();
    },
  });
  try {
    return await prepare(cell, { engine: absent, text, device: planned.device }, ports);
  } catch (error) {
    if (!(error instanceof EngineNeeded)) throw error;
  }
  const loaded = await machine.load(model);
  try {
    return await prepare(cell, { ...loaded, text }, ports);
  } finally {
    await loaded.engine.dispose();
  }
}

export function promptText({ cell, item, text, between, separator, ids, answers }: ShownPrompt): string {
  const lines = [
    `cell ${cell}, item ${item}, ${ids.length} tokens`,
    '--- text',
    text,
    '--- token ids',
    ids.join(' '),
    ...(between === '' ? [] : [`--- before an answer the template writes ${JSON.stringify(between)}`]),
    `--- an answer begins where the text ends${separator === '' ? '' : ', with a space'}`,
    ...answers.map((answer, i) => `--- answer ${i + 1}: ${JSON.stringify(answer.text)}  ${answer.ids.join(' ')}`),
  ];
  return printableLines(`${lines.join('\n')}\n`);
}
