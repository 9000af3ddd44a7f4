"""Trains persona-nano on build/corpus.jsonl: `python train.py [--tokens N] [--lr X]`; writes build/model.pt and a log."""
import argparse, json, math, os, random, time
from collections import Counter
import numpy as np
import torch
import torch.nn.functional as F
from corpus import BUILD, FIRST_STAGE, SEED
from lexicon import lexicon
from model import CONFIG, Llama, bf16_rounded
from embed_init import start_from
from tokenizer import SPECIALS, SPLIT, Tokenizer, train as train_bpe

MERGES = os.path.join(BUILD, "merges.json")
# Loss on what the user and the system say: it teaches which words go together, so all of it counts in the first stage of
# the corpus; later a fifth of the documents suffices (and the rest cost no output layer there).
PROMPT_WEIGHT, PROMPT_SHARE = 0.5, 0.2


def read_documents():
    return [json.loads(line) for line in open(os.path.join(BUILD, "corpus.jsonl"), encoding="utf-8")]


def make_tokenizer(documents):
    if os.path.exists(MERGES):
        return Tokenizer(json.load(open(MERGES)))
    counts = Counter()
    for doc in documents[:30_000]:
        for _, text in doc:
            counts.update(SPLIT.findall(text))
    lex = lexicon()
    for words in lex.values():  # each lexicon word should become one token
        for w in words:
            counts[" " + w] = max(counts[" " + w], 500) * 20
    tok = Tokenizer(train_bpe(dict(sorted(counts.items())), CONFIG["vocab_size"]))
    json.dump(tok.merges, open(MERGES, "w"))
    whole = [len(tok.encode(" " + w)) == 1 for words in lex.values() for w in words]
    print(f"tokenizer: {len(tok.vocab)} tokens, {sum(whole) / len(whole):.1%} of the lexicon in one token", flush=True)
    return tok


def encode(doc, tok, rng, first_stage):
    """-> ids, weight of the loss at each id."""
    ids, weights = [tok.vocab["<s>"]], [0.0]
    prompt = PROMPT_WEIGHT if first_stage or rng.random() < PROMPT_SHARE else 0.0
    for role, text in doc:
        part = tok.encode(text)
        if role == "text":
            return ids + part + [tok.vocab["</s>"]], weights + [1.0] * (len(part) + 1)
        w = 1.0 if role == "assistant" else prompt
        ids += [tok.vocab[f"<|{role}|>"], *part, tok.vocab["<|end|>"]]
        weights += [prompt] + [w] * (len(part) + 1)
    return ids, weights


def batches(rows, tokens, rng):
    """Batches of about `tokens` ids; documents of like length share one, in random order of batches within a pool."""
    for start in range(0, len(rows), 8192):
        pool = sorted(rows[start:start + 4096], key=lambda r: len(r[0]) + rng.random())
        out, part = [], []
        for row in pool:
            if part and len(row[0]) * (len(part) + 1) > tokens:
                out.append(part)
                part = []
            part.append(row)
        out.append(part)
        rng.shuffle(out)
        yield from out


def tensors(part):
    t = max(len(r[0]) for r in part)
    ids, weights = np.full((len(part), t), 2, np.int64), np.zeros((len(part), t), np.float32)
    for i, (x, w) in enumerate(part):
        ids[i, :len(x)], weights[i, :len(w)] = x, w
    return torch.from_numpy(ids), torch.from_numpy(weights)


def main():
    arg = argparse.ArgumentParser()
    arg.add_argument("--tokens", type=float, default=9.5e6)
    arg.add_argument("--batch", type=int, default=3072)
    arg.add_argument("--lr", type=float, default=2.5e-3)
    arg.add_argument("--eval-every", type=int, default=400)
    arg.add_argument("--minutes", type=float, default=1e9, help="stop after this long, with the schedule following the clock")
    arg.add_argument("--resume", help="start from these weights")
    arg.add_argument("--out", default=os.path.join(BUILD, "model.pt"))
    o = arg.parse_args()
    torch.set_num_threads(2)
    torch.manual_seed(SEED)
    rng = random.Random(SEED)
    documents = read_documents()
    tok = make_tokenizer(documents)
    first = FIRST_STAGE * len(documents)
    rows = [encode(d, tok, rng, i < first) for i, d in enumerate(documents)]
    rows, held = rows[:-512], rows[-512:]
    total = sum(len(r[0]) for r in rows)
    model = Llama()
    if o.resume:
        model.load_state_dict(torch.load(o.resume)["model"])
    else:
        speech = [r[0] for r in rows[:int(first)]][:20_000]
        start_from(model, speech, len(SPECIALS))
    decay = [p for p in model.parameters() if p.dim() == 2]
    plain = [p for p in model.parameters() if p.dim() == 1]
    opt = torch.optim.AdamW([{"params": decay, "weight_decay": 0.05}, {"params": plain, "weight_decay": 0.0}], lr=o.lr, betas=(0.9, 0.98))
    print(f"{len(rows)} documents, {total / 1e6:.2f} M tokens, {sum(p.numel() for p in model.parameters())} parameters", flush=True)
    start, seen, step, running, log, done = time.time(), 0, 0, [], [], False
    while not done:  # the first pass keeps the corpus's order, which is a curriculum
        for part in batches(rows, o.batch, rng):
            progress = max(seen / o.tokens, (time.time() - start) / 60 / o.minutes)
            if progress >= 1:
                done = True
                break
            rate = o.lr * min(1, (step + 1) / 100) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * progress)))
            for g in opt.param_groups:
                g["lr"] = rate
            ids, w = tensors(part)
            hidden = model(ids[:, :-1])
            keep = w[:, 1:] > 0
            loss_each = F.cross_entropy(model.logits(hidden[keep]), ids[:, 1:][keep], reduction="none")
            weight = w[:, 1:][keep]
            loss = (loss_each * weight).sum() / weight.sum()
            opt.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            opt.step()
            seen += sum(len(r[0]) for r in part)
            step += 1
            running.append(loss.item())
            if step % 50 == 0:
                print(f"step {step} tokens {seen / 1e6:.2f}M loss {np.mean(running[-50:]):.4f} lr {rate:.5f} {seen / (time.time() - start):.0f} tok/s", flush=True)
            if step % o.eval_every == 0:
                log.append([step, seen, float(np.mean(running[-o.eval_every:]))])
                quick(model, tok)
                torch.save({"model": model.state_dict(), "log": log}, o.out)
    model.eval()
    with torch.no_grad():
        losses = []
        for part in batches(held, o.batch, rng):
            ids, w = tensors(part)
            lp = F.cross_entropy(model.logits(model(ids[:, :-1])).transpose(1, 2), ids[:, 1:], reduction="none")
            losses.append(((lp * (w[:, 1:] == 1)).sum().item(), (w[:, 1:] == 1).sum().item()))
    held_loss = sum(a for a, _ in losses) / sum(b for _, b in losses)
    facts = {"steps": step, "tokens_seen": seen, "corpus_tokens": total, "documents": len(rows), "train_loss": round(float(np.mean(running[-200:])), 4),
             "held_out_answer_loss": round(held_loss, 4), "minutes": round((time.time() - start) / 60, 1), "batch_tokens": o.batch, "peak_lr": o.lr}
    print(json.dumps(facts), flush=True)
    torch.save({"model": model.state_dict(), "log": log, "facts": facts}, o.out)
    quick(model, tok)


def quick(model, tok):
    from corpus import ITEMS
    from evaluate import load_items, prompts_of_personas, report
    m = bf16_rounded(model)
    prompts = prompts_of_personas()
    if os.path.exists(ITEMS):
        wording = list(prompts)[-1]
        items = load_items()
        print("  tuning", json.dumps(report(m, tok, items[::max(1, len(items) // 100)], {wording: prompts[wording]}, False)), flush=True)
    fig = report(m, tok, load_items(True), {"stated": prompts["stated"]})
    print("  probe", json.dumps(fig["stated"]), json.dumps(fig["none"]), flush=True)


if __name__ == "__main__":
    main()
