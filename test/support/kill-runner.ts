// A run to be killed: the real planner, runner, store and run folder with the slow fake engine.
// Arguments: folder, ms per item. It prints "start", one "done" per stored cell, and "end".

import { INTERRUPTED, onInterrupt } from '../../harness/run/interrupt.ts';
import { writeRunFolder } from '../../harness/store/run-folder.ts';
import { runFake } from './session.ts';

const [base = '', delay = '0'] = process.argv.slice(2);
const interrupt = onInterrupt((text) => console.log(text));
console.log('start');
const run = await runFake(base, {
  delayMs: Number(delay),
  options: {
    signal: interrupt.signal,
    emit: ({ kind }) => {
      if (kind === 'cell-done') console.log('done');
    },
  },
});
interrupt.dispose();
if (run.interrupted) process.exitCode = INTERRUPTED;
else writeRunFolder(base, run.result, run.rows(), {});
console.log('end');
