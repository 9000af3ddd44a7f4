// A generation evaluation as it is run: open questions, each with the prompts of both poles by which texts are read.

import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readQuestions } from '../datasets/own.ts';
import type { Item } from '../datasets/types.ts';
import { failOn, type Issue, suggestion } from './diagnostics.ts';
import type { GenerationFile } from './entries.ts';
import type { ChoiceEvaluation, GenerationEvaluation, Persona } from './resolved.ts';
import { type Located, originOf } from './yaml.ts';

interface Given {
  readonly personas: readonly Persona[]; // that the suite selects
  readonly book: readonly Persona[]; // all of the file: an opposite need not be selected
  readonly limit: number | undefined;
  readonly seed: number;
  readonly setUp: ChoiceEvaluation;
}

/** `at`: where the suite has the evaluation. Throws `bad-suite` or `bad-data` with the place. */
export async function generationOf(
  file: GenerationFile,
  given: Given,
  at: string,
  folder: string,
  located: Located,
): Promise<GenerationEvaluation> {
  const { personas, book, limit, seed, setUp } = given;
  const path = resolve(folder, file.prompts);
  const placeOf = (key: string) => originOf(located, `${at}/${key}`).value;
  if (!(await stat(path).catch(() => null))?.isFile()) {
    failOn(
      [{ place: placeOf('prompts'), message: `there is no file ${path}` }],
      'bad-suite',
      'suites/items/prompts.jsonl is part of this package',
    );
  }
  const questions = await readQuestions(path);
  const traits = [...new Set(questions.map(({ trait }) => trait))];
  const itemsPerTrait = limit ?? file['items-per-trait'] ?? null;
  const issues: Issue[] = [];
  const items = [...new Set(personas.map(({ trait }) => trait))].flatMap((trait): readonly Item[] => {
    const own = questions.filter((question) => question.trait === trait).slice(0, itemsPerTrait ?? undefined);
    const poles = (['high', 'low'] as const).map((pole) => poleOf(pole, trait, personas, book));
    const [high, low] = poles.map((pole) => promptOf(pole, file.wording));
    if (own.length === 0) {
      const hint = suggestion(trait, traits);
      issues.push({ place: placeOf('prompts'), message: `there is no question on ${trait}`, hint });
    }
    if (high === undefined || low === undefined) {
      const known = Object.keys(poles[0]?.prompts ?? {});
      const message = `the poles of ${trait} have no prompt "${file.wording}"`;
      issues.push({ place: placeOf('wording'), message, hint: suggestion(file.wording ?? '', known) });
      return [];
    }
    if (high === low) issues.push({ place: placeOf('wording'), message: `both poles of ${trait} have one prompt` });
    const options = [high, low].map((text, k) => ({ text, matching: k === 0 }));
    const persona = poles[0]?.id ?? trait;
    return own.map(({ id, question }) => {
      return { id, trait, persona, keying: '+' as const, split: 'evaluation' as const, question, options };
    });
  });
  failOn(issues, 'bad-suite', 'texts are read by the prompts of both poles, on questions of their trait');
  const { id, kind, template, tokens, temperature, samples, judge } = file;
  return {
    ...{ id, kind, scorer: 'log-odds', orders: 'given', template, tokens, temperature, samples, seed, setUp },
    ...{ topK: file['top-k'], topP: file['top-p'], items, itemsPerTrait },
    judge:
      judge === undefined
        ? null
        : { endpoint: judge.endpoint, model: judge.model, prompt: judge.prompt, keyEnv: judge['key-env'] },
  };
}

function poleOf(
  pole: Persona['pole'],
  trait: string,
  personas: readonly Persona[],
  book: readonly Persona[],
): Persona | undefined {
  const selected = personas.filter((persona) => persona.trait === trait);
  const found = selected.find((persona) => persona.pole === pole);
  return found ?? book.find(({ id }) => id === selected[0]?.opposite);
}

function promptOf(persona: Persona | undefined, wording: string | undefined): string | undefined {
  const { prompts = {} } = persona ?? {};
  const name = wording ?? Object.keys(prompts)[0] ?? '';
  return Object.hasOwn(prompts, name) ? prompts[name] : undefined;
}
