// The engine alone: two sentences are scored, a question is answered.
//   node engine.ts [model]        (Node 22.18 or newer; else npx tsx engine.ts)

import { generate, loadEngine, score } from 'persona-bench/engine';

const model = await loadEngine(process.argv[2] ?? 'persona-nano');
try {
  const prompt = { messages: [{ role: 'user', content: 'What do you do on a free evening?' }] } as const;
  const sentences = ['I go out and meet my friends.', 'I stay in and read alone.'];
  const scores = await score(
    model,
    sentences.map((text) => ({ prompt, text })),
  );
  scores.forEach(({ sum, tokens }, k) => {
    console.log(`${sum.toFixed(3)} nats over ${tokens.length} tokens: ${sentences[k]}`);
  });
  let answer = '';
  for await (const piece of generate(model, prompt, { maxTokens: 12 })) answer += piece;
  console.log(`greedy answer: ${JSON.stringify(answer)}`);
} finally {
  await model.dispose();
}
