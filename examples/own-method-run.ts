// The own method from TypeScript: a suite that names it is loaded, run, blessed and gated.
//   node own-method-run.ts [suite.yaml] [folder]        (Node 22.18 or newer; else npx tsx own-method-run.ts)

import path from 'node:path';
import { blessRun, compareRuns, gateRun, loadSuite, registryOf, runSuite } from 'persona-bench';
import { recall } from './own-method.ts';

const [file = path.join(import.meta.dirname, 'own-persona/with-recall.yaml'), out = '.bench'] = process.argv.slice(2);
const registry = registryOf({ methods: [recall] });
const suite = await loadSuite(file, { registry });
const run = await runSuite(suite, {
  registry,
  out,
  listener(event) {
    if (event.kind === 'cell-done') console.log(`${event.cell.method} ${event.cell.persona ?? '(all)'}: done`);
  },
});
if (run.folder === null) throw new Error('the run was interrupted');

for (const { method, alignment } of run.result.metrics.filter(({ scope }) => scope === 'pooled')) {
  console.log(`${method}: ${(100 * alignment.value).toFixed(1)} % of ${alignment.n} answers are the persona's`);
}

// A later run is judged beside this one by the rules of the suite's gate section.
const reference = path.join(out, 'reference.json');
blessRun(run.folder, { reference });
const again = await runSuite(suite, { registry, out });
if (again.folder === null) throw new Error('the run was interrupted');
const { outcome, exitCode } = gateRun(again.folder, { reference });
console.log(`gate: ${outcome}, exit code ${exitCode}`);
console.log(`changed answers: ${compareRuns(run.folder, again.folder).flips.length}`);
