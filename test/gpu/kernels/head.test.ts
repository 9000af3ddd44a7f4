// Log-probabilities without logits against the f64 twin, in every format, with ties.

import * as assert from 'uvu/assert';
import { headBlocks, scoreHead } from '../../../gpu/kernels/head.ts';
import { logprob as logprobKernel } from '../../../gpu/kernels/logprob.ts';
import { HEAD_BLOCK } from '../../../gpu/kernels/matmul-tiles.ts';
import { head } from '../../../gpu/reference/head.ts';
import { logprob as logprobTwin } from '../../../gpu/reference/logprob.ts';
import { matmul } from '../../../gpu/reference/matmul.ts';
import { scoreTargets } from '../../../gpu/reference/network/log-softmax.ts';
import { type Bench, close, FORMATS, openBench, random, rounded } from '../../support/kernel.ts';
import { suite } from '../../support/suite.ts';

/** NMSE of f32 sums against f64; docs/method.md#numerics. */
const LIMIT = 1e-10;

const test = suite('head kernels');
let bench: Bench;
test.before(async () => {
  bench = await openBench();
});
test.after.each(() => bench.clear());
test.after(() => bench.close());

const out = (count: number): GPUBuffer => bench.recorder.pool.buffer('out', 4 * count);

test('head: log-probabilities and argmax without the logits, in every format', async () => {
  for (const format of FORMATS) {
    for (const [p, k, vocab] of [
      [1, 64, 257],
      [9, 63, 65],
      [33, 32, 1000],
      [3, 5, 3],
    ] as const) {
      const x = random(16, p * k);
      const w = rounded(random(17, vocab * k), format);
      const bias = format === 'f32' ? random(18, vocab) : undefined;
      const targets = Array.from({ length: p }, (_, i) => (i * 131) % vocab);
      const logits = matmul(x, w, k, { bias: bias ?? null });
      // One target is the argmax, so that both flags occur.
      targets[0] = scoreTargets(logits, targets, vocab).argmax[0]!;
      const blocks = headBlocks(vocab);
      const io = {
        x: bench.floats(x),
        targets: bench.words(targets),
        part: out(2 * p * blocks),
        best: out(p * blocks),
        logit: out(p),
        logprob: out(p),
        greedy: out(p),
      };
      const commands = scoreHead(bench.recorder, io, bench.matrix(w, vocab, k, format, bias));
      const [logprob, greedy, part, best, logit] = await bench.run(commands, { rows: 1, scored: p }, [
        [io.logprob, p],
        [io.greedy, p],
        [io.part, 2 * p * blocks],
        [io.best, p * blocks],
        [io.logit, p],
      ]);
      const byBlock = head(logits, targets, vocab, HEAD_BLOCK);
      close(`${format} blocks`, new Float32Array(part!), byBlock.part, LIMIT);
      close(`${format} logits`, new Float32Array(logit!), byBlock.logit, LIMIT);
      assert.equal(new Uint32Array(best!), byBlock.best);
      const expected = scoreTargets(logits, targets, vocab);
      close(`${format} ${p}x${k}x${vocab}`, new Float32Array(logprob!), expected.logprobs, LIMIT);
      assert.equal(
        Array.from(new Uint32Array(greedy!)),
        targets.map((target, i) => Number(target === expected.argmax[i])),
      );
    }
  }
});

test('blocks merge to the log-probabilities of the twin, with the greatest in any block and a tie between two', async () => {
  const [rows, blocks] = [65, 5];
  const part = Float64Array.from(random(19, 2 * rows * blocks), (x, i) => (i % 2 === 0 ? 9 * x : 1 + Math.abs(x)));
  part[0] = 40;
  part[2] = 40; // the first two blocks of row 0 tie
  const best = Uint32Array.from({ length: rows * blocks }, (_, i) => HEAD_BLOCK * (i % blocks) + (i % 7));
  const logit = random(20, rows);
  const targets = Uint32Array.from({ length: rows }, (_, p) => best[p * blocks + (p % blocks)]!);
  const rounded32 = Float64Array.from(Float32Array.from(part));
  const io = {
    part: bench.floats(part),
    best: bench.words(best),
    logit: bench.floats(logit),
    targets: bench.words(targets),
    logprob: out(rows),
    greedy: out(rows),
  };
  const [logprob, greedy] = await bench.run([logprobKernel(bench.recorder, io, blocks)], { rows: 1, scored: rows }, [
    [io.logprob, rows],
    [io.greedy, rows],
  ]);
  const expected = logprobTwin({ part: rounded32, best, logit }, targets);
  close('merged', new Float32Array(logprob!), expected.logprobs, LIMIT);
  assert.equal(new Uint32Array(greedy!), expected.greedy);
  assert.is(expected.greedy[0], 1, 'of equal blocks the first is the argmax');
});

test('head: equal logits, the lower id is the argmax', async () => {
  const vocab = 200;
  const x = bench.floats([1]);
  const w = bench.matrix(new Float64Array(vocab).fill(0.5), vocab, 1, 'f32');
  for (const [target, expected] of [
    [0, 1],
    [64, 0],
    [199, 0],
  ] as const) {
    const io = {
      x,
      targets: bench.words([target]),
      part: out(8),
      best: out(4),
      logit: out(1),
      logprob: out(1),
      greedy: out(1),
    };
    const [logprob, greedy] = await bench.run(scoreHead(bench.recorder, io, w), { rows: 1, scored: 1 }, [
      [io.logprob, 1],
      [io.greedy, 1],
    ]);
    assert.is(new Uint32Array(greedy!)[0], expected);
    assert.ok(Math.abs(new Float32Array(logprob!)[0]! + Math.log(vocab)) < 1e-6);
  }
});

test.run();
