// The peer, as a child process: node-llama-cpp on the Vulkan driver that it shares with our engine (or on the CPU).

// A node that a loader starts (`ld-linux … node`) must name its script, or the tests of the native binding cannot fork.
if (process.env.PEERS_NODE) process.execPath = process.env.PEERS_NODE;
// ggml skips devices of CPU type, and would compute on the CPU while it reports Vulkan, unless they are named.
process.env.GGML_VK_VISIBLE_DEVICES ??= '0';

const { cpus } = await import('node:os');
const { getLlama } = await import('node-llama-cpp');
const { serve } = await import('./turns.mjs');

const [file, backend, limit] = process.argv.slice(2);
const said = [];
const llama = await getLlama({
  gpu: backend === 'cpu' ? false : 'vulkan',
  build: 'never',
  skipDownload: true,
  progressLogs: false,
  vramPadding: 0,
  logLevel: 'debug',
  logger: (_level, message) => said.push(...message.split('\n')),
});
const model = await llama.loadModel({ modelPath: file, gpuLayers: backend === 'cpu' ? 0 : 'max' });
const size = Number(limit);
// By default it takes four threads, which spin on each other where there are two cores.
const context = await model.createContext({
  contextSize: size,
  batchSize: size,
  sequences: 1,
  threads: cpus().length,
});
const sequence = context.getSequence();

serve({
  about: async () => ({
    engine:
      `node-llama-cpp ${process.env.PEERS_LLAMA_VERSION ?? ''} (llama.cpp ${llama.llamaCppRelease.release})`.trim(),
    device: llama.gpu === false ? 'CPU' : `${llama.gpu}: ${(await llama.getGpuDeviceNames()).join(', ')}`,
    // What ggml itself says of the device, and where the tensors went: `llama.gpu` alone would not tell.
    said: said.filter((line) => /ggml_vulkan|offload|model buffer size|compute buffer size|flash_attn/.test(line)),
    layers: `${model.gpuLayers} layers offloaded`,
    flashAttention: context.flashAttention,
  }),
  logprobs: async ({ tokens }) => {
    await sequence.clearHistory();
    const next = { generateNext: { logits: true, options: { temperature: 1, topK: 0, topP: 1, minP: 0 } } };
    const outputs = await sequence.controlledEvaluate(tokens.slice(0, -1).map((token) => [token, next]));
    return outputs.map(({ next: { logits } }, i) => {
      // Best first.
      const [top, max] = logits.entries().next().value;
      let sum = 0;
      for (const logit of logits.values()) sum += Math.exp(logit - max);
      return { logprob: logits.get(tokens[i + 1]) - max - Math.log(sum), top };
    });
  },
  // Scores nothing: the keys and values of the prompt, which is the least that a prefill does.
  prefill: async ({ tokens }) => {
    await sequence.clearHistory();
    const start = performance.now();
    await sequence.evaluateWithoutGeneratingNewTokens(tokens);
    return { ms: performance.now() - start };
  },
  decode: async ({ tokens, count }) => {
    await sequence.clearHistory();
    const made = [];
    let start = 0;
    for await (const token of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) {
      if (made.length === 0) start = performance.now();
      made.push(token);
      if (made.length === count) break;
    }
    return { ms: (performance.now() - start) * (count / (count - 1)), made };
  },
  close: () => llama.dispose(),
});
