// Verifies what README.md promises of situations.jsonl and its texts; prints the figures, exits 1 when one does not hold.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { contentWords, FAIR, FORM, LOW_POLE, leaveOneOut, naiveBayes, nearPairs, poles, preferred, SIZES, UNITS } from './situations.mjs';
import { BLIND, MEASURES, TRAITS, words } from './text.mjs';

const MOST_ALL = 0.6; // a word count, over the five traits
const MOST_TRAIT = 0.65; // and in each
const MAX_WORDS = 55; // question and both options
const MAX_OPTION_WORDS = 10; // of an item that is asked; calibration answers may have a few more
const MAX_ANSWER_WORDS = 14;
const FUNCTION = new Set(words('you are a an and who is as would every answer question person'));

const root = new URL('../../', import.meta.url);
const jsonl = (path) =>
  readFileSync(new URL(path, root), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
const items = jsonl('suites/items/situations.jsonl');
const { personas } = parse(readFileSync(new URL('personas.yaml', root), 'utf8'));

const faults = [];
const demand = (holds, fault) => {
  if (!holds) faults.push(fault);
};
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const fair = (share) => share >= FAIR[0] - 1e-9 && share <= FAIR[1] + 1e-9;
const count = (list, test) => list.filter(test).length;
const plain = (text) => words(text).join(' ');

// Every item by itself: its id, its keys, its words.
const seen = new Map();
for (const { id, trait, persona, keying, split, question, options } of items) {
  demand(id.startsWith(`${trait}-s${split[0]}`) && /-s[cte]\d{3}$/.test(id), `${id}: id does not name trait and split`);
  demand(persona === (keying === '+' ? trait : LOW_POLE[trait]), `${id}: persona and keying disagree`);
  demand(options.length === 2 && count(options, ({ matching }) => matching) === 1, `${id}: not one matching option of two`);
  for (const key of [id, plain(question)]) {
    demand(!seen.has(key), `${id}: id or situation stands in ${seen.get(key)} too`);
    seen.set(key, id);
  }
  const most = split === 'calibration' ? MAX_ANSWER_WORDS : MAX_OPTION_WORDS;
  for (const { text } of options) demand(words(text).length <= most, `${id}: an option of ${words(text).length} words`);
  const length = words([question, ...options.map(({ text }) => text)].join(' ')).length;
  demand(length <= MAX_WORDS, `${id}: ${length} words`);
  const own = Object.values(personas).filter((one) => one.trait === trait);
  const said = new Set(own.flatMap((one) => words(Object.values(one.prompts).join(' '))));
  for (const word of options.flatMap(({ text }) => words(text)))
    demand(FUNCTION.has(word) || !said.has(word), `${id}: "${word}" stands in a prompt of ${trait}`);
}

// No two situations are alike, within a split or across, and none is in another set of ours.
const rows = items.map((item) => ({ ...poles(item), id: item.id, trait: item.trait, split: item.split, question: item.question }));
for (const [a, b] of nearPairs(rows)) faults.push(`${b.id} and ${a.id} are near duplicates`);
const others = [
  ...jsonl('suites/items/big-five.jsonl').flatMap(({ question, options }) => [question, ...options.map(({ text }) => text)]),
  ...jsonl('suites/items/likert.jsonl').map(({ statement }) => statement),
  ...jsonl('suites/items/prompts.jsonl').map(({ question }) => question),
];
const known = new Set(others.map(plain));
for (const { id, question, high, low } of rows)
  for (const text of [question, high, low]) demand(!known.has(plain(text)), `${id}: "${text}" stands in another set`);

// The texts are the calibration situations, said by each pole.
for (const trait of TRAITS) {
  for (const [persona, pole] of [[trait, 'high'], [LOW_POLE[trait], 'low']]) {
    const texts = jsonl(`suites/corpora/situations/${persona}.jsonl`).map(({ question, answer }) => `${question} | ${answer}`);
    const own = rows.filter((row) => row.trait === trait && row.split === 'calibration').map((row) => `${row.question} | ${row[pole]}`);
    demand(texts.length >= SIZES.calibration, `${persona}: ${texts.length} texts`);
    demand([...texts].sort().join('\n') === own.sort().join('\n'), `${persona}: texts are not its calibration situations`);
  }
}

// Numbers, keying and order, and what answers by the form of the options.
console.log('form of the options: share of the items whose high pole it takes (ties count half), evaluation split');
for (const trait of TRAITS) {
  for (const [split, size] of Object.entries(SIZES)) {
    const set = items.filter((item) => item.trait === trait && item.split === split);
    const place = `${trait} ${split}`;
    demand(set.length === size, `${place}: ${set.length} items, not ${size}`);
    demand(count(set, ({ keying }) => keying === '+') === size / 2, `${place}: keying`);
    for (const key of ['+', '-']) {
      const keyed = set.filter(({ keying }) => keying === key);
      demand(Math.abs(count(keyed, ({ options }) => options[0].matching) - size / 4) <= 1, `${place}: order of ${key}`);
    }
    for (const [unit, measure] of Object.entries(MEASURES)) {
      for (const [name, choose] of Object.entries(BLIND)) {
        const picks = set.map(({ options }) => options[choose(measure, options[0].text, options[1].text)].matching);
        const matching = count(picks, Boolean) / set.length;
        const high = count(picks, (match, i) => match === (set[i].keying === '+')) / set.length;
        demand(fair(matching) && fair(high), `${place}: ${name} by ${unit} scores ${percent(matching)} and ${percent(high)}`);
      }
    }
  }
  const asked = rows.filter((row) => row.trait === trait && row.split === 'evaluation');
  const shares = Object.entries(FORM).map(([name, measure]) => {
    const share = preferred(asked, measure);
    demand(fair(share), `${trait}: "${name}" takes the high pole in ${percent(share)}`);
    return `${name} ${(100 * share).toFixed(0)}`;
  });
  console.log(`  ${trait.padEnd(18)} ${shares.join(', ')}`);
}

// The answerers by word overlap: with the prompt, and with question and prompt, as the harness reads them.
for (const wording of ['plain', 'described', 'instructed']) {
  for (const reads of ['prompt', 'question and prompt']) {
    const shares = Object.values(personas).map(({ trait, pole, prompts }) => {
      const asked = rows.filter((row) => row.trait === trait && row.split === 'evaluation');
      const high = preferred(asked, (text, { question }) => {
        const said = new Set(words(reads === 'prompt' ? prompts[wording] : `${question} ${prompts[wording]}`));
        return count([...new Set(words(text))], (word) => said.has(word));
      });
      return pole === 'high' ? high : 1 - high;
    });
    const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
    demand(shares.every(fair), `overlap with ${reads}, ${wording}: ${shares.map(percent).join(', ')}`);
    console.log(`overlap with ${reads} (${wording}): ${percent(mean)}, by persona ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}`);
  }
}

// A word count, fitted on what methods see, and on the other evaluation items.
const fitted = (texts, units) => naiveBayes({ high: texts.map(({ high }) => high), low: texts.map(({ low }) => low) }, units);
const plainly = Object.fromEntries(
  TRAITS.map((trait) => {
    const [high, low] = [trait, LOW_POLE[trait]].map((persona) => jsonl(`suites/corpora/calibration/${persona}.jsonl`));
    const texts = high.map(({ answer }, i) => ({ high: answer, low: low[i].answer }));
    return [trait, [...texts, ...jsonl('suites/items/big-five.jsonl').filter((item) => item.trait === trait).map(poles)]];
  }),
);
const FITS = {
  'calibration texts': (asked, own, units) => preferred(asked, fitted(own.filter(({ split }) => split === 'calibration'), units)),
  'calibration and tuning': (asked, own, units) => preferred(asked, fitted(own.filter(({ split }) => split !== 'evaluation'), units)),
  'all other evaluation items': (asked, _own, units) => leaveOneOut(asked, units),
  'big-five.jsonl and its texts': (asked, own, units) => preferred(asked, fitted(plainly[own[0].trait], units)),
};
console.log('naive Bayes on the evaluation items, fitted on:');
for (const [name, score] of Object.entries(FITS)) {
  for (const [unit, units] of Object.entries(UNITS)) {
    const shares = TRAITS.map((trait) => {
      const own = rows.filter((row) => row.trait === trait);
      const share = score(own.filter(({ split }) => split === 'evaluation'), own, units);
      demand(share <= MOST_TRAIT, `${trait}: ${unit} of ${name} score ${percent(share)}`);
      return share;
    });
    const all = shares.reduce((sum, one) => sum + one, 0) / shares.length;
    demand(all <= MOST_ALL, `all traits: ${unit} of ${name} score ${percent(all)}`);
    console.log(`  ${name.padEnd(29)} ${unit.padEnd(9)} ${percent(all)}   ${TRAITS.map((trait, i) => `${trait} ${percent(shares[i])}`).join(', ')}`);
  }
}

// How much the two options of an item have in common.
const shared = rows.filter(({ split }) => split === 'evaluation').map(({ high, low }) => {
  const [a, b] = [new Set(words(high)), new Set(words(low))];
  return count([...a], (word) => b.has(word)) / Math.max(a.size, b.size);
});
const mean = shared.reduce((sum, one) => sum + one, 0) / shared.length;
const vocabulary = new Set(rows.flatMap((row) => [...contentWords(row)])).size;
console.log(`${rows.length} items; options share ${percent(mean)} of their words; ${vocabulary} different content words`);

if (faults.length > 0) {
  console.error(`\n${faults.length} faults:\n${faults.slice(0, 60).map((fault) => `  ${fault}`).join('\n')}`);
  process.exit(1);
}
console.log('all of it holds');
