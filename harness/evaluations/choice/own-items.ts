// The items of a choice evaluation that names a file of our own format, in place of the personas' own.

import { stat } from 'node:fs/promises';
import { failOn, suggestion } from '../../config/diagnostics.ts';
import type { EvaluationSource } from '../../config/evaluation-source.ts';
import { readItems } from '../../datasets/own.ts';
import type { Item } from '../../datasets/types.ts';

/**
 * The evaluation items of the file `written`, of every trait that the suite's personas have. Its other splits stay unread:
 * methods learn from and choose by the personas' own items. Throws `bad-suite` with the place, or `bad-data` with file and line.
 */
export async function fileItems(written: string, source: EvaluationSource): Promise<readonly Item[]> {
  const file = source.path('items', written);
  const place = source.place('items');
  const refuse = (message: string, hint: string): void => failOn([{ place, message }], 'bad-suite', hint);
  if (!(await stat(file).catch(() => null))?.isFile()) {
    const hint = 'name a file of items as suites/items/big-five.jsonl is, or a data set: { source, folder }';
    refuse(`there is no file ${file}`, hint);
  }
  const asked = (await readItems(file)).filter(({ split }) => split === 'evaluation');
  const traits = [...new Set(source.personas.map(({ trait }) => trait))];
  for (const trait of traits) {
    const own = asked.filter((item) => item.trait === trait);
    if (own.length === 0) {
      const others = [...new Set(asked.map((item) => item.trait))];
      const message = `${written} has no evaluation items of the trait ${trait}`;
      refuse(message, `${suggestion(trait, others)}: select personas of its traits, or add items`);
    }
    const poles = source.book.filter((persona) => persona.trait === trait).map(({ id }) => id);
    const stray = own.find(({ persona }) => !poles.includes(persona));
    if (stray === undefined) continue;
    const message = `item "${stray.id}" of ${written} is of persona "${stray.persona}", which is not a pole of ${trait}`;
    refuse(message, `${suggestion(stray.persona, poles)}: an item needs a persona to be asked`);
  }
  return asked.filter(({ trait }) => traits.includes(trait));
}
