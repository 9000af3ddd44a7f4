// `bench run --profile` on the engine and a small random model: a trace that a viewer reads, sums that agree, outcomes that
// do not change by a bit.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as assert from 'uvu/assert';
import type { RunResult } from '../../harness/record/run-record.ts';
import { TINY_VOCAB, tinyModel } from '../harness/text/tiny.ts';
import { BENCH, FEW_SAMPLES } from '../support/bench.ts';
import { temporaryFolder } from '../support/folders.ts';
import { runNode } from '../support/node.ts';
import { writeRandomModel } from '../support/random-model.ts';
import { suite } from '../support/suite.ts';

const test = suite('profile end to end');

interface Event {
  readonly ph: string;
  readonly cat?: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly pid: number;
  readonly tid: number;
  readonly args: Readonly<Record<string, number | string>>;
}

const model = tinyModel();
await writeRandomModel(model, { family: 'llama', seed: 9, vocab: TINY_VOCAB, positions: 1024 });
const SHORT = ['items=1', 'warmup=0', 'repeats=1', 'decode-tokens=2'].flatMap((to) => ['--set', `latency.${to}`]);

async function run(...flags: readonly string[]) {
  const out = temporaryFolder();
  const fixed = ['--model', model, '--limit', '2', '--out', out, '--progress', 'plain', ...SHORT];
  const args = [...BENCH, 'run', 'suites/smoke.yaml', ...fixed, ...FEW_SAMPLES, ...flags];
  const { code, stdout, stderr } = await runNode(args);
  assert.is(code, 0, stderr);
  const folder = path.join(out, 'runs', readFileSync(path.join(out, 'runs', 'latest'), 'utf8').trim());
  const read = (name: string): string => readFileSync(path.join(folder, name), 'utf8');
  return { stdout, stderr, read, result: JSON.parse(read('run.json')) as RunResult };
}

const plain = await run();
const profiled = await run('--profile');
const { profile, device } = profiled.result;
const trace = JSON.parse(profiled.read('trace.json'));
const events = (trace.traceEvents as readonly Event[]).filter(({ ph }) => ph === 'X');
const names = (trace.traceEvents as readonly Event[]).filter(({ ph }) => ph === 'M');
const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
const near = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-3 + 1e-6 * Math.abs(b);

test('no outcome changes by a bit, and the record fits its schema with a profile and without', () => {
  assert.is(profiled.read('items.jsonl'), plain.read('items.jsonl'));
  assert.equal(profiled.result.metrics, plain.result.metrics);
  assert.is(plain.result.profile, null);
  assert.throws(() => plain.read('trace.json'));
  const schema = JSON.parse(readFileSync(new URL('../../reports/schema/run.schema.json', import.meta.url), 'utf8'));
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
  for (const { result } of [plain, profiled]) assert.ok(validate(result), JSON.stringify(validate.errors));
});

test('kernels lie in steps, steps in phases, and none beside each other overlap', () => {
  const inside = { kernel: 'step', step: 'phase' } as const;
  const tracks = new Set(events.map(({ tid }) => tid));
  assert.is(tracks.size, names.filter(({ name }) => name === 'thread_name').length);
  for (const tid of tracks) {
    for (const [kind, outer] of Object.entries(inside)) {
      const around = events.filter((event) => event.tid === tid && event.cat === outer);
      let last = -1;
      for (const { ts, dur, name } of events.filter((event) => event.tid === tid && event.cat === kind)) {
        assert.ok(ts >= last - 2e-3, `${name} at ${ts} begins before ${last}`);
        last = ts + dur;
        const holds = around.some((one) => one.ts <= ts + 2e-3 && ts + dur <= one.ts + one.dur + 2e-3);
        assert.ok(holds, `${kind} ${name} at ${ts} lies in no ${outer}`);
      }
    }
  }
});

test('the trace adds up to the table, and the table to less than the wall clock', () => {
  assert.ok(profile !== null && profile.rows.length > 0);
  const kernels = events.filter(({ cat }) => cat === 'kernel');
  assert.ok(near(sum(kernels.map(({ dur }) => dur / 1e3)), sum(profile.rows.map(({ kernelMs }) => kernelMs))));
  for (const row of profile.rows) {
    assert.ok(row.kernelMs > 0 && row.kernelMs < row.wallMs, `${row.kernelMs} of ${row.wallMs} ms`);
    assert.ok(near(row.outside, 1 - row.kernelMs / row.wallMs));
    assert.ok(near(sum(row.kernels.map(({ ms }) => ms)), row.kernelMs));
    assert.ok(near(sum(row.kernels.map(({ share }) => share)), 1));
    assert.ok(row.plainDeviceMs !== null && row.plainDeviceMs > 0 && row.plainDeviceMs < row.plainMs);
    for (const { ms, flops, bytes, gflops, gbPerSecond } of row.kernels) {
      assert.ok(flops !== null && bytes !== null && bytes > 0);
      if (ms > 0) assert.ok(near((gflops ?? 0) * ms * 1e6, flops) && near((gbPerSecond ?? 0) * ms * 1e6, bytes));
    }
    const { wallMs, dispatches, left } = row.waterfall;
    assert.ok(dispatches.length > 0 && left === 0);
    assert.ok(dispatches.every(({ startMs, ms }) => startMs >= 0 && startMs + ms <= wallMs));
  }
  const of = (method: string) => profile.rows.filter((row) => row.method === method).map(({ phase }) => phase);
  assert.equal(of('none'), ['scoring', 'prefill', 'decode']);
  const scored = profile.rows.find(({ phase }) => phase === 'scoring')?.kernels.map(({ kernel }) => kernel) ?? [];
  for (const kernel of ['matmul up', 'attention', 'head']) assert.ok(scored.includes(kernel), scored.join());
  for (const { gflops, gbPerSecond } of profile.peaks) assert.ok(gflops > 0 && gbPerSecond > 0);
});

test('a software device is named as one in every report', () => {
  assert.ok(device.software);
  assert.match(profiled.stdout, /Longest kernels/);
  assert.match(profiled.read('report.md'), /Longest kernels: .* \(software device\)/);
  assert.match(profiled.read('report.md'), /Time outside kernels: .* \(software device\)/);
  assert.match(profiled.stdout.replaceAll(/\s+/g, ' '), /Longest kernels: [^|]* \(software device\)/);
  assert.match(profiled.read('report.html'), /software device/);
  assert.match(names.find(({ name }) => name === 'process_name')?.args.name as string, /, a software device$/);
  assert.is(trace.otherData.software, true);
  assert.match(profiled.stderr, /timing the kernels of .*: 3 methods, 3 rounds/);
  assert.match(profiled.stdout, /Written: .*trace\.json\n/);
});

test.run();
