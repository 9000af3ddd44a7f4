// Passages on no persona, for retrieval to pass over: two or three remarks on a thing, their words drawn by a seed.
// `make.mjs` writes them to knowledge/neutral.jsonl.

const PASSAGES = 256;
const LEAST_WORDS = 28; // about the length of a persona's passages, in words and in tokens
const MOST_DRAWS = 200;

/** `lines` of banks/neutral-passages.txt, and a source of numbers in [0, 1), to rows {id, text}. */
export function neutralPassages(lines, random) {
  const bank = { thing: {}, slot: {}, say: {} };
  for (const line of lines) {
    const [, part, name, rest] = /^(\w+) (\w+) \| (.*)$/.exec(line);
    if (part === 'say') (bank.say[name] ??= []).push(rest);
    else bank[part][name] = rest.split('; ');
  }
  const below = (n) => Math.floor(random() * n);
  const things = Object.entries(bank.thing).flatMap(([kind, names]) => names.map((name) => ({ kind, name })));
  const seen = new Set();

  /** A remark that no other passage holds; no slot has the same value twice in it. */
  const remark = (pattern, name) => {
    for (let draw = 0; draw < MOST_DRAWS; draw++) {
      const used = new Set();
      const text = pattern.replace(/\{(\w+)\}/g, (_, slot) => {
        if (slot === 'thing') return name;
        const free = bank.slot[slot].filter((value) => !used.has(value));
        const value = free[below(free.length)];
        used.add(value);
        return value;
      });
      const sentence = text[0].toUpperCase() + text.slice(1);
      if (seen.has(sentence)) continue;
      seen.add(sentence);
      return sentence;
    }
    throw new Error(`too few words for "${pattern}"`);
  };

  return Array.from({ length: PASSAGES }, (_, i) => {
    const { kind, name } = things[i % things.length];
    const patterns = [...bank.say[kind]];
    // The first names the thing, so that the others may say "it".
    const naming = patterns.filter((pattern) => pattern.includes('{thing}'));
    const first = naming[below(naming.length)];
    patterns.splice(patterns.indexOf(first), 1);
    let text = remark(first, name);
    while (text.split(' ').length < LEAST_WORDS) text += ` ${remark(patterns.splice(below(patterns.length), 1)[0], name)}`;
    return { id: `neutral-k${String(i + 1).padStart(3, '0')}`, text };
  });
}
