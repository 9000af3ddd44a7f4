// The byte ledger, its budget, and the errors of buffers and kernels that do not fit.

import * as assert from 'uvu/assert';
import { type Gpu, openGpu } from '../../../gpu/device/device.ts';
import { Memory } from '../../../gpu/device/memory.ts';
import { Pipelines } from '../../../gpu/device/pipelines.ts';
import { suite } from '../../support/suite.ts';

const test = suite('memory');
let gpu: Gpu;
test.before(async () => {
  gpu = await openGpu();
});
test.after(() => gpu.dispose());

const code = (expected: string, text: RegExp) => (error: Error & { code?: string }) =>
  error.code === expected && text.test(error.message);

test('the ledger counts living buffers and remembers its peak', () => {
  const memory = new Memory(gpu);
  const a = memory.pool();
  const b = memory.pool();
  a.buffer('one', 1000);
  b.buffer('two', 3);
  assert.is(memory.bytes, 1016); // a binding is at least 16 bytes
  a.dispose();
  assert.is(memory.bytes, 16);
  assert.is(memory.peakBytes, 1016);
  memory.resetPeak();
  assert.is(memory.peakBytes, 16);
  b.dispose();
  b.dispose();
  assert.is(memory.bytes, 0);
});

test('the budget is checked before anything is allocated', () => {
  const memory = new Memory(gpu, { budgetBytes: 1000 });
  const pool = memory.pool();
  pool.buffer('first', 900);
  assert.throws(() => pool.buffer('second', 200), code('gpu-memory', /buffer second needs/));
  assert.is(memory.bytes, 900);
  pool.dispose();
});

test('a buffer beyond what the device binds is refused by name', () => {
  const pool = new Memory(gpu).pool();
  const bytes = gpu.limits.maxStorageBufferBindingSize + 4;
  assert.throws(() => pool.buffer('embedding', bytes), code('gpu-memory', /buffer embedding needs .* binds at most/));
});

test('a kernel that does not compile is shown with its expanded line', async () => {
  try {
    await new Pipelines(gpu).get('norm', { WG: 'oops', ROWS: 'rows' }, 'uurrrrw');
    assert.unreachable();
  } catch (error) {
    const { code: found, message, where } = error as { code: string; message: string; where: string };
    assert.is(found, 'bad-kernel');
    assert.match(message, /oops/);
    assert.match(message, /\| @compute @workgroup_size\(oops\)/);
    assert.match(where, /norm .*expanded line \d+:\d+/);
  }
});

test('equal kernels share a pipeline', async () => {
  const pipelines = new Pipelines(gpu);
  const first = await pipelines.get('norm', { WG: 16, ROWS: 'rows' }, 'uurrrrw');
  assert.is(await pipelines.get('norm', { ROWS: 'rows', WG: 16 }, 'uurrrrw'), first);
  assert.is(pipelines.count, 1);
});

test.run();
