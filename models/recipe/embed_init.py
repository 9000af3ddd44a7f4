"""Starting embeddings from the corpus itself: which words share a document (positive pointwise mutual information, factored).
A model this small would spend most of its training on finding out that "quiet" and "novel" go together; counting tells it
at once.  The first DIMS coordinates come from the counts, the rest stay random."""
import numpy as np

DIMS = 32


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
