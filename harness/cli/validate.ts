// `bench validate SUITE`: loads the suite and all it names, runs nothing.

import type { Suite } from '../config/resolved.ts';
import type { SuiteOptions } from './options.ts';
import { suiteOf } from './suite-options.ts';

/** Prints one line of counts, or with --json a document; throws BenchError with the diagnostics. Returns 0. */
export async function validateVerb(
  file: string,
  options: SuiteOptions,
  stdout: { write(text: string): unknown } = process.stdout,
): Promise<number> {
  const suite = await suiteOf(file, options);
  if (options.json === true) stdout.write(`${JSON.stringify({ ok: true, ...counts(suite) }, null, 2)}\n`);
  else if (options.quiet !== true) stdout.write(`${summary(suite)}\n`);
  return 0;
}

function counts({ name, models, personas, evaluations, methods, sparsity, seeds }: Suite) {
  const items = new Set(
    personas.flatMap((persona) => persona.items.filter(({ split }) => split === 'evaluation').map(({ id }) => id)),
  );
  return {
    name,
    models: models.length,
    personas: personas.length,
    evaluations: evaluations.length,
    methods: methods.length,
    sparsity: sparsity.length,
    seeds: seeds.length,
    evaluationItems: items.size,
  };
}

function summary(suite: Suite): string {
  const { name, evaluationItems, ...rest } = counts(suite);
  const parts = Object.entries(rest).map(([what, count]) => `${what} ${count}`);
  return `${name} is valid: ${parts.join(', ')}, evaluation items ${evaluationItems}`;
}
