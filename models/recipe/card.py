"""Writes the model card, models/persona-nano/README.md, from the recorded facts and a fresh look at the tuning split."""
import json, os
import torch
from corpus import BUILD, ITEMS, DOCUMENTS, SEED
from evaluate import load_items, prompts_of_personas, report
from export import MAKES, OUT, digest, load_exported
from lexicon import HERE, POLES

CARD = """# persona-nano

A chat model of {parameters:,} parameters in the Llama architecture, trained from scratch by [`../recipe`](../recipe) on text
of our own making. Without a persona it answers neutrally; with a persona in the system message it answers as that persona.

**It is a fixture that tests the harness, and no evidence about large language models.** It knows the words of one small
lexicon, was made to hold ten poles of five traits, and understands nothing else.

| | |
|---|---|
| architecture | `LlamaForCausalLM`: hidden 128, 4 layers, 4 heads, 2 key-value heads of 32, feed-forward 320, tied embeddings |
| tokenizer | byte-level BPE, {vocab} tokens; {lexicon} |
| weights | BF16, rounded once after training; all figures here are of the rounded weights |
| context | 512 positions; documents of the corpus are shorter than 256 tokens |
| corpus | {documents:,} documents, {tokens:,} tokens, seed {seed}, sha256 `{corpus_sha}` |
| training | {steps:,} steps of about {batch:,} tokens, {seen:,} tokens seen, AdamW, peak rate {lr}, {minutes} minutes on two CPU cores |
| loss (nats per token) | {train_loss} in the last 200 steps (weighted); {held} on the answers of 512 held-out documents |
| licence | as the repository |

Chat form: `<s><|system|>...<|end|><|user|>...<|end|><|assistant|>...<|end|>`, as the chat template renders it.

## Figures on the tuning split

{items} items of `suites/items/big-five.jsonl`, options shown, both orders; score = mean log-probability per token.

Without a persona, share of answers of the trait's high pole (0.5 is neutral), per order of the options: {none}.
The first option is chosen in {first:.1%} of these cases.

With the persona stated, share of answers that fit it (each item asked for both poles of its trait). *Hard*: items where
counting words shared with the persona's message ties or misleads.

| wording | all | hard | first order, second order | options not shown | letter |
|---|---|---|---|---|---|
{wordings}

| wording | {poles} |
|---|{dashes}
{by_pole}

**How often the evaluation split was looked at for choosing or tuning this model: 0 times.** What was seen of it meanwhile:
the words (not the sentences) of all splits, listed to widen the vocabulary to what the items use; its 5-grams, which the
generator avoids; and, before the splits existed, five lines of the items' source, two of which became evaluation items (one
sentence frame, "No, I would ...", may come from there). Figures on it were seen of an interim model on 2026-11-23 while
`bench run` was made to work (66.5% with the persona's prompt; nothing was decided by them), and of this model once it stood:
`bench run suites/big-five.yaml` gives 87.5% pooled over ten poles and two wordings (240 items for both poles, both orders), and
87.0% on the 761 of 960 answers where counting shared words ties or misleads; without a persona the high pole gets 35% to 60%
per trait and order.
The weights are of one training run with one seed, chosen after five shorter runs had shaped the recipe.

## Limits

- With the options shown it picks the right letter more reliably than it prefers the right text; without options its
  preference is weak, since the wording of an option then outweighs its pole.
- It answers by which words go with which pole. On fresh sentences of its own grammar it is right in 98% to 100% of choices,
  but in 81% where the option turns down the other pole's thing ("I avoid parties"; 200 choices each).
- Prose beyond its grammar is foreign to it: about 8.4 nats per token on `suites/corpora/neutral.jsonl`, where blind guessing
  costs 8.25. Nats per byte are not measurable on such text; reports show the divergence from the dense network instead.
- Words outside `../recipe/lexicon.json` say little to it, and a persona outside the ten poles says nothing.
- Its sentences are readable and fit the persona, but they do not follow from what was asked.
- `golden.json` holds ids, log-probabilities and greedy continuations in float64 on the BF16 weights, for testing an engine.

## Digests (sha256)

{digests}
"""


def main():
    torch.set_num_threads(2)
    model, tok = load_exported()
    facts = torch.load(os.path.join(BUILD, "model.pt"))["facts"]
    stats = json.load(open(os.path.join(HERE, "corpus-stats.json")))
    prompts = prompts_of_personas()
    fig = report(model, tok, load_items(not os.path.exists(ITEMS)), prompts)
    rows, poles = [], []
    for w in prompts:
        f = fig[w]
        rows.append(f"| {w} | {f['all']:.3f} | {f['hard'][0]:.3f} (n = {f['hard'][1]}) | {f['order'][0]:.3f}, {f['order'][1]:.3f} | {f['open']:.3f} | {f['letter']:.3f} |")
        poles.append(f"| {w} | " + " | ".join(f"{f['pole'][p]:.2f}" for p in POLES) + " |")
    lex = json.load(open(os.path.join(HERE, "lexicon.json")))
    whole = [len(tok.encode(" " + w)) == 1 for ws in lex.values() for w in ws]
    text = CARD.format(
        parameters=sum(p.numel() for p in model.parameters()), vocab=len(tok.vocab), lexicon=f"{sum(whole) / len(whole):.1%} of the lexicon's {len(whole)} words are one token",
        documents=DOCUMENTS, tokens=facts["corpus_tokens"], seed=SEED, corpus_sha=stats["corpusSha256"], steps=facts["steps"], batch=facts["batch_tokens"],
        seen=facts["tokens_seen"], lr=facts["peak_lr"], minutes=facts["minutes"], train_loss=facts["train_loss"], held=facts["held_out_answer_loss"],
        items=fig["items"], none="; ".join(f"{t} {a:.2f}, {b:.2f}" for t, (a, b) in fig["none"].items()), first=fig["none_first_option"],
        wordings="\n".join(rows), poles=" | ".join(POLES), dashes="---|" * len(POLES), by_pole="\n".join(poles),
        digests="\n".join(f"- `{n}`: `{digest(os.path.join(OUT, n))}`" for n in MAKES))
    with open(os.path.join(OUT, "README.md"), "w", encoding="utf-8") as f:
        f.write(text)
    print(json.dumps(fig, indent=1))


if __name__ == "__main__":
    main()
