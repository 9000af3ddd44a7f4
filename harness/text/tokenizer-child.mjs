// The process in which the `tokenizers` library runs: a fault in it ends this process and not bench. It does one call at a
// time, each within a bound on processor time and memory, and keeps the few tokenizers used last. It ends with its parent.

import { Worker } from 'node:worker_threads';

const KEPT = 4; // the caller loads one again that is no longer here
const tokenizers = new Map();
const running = new Int32Array(new SharedArrayBuffer(4)); // [0]: 1 while a call runs
const limits = new Float64Array(new SharedArrayBuffer(24)); // of the call: start and end in ms of processor time, bytes
const watch = new Worker(new URL('./tokenizer-watch.mjs', import.meta.url), { workerData: { running, limits } });
const watching = new Promise((resolve) => watch.once('message', resolve)); // before a call that could keep it from starting

// A signal to the whole group is the parent's to handle: this process is needed until the parent ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
// However the parent ends, the channel closes. exit() would wait for a call that still runs.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));

let Tokenizer;
let missing = null;
try {
  ({ Tokenizer } = (await import('tokenizers')).default);
} catch (error) {
  missing = { failed: 'missing', message: error.message.split('\n')[0] };
}

const work = {
  load({ key, json }) {
    tokenizers.set(key, Tokenizer.fromString(json));
    if (tokenizers.size > KEPT) tokenizers.delete(tokenizers.keys().next().value);
    return null;
  },
  ids: ({ names }, tokenizer) => names.map((name) => tokenizer.tokenToId(name)),
  async encode({ texts, special }, tokenizer) {
    const ids = [];
    for (const text of texts) {
      ids.push(Uint32Array.from((await tokenizer.encode(text, null, { addSpecialTokens: special })).getIds()));
    }
    return ids;
  },
  decode: ({ ids }, tokenizer) => tokenizer.decode(Array.from(ids), true),
};

async function answer(request) {
  if (missing !== null) return missing;
  const tokenizer = tokenizers.get(request.key);
  if (tokenizer === undefined && request.op !== 'load') return { failed: 'absent' };
  const { user, system } = process.cpuUsage();
  limits[0] = (user + system) / 1000;
  limits[1] = limits[0] + request.ms;
  limits[2] = request.bytes;
  Atomics.store(running, 0, 1);
  try {
    return { value: await work[request.op](request, tokenizer) };
  } catch (error) {
    return { failed: 'refused', message: error.message };
  } finally {
    Atomics.store(running, 0, 0);
  }
}

process.on('message', async (request) => process.send(await answer(request)));
await watching;
watch.unref();
process.send('ready');
