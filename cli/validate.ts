// `bench validate SUITE`: loads the suite and all it names, models too, and makes the plan; opens no device.

import type { Registry } from '../api/registry.ts';
import { endingLines, wrap } from '../base/columns.ts';
import { jsonText } from '../base/printable.ts';
import type { Suite } from '../harness/config/resolved.ts';
import type { Cell } from '../harness/plan/cell.ts';
import type { TextModel } from '../harness/text/text.ts';
import type { SuiteOptions } from './options.ts';
import { commandOf, registryOf, suiteOf } from './suite-options.ts';

/** Prints one line of counts, or with --json a document; throws BenchError with the diagnostics. Returns 0. */
export async function validateVerb(
  file: string,
  options: SuiteOptions,
  stdout: { write(text: string): unknown } = process.stdout,
): Promise<number> {
  const registry = await registryOf(options);
  const suite = await suiteOf(file, options, registry);
  const { cells, warnings } = await planned(suite, registry);
  if (options.json === true) stdout.write(jsonText({ ok: true, ...counts(suite, cells), warnings }));
  else if (options.quiet !== true) {
    const told = warnings.flatMap((warning) => wrap(`Warning: ${warning}`, 2));
    const lines = [...wrap(summary(suite, cells)), ...told, ...endingLines([], commandOf('run', file, options))];
    stdout.write(`${lines.join('\n')}\n`);
  }
  return 0;
}

/** The cells and what is to be said of them, after what loading a model would object to: its config, the headers of its weights, its tokenizer. */
async function planned(
  suite: Suite,
  registry: Registry,
): Promise<{ readonly cells: readonly Cell[]; readonly warnings: readonly string[] }> {
  const [{ expand }, { machineOf }, { planWarnings }, { vocabularyWarnings }] = await Promise.all([
    import('../harness/plan/expand.ts'),
    import('../api/machine.ts'),
    import('../harness/plan/warnings.ts'),
    import('../harness/plan/vocabulary.ts'),
  ]);
  const texts: (readonly [string, TextModel])[] = [];
  for (const model of suite.models) texts.push([model.id, await machineOf(undefined).text(model)]);
  // Digests make ids, and nobody asks a valid suite for those.
  const none = { config: '', weights: '', tokenizer: '', template: '' };
  const { methods, evaluations } = registry;
  const cells = expand(suite, methods, evaluations, new Map(suite.models.map(({ id }) => [id, none])));
  const warnings = [
    ...planWarnings(suite, methods, cells),
    ...texts.flatMap(([id, text]) => vocabularyWarnings(id, text, suite, cells)),
  ];
  return { cells, warnings };
}

function counts({ name, models, personas, evaluations, methods, sparsity, seeds }: Suite, cells: readonly Cell[]) {
  return {
    name,
    models: models.length,
    personas: personas.length,
    evaluations: evaluations.length,
    methods: methods.length,
    sparsity: sparsity.length,
    seeds: seeds.length,
    cells: cells.length,
    evaluationItems: new Set(
      cells.filter(({ split }) => split === 'evaluation').flatMap(({ items }) => items.map(({ id }) => id)),
    ).size,
  };
}

function summary(suite: Suite, cells: readonly Cell[]): string {
  const { name, evaluationItems, ...rest } = counts(suite, cells);
  const parts = Object.entries(rest).map(([what, count]) => `${what} ${count}`);
  return `${name} is valid: ${parts.join(', ')}, evaluation items ${evaluationItems}`;
}
