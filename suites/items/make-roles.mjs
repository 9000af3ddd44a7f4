// Writes roles.json, in the format of RoleAgentBench's reaction rows, from source/roles.txt (persona | question, then
// asker | reply). Chance (seeded) orders the replies of a question; all who ask it see the same order.
import { writeFileSync } from 'node:fs';
import { groupsOf, orderedBy } from './roles.mjs';

const random = orderedBy(20261123);
const rows = groupsOf().flatMap(({ persona, question, replies }) => {
  const shown = random(replies);
  const choices = shown.map(({ reply }, k) => `${'ABC'[k]}. ${reply}`);
  return replies.map(({ asker, reply }) => ({
    source_role: asker,
    target_role: persona,
    question,
    multi_choices: choices,
    gt_answer: 'ABC'[shown.findIndex((one) => one.reply === reply)],
  }));
});
const lines = rows.map((row) => `  ${JSON.stringify(row)}`);
writeFileSync(new URL('roles.json', import.meta.url), `[\n${lines.join(',\n')}\n]\n`);
console.log(`${rows.length} rows`);
