// Loads and closes in a process of its own: nothing may be left. `npm run check:steady` does a thousand.

import * as assert from 'uvu/assert';
import { runNode, runScript } from '../support/node.ts';
import { suite } from '../support/suite.ts';

const test = suite('steady');
const ROUNDS = 50; // the fewest that it takes

test('the ledger returns to zero and resident memory is flat', async () => {
  const command = ['--expose-gc', '--import', 'tsx', 'scripts/check-steady.ts', '--rounds', String(ROUNDS)];
  const { code, stdout, stderr } = await runNode(command);
  assert.is(code, 0, `${stdout}\n${stderr}`);
  const { rounds, ledger, flat } = JSON.parse(stdout);
  assert.equal({ rounds, ledger, flat }, { rounds: ROUNDS, ledger: 0, flat: true });
});

test('a closed device is collected', async () => {
  const { code, stdout, stderr } = await runScript(
    `const { openGpu } = await import('./gpu/device/device.ts');
     const { residentBytes } = await import('./test/support/steady.ts');
     const devices = [];
     for (let i = 0; i < 12; i++) {
       const gpu = await openGpu();
       await gpu.scope('nothing', () => {});
       devices.push(new WeakRef(gpu.device));
       await gpu.dispose();
     }
     await residentBytes();
     console.log(devices.filter((device) => device.deref() !== undefined).length);`,
  );
  assert.is(code, 0, stderr);
  // The last one or two may still stand on the stack.
  assert.ok(Number(stdout) <= 2, `${stdout} of 12 devices are alive`);
});

test.run();
