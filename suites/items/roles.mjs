// How make-roles.mjs and check-roles.mjs read source/roles.txt.
import { readFileSync } from 'node:fs';

/** Questions with the replies to each who asks. */
export function groupsOf() {
  const groups = [];
  for (const line of readFileSync(new URL('source/roles.txt', import.meta.url), 'utf8').split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [first, second] = line.split('|').map((part) => part.trim());
    if (line.startsWith(' ')) groups.at(-1).replies.push({ asker: first, reply: second });
    else groups.push({ persona: first, question: second, replies: [] });
  }
  return groups;
}

/** A seeded shuffle (mulberry32). */
export function orderedBy(start) {
  let seed = start;
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return (list) => {
    const out = [...list];
    for (let i = out.length - 1; i > 0; i--) {
      const j = Math.floor(next() * (i + 1));
      [out[i], out[j]] = [out[j], out[i]];
    }
    return out;
  };
}
