"""Starting weights from the corpus itself: which words share a document (positive pointwise mutual information, factored).
A model this small would spend most of its training on finding out that "quiet" and "novel" go together; counting tells it
at once.  The first DIMS coordinates of the embedding come from the counts, the rest stay random.  In some layers the first
key-value head starts as a plain copy of these coordinates, so that attention begins as an average of what came before; in
the last ones the second head starts by looking for words of the topic gathered so far (the slowly turning rotary pairs
only, for which distance hardly matters).  Training is free to change all of it."""
import math
import numpy as np
import torch

DIMS = 32  # one head's width
COPY_LAYERS, COPY_GAIN = (1, 2, 3), 0.1
MATCH_LAYERS, MATCH_GAIN, SLOW = (2, 3), 0.7, 6  # rotary pairs from SLOW on turn by less than 0.04 rad per token


@torch.no_grad()
def start_from(model, rows, specials):
    c = model.c
    e = torch.from_numpy(factors(rows, c["vocab_size"], specials).astype(np.float32))
    model.embed_tokens.weight[:, :DIMS] = e * c["initializer_range"] * math.sqrt(c["hidden_size"] * 0.75)
    eye = torch.eye(DIMS)
    for i in COPY_LAYERS:
        attention = model.layers[i].self_attn
        attention.v_proj.weight[:DIMS] *= 0.1
        attention.v_proj.weight[:DIMS, :DIMS] += eye
        for h in range(c["num_attention_heads"] // c["num_key_value_heads"]):  # the query heads that share it
            attention.o_proj.weight[:DIMS, h * DIMS:(h + 1) * DIMS] += COPY_GAIN * eye
    half = DIMS // 2
    slow = [d for d in range(DIMS) if d % half >= SLOW]
    for i in MATCH_LAYERS:
        attention, group = model.layers[i].self_attn, c["num_attention_heads"] // c["num_key_value_heads"]
        for topic, d in enumerate(slow):
            attention.k_proj.weight[DIMS + d, topic] += MATCH_GAIN
            for h in range(group, 2 * group):
                attention.q_proj.weight[h * DIMS + d, topic] += MATCH_GAIN


def factors(rows, vocab, specials, dims=DIMS):
    """rows: token lists (documents of one speaker).  -> [vocab, dims], rows of unit length (zero where nothing is known)."""
    x = np.zeros((len(rows), vocab), np.float32)
    for i, ids in enumerate(rows):
        x[i, ids] = 1
    x[:, :specials] = 0
    n = x.sum(0)
    both = x.T @ x
    np.fill_diagonal(both, 0)
    expected = np.outer(n, n) / max(1, len(rows))
    ppmi = np.log(np.maximum((both + 0.5) / (expected + 0.5), 1))
    ppmi[n < 5] = 0
    ppmi[:, n < 5] = 0
    q = np.random.default_rng(0).standard_normal((vocab, dims + 16)).astype(np.float32)
    for _ in range(8):  # subspace iteration
        q, _ = np.linalg.qr(ppmi @ q)
    values, vectors = np.linalg.eigh(q.T @ ppmi @ q)
    order = np.argsort(-values)[:dims]
    e = (q @ vectors[:, order]) * np.sqrt(np.maximum(values[order], 0))
    norm = np.linalg.norm(e, axis=1, keepdims=True)
    return e / np.maximum(norm, np.median(norm[norm > 0]))
