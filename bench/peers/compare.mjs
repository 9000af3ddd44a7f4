// node compare.mjs --models /tmp/peers --weights f32: our engine and node-llama-cpp in turns on one driver. First both
// must say the same of a prompt; then tokens/s of scoring and of decode, and the ratio of each round.

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { tokens } from './shape.mjs';
import { median, report, spread } from './table.mjs';
import { start } from './turns.mjs';

const LAVAPIPE = '/opt/lvp/node-lvp';
/** llama.cpp keeps keys and values in f16, so log-probabilities differ in the second decimal; another network differs by ones. */
const CLOSE = 0.15;
const CHECKED = 16;

const { values: args } = parseArgs({
  options: {
    models: { type: 'string', default: '/tmp/peers' },
    weights: { type: 'string', default: 'f32' },
    gguf: { type: 'string' }, // else as --weights
    backend: { type: 'string', default: 'vulkan' },
    env: { type: 'string', multiple: true, default: [] }, // of the peer: GGML_VK_DISABLE_COOPMAT=1
    cases: { type: 'string', default: 'score:128,decode:24' },
    rounds: { type: 'string', default: '4' }, // even, so that each goes first as often
    node: { type: 'string', default: existsSync(LAVAPIPE) ? LAVAPIPE : process.execPath },
    json: { type: 'string' },
  },
});
const cases = args.cases.split(',').map((text) => {
  const [kind, count] = text.split(':');
  return { kind, count: Number(count) };
});
const rounds = Number(args.rounds);
const gguf = args.gguf ?? args.weights;
const longest = Math.max(...cases.map(({ count }) => count)) + CHECKED + 1;
// The context is padded to 256 and all of it is allocated: no more of it than the cases need.
const context = String(Math.ceil(longest / 256) * 256);
const { version } = JSON.parse(await readFile(new URL('node_modules/node-llama-cpp/package.json', import.meta.url)));

const ours = await start('./ours.mjs', [join(args.models, args.weights)], {
  node: args.node,
  execArgv: ['--import', 'tsx'],
});
const peer = await start('./llama.mjs', [join(args.models, `${gguf}.gguf`), args.backend, context], {
  node: args.node,
  env: { ...Object.fromEntries(args.env.map((pair) => pair.split('='))), PEERS_LLAMA_VERSION: version },
});
const load = [loadavg()[0]];
const result = {
  ours: { ...(await ours.ask('about')).value, weights: args.weights },
  peer: { ...(await peer.ask('about')).value, weights: gguf, env: args.env },
  machine: { cpu: cpus()[0].model, cores: cpus().length },
  check: await check(),
  cases: [],
};
for (const one of cases) result.cases.push(await measure(one));
load.push(loadavg()[0]);
result.load = load;
report(result);
if (args.json) await writeFile(args.json, `${JSON.stringify(result, null, 2)}\n`);
await ours.ask('close');
await peer.ask('close');

/** Both must compute the same network, or the figures compare nothing. */
async function check() {
  const prompt = tokens(CHECKED, 3);
  const mine = (await ours.ask('logprobs', { tokens: prompt })).value;
  const theirs = (await peer.ask('logprobs', { tokens: prompt })).value;
  const apart = mine.map(({ logprob }, i) => Math.abs(logprob - theirs[i].logprob));
  const sameTop = mine.filter(({ top }, i) => top[0][0] === theirs[i].top).length;
  // Another top-1 is a tie that rounding broke the other way, or another network.
  const tied = mine.filter(({ top }, i) => top.some(([id, p]) => id === theirs[i].top && top[0][1] - p < CLOSE)).length;
  const worst = Math.max(...apart);
  if (!(worst < CLOSE) || tied < mine.length) {
    throw new Error(`the engines disagree: log-probs up to ${worst} apart, ${sameTop} of ${mine.length} top-1 equal`);
  }
  return { positions: mine.length, sameTop, logprobsApart: { median: median(apart), worst } };
}

async function measure({ kind, count }) {
  const measured = kind === 'score' ? scoring(count) : decoding(count);
  const times = Object.fromEntries(Object.keys(measured.work).map((name) => [name, []]));
  let same = null;
  for (let round = -1; round < rounds; round++) {
    const order = Object.keys(measured.work);
    if (round % 2 === 1) order.reverse();
    const made = {};
    for (const name of order) {
      const { value, cpuMs } = await measured.work[name](round);
      made[name] = value.made;
      // Round -1 compiles the kernels.
      if (round >= 0) times[name].push({ ms: value.ms, cpuMs });
    }
    if (made.peer) same = made.peer.findIndex((token, i) => token !== made.ours[i]);
  }
  const perSecond = (name) => spread(times[name].map(({ ms }) => (1000 * count) / ms));
  const ratio = (name, what) => spread(times[name].map((one, i) => times.peer[i][what] / one[what]));
  return {
    case: measured.title,
    ...(kind === 'decode' && { sameTokens: same === -1 ? count : same }),
    rows: Object.keys(times).map((name) => ({
      who: measured.names[name],
      perSecond: perSecond(name),
      ...(name !== 'peer' && { ratio: ratio(name, 'ms'), cpuRatio: ratio(name, 'cpuMs') }),
    })),
  };
}

function scoring(count) {
  const prompt = (round) => tokens(count + 1, 100 + round);
  return {
    title: `${count} tokens`,
    names: { last: 'ours, scores the last', all: 'ours, scores every token', peer: 'peer, prefill' },
    work: {
      last: (round) => ours.ask('score', { tokens: prompt(round), all: false }),
      all: (round) => ours.ask('score', { tokens: prompt(round), all: true }),
      peer: (round) => peer.ask('prefill', { tokens: prompt(round).slice(0, count) }),
    },
  };
}

function decoding(count) {
  const given = (round) => ({ tokens: tokens(CHECKED, 200 + round), count });
  return {
    title: `decode of ${count} after ${CHECKED}`,
    names: { ours: 'ours', peer: 'peer' },
    work: { ours: (round) => ours.ask('decode', given(round)), peer: (round) => peer.ask('decode', given(round)) },
  };
}
