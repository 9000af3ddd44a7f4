// Reading run.json and items.jsonl: what a run found, and the items that a method got wrong.
//   node read-run.ts [run folder, or latest] [method]        (Node 22.18 or newer; else npx tsx read-run.ts)

import { readRun } from 'persona-bench';

const [name = 'latest', method = 'prompting'] = process.argv.slice(2);
const { folder, result, items } = readRun(name);
console.log(`${folder}: suite ${result.suite} on ${result.device.name}, exit code ${result.exitCode}`);
for (const row of result.cells.slice(0, 5)) console.log(`  ${row.method} ${row.persona ?? '-'}: ${row.status}`);

const wrong = items.filter((item) => item.method === method && item.keyed !== 0 && item.aligned < 0.5);
console.log(`${wrong.length} answers of ${method} are the other pole's; the first:`);
for (const { persona, question, options, p } of wrong.slice(0, 3)) {
  const own = options.find(({ aligned }) => aligned)?.text ?? '';
  console.log(`  ${persona}: "${question}" "${own}" has probability ${p.toFixed(2)}`);
}
