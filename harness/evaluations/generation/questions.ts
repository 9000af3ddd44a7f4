// The open questions of a generation evaluation, each with the prompts of both poles by which texts are read.

import { stat } from 'node:fs/promises';
import { failOn, type Issue, suggestion } from '../../config/diagnostics.ts';
import type { EvaluationSource } from '../../config/evaluation-source.ts';
import type { Persona } from '../../config/resolved.ts';
import { readQuestions } from '../../datasets/own.ts';
import type { Item } from '../../datasets/types.ts';

/** What an entry says of its questions. */
interface Wanted {
  readonly prompts: string; // a file
  readonly wording?: string | undefined;
  readonly 'items-per-trait'?: number | undefined;
}

/** An item for each question on a trait of the personas. Throws `bad-suite` with the place, or `bad-data`. */
export async function questionsOf(wanted: Wanted, source: EvaluationSource): Promise<readonly Item[]> {
  const { personas, book, limit } = source;
  const path = source.path('prompts', wanted.prompts);
  if (!(await stat(path).catch(() => null))?.isFile()) {
    failOn(
      [{ place: source.place('prompts'), message: `there is no file ${path}` }],
      'bad-suite',
      'suites/items/prompts.jsonl is part of this package',
    );
  }
  const questions = await readQuestions(path);
  const traits = [...new Set(questions.map(({ trait }) => trait))];
  const perTrait = limit ?? wanted['items-per-trait'];
  const issues: Issue[] = [];
  const items = [...new Set(personas.map(({ trait }) => trait))].flatMap((trait): readonly Item[] => {
    const own = questions.filter((question) => question.trait === trait).slice(0, perTrait);
    const poles = (['high', 'low'] as const).map((pole) => poleOf(pole, trait, personas, book));
    const [high, low] = poles.map((pole) => promptOf(pole, wanted.wording));
    if (own.length === 0) {
      const hint = suggestion(trait, traits);
      issues.push({ place: source.place('prompts'), message: `there is no question on ${trait}`, hint });
    }
    if (high === undefined || low === undefined) {
      const known = Object.keys(poles[0]?.prompts ?? {});
      const message = `the poles of ${trait} have no prompt "${wanted.wording}"`;
      issues.push({ place: source.place('wording'), message, hint: suggestion(wanted.wording ?? '', known) });
      return [];
    }
    if (high === low)
      issues.push({ place: source.place('wording'), message: `both poles of ${trait} have one prompt` });
    const options = [high, low].map((text, k) => ({ text, matching: k === 0 }));
    const persona = poles[0]?.id ?? trait;
    return own.map(({ id, question }) => {
      return { id, trait, persona, keying: '+' as const, split: 'evaluation' as const, question, options };
    });
  });
  failOn(issues, 'bad-suite', 'texts are read by the prompts of both poles, on questions of their trait');
  return items;
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
