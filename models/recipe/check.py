"""Checks what the recipe made; `python check.py --write` first records it (corpus-stats.json, corpus-grams.bin, digests.json).

1. The corpus made anew from the seed has the recorded sha256.
2. Every lexicon word and every content word of the evaluation statements occurs at least 20 times in it.
3. No run of five words of a question or option (any split, and the probe) occurs in it.
4. The files of persona-nano have the recorded sha256.

corpus-grams.bin lets a test in another language repeat 3 without the corpus: the FNV-1a 64-bit hashes (offset basis
14695981039346656037, prime 1099511628211, over the UTF-8 bytes of five lower-cased words joined by single spaces) of those
corpus 5-grams whose first three words also follow each other in an item, as sorted little-endian uint64.  A 5-gram that
an item shares with the corpus starts with three words of the item, so it would be among them.  Words are [a-z0-9']+ of the
lower-cased text; sentences end at . ! ? ; : a newline, or an option's (a) or (b)."""
import hashlib, json, os, struct, sys
from collections import Counter
from corpus import ITEMS, PROBE, SEED, DOCUMENTS, Corpus
from export import MAKES, OUT, digest
from grammar import grams, sentences
from lexicon import HERE, lexicon

STATS, GRAMS, DIGESTS = (os.path.join(HERE, n) for n in ("corpus-stats.json", "corpus-grams.bin", "digests.json"))
LEAST = 20


def fnv1a64(text):
    h = 14695981039346656037
    for b in text.encode():
        h = ((h ^ b) * 1099511628211) & 0xFFFFFFFFFFFFFFFF
    return h


def item_texts():
    for path in (ITEMS, PROBE):
        if os.path.exists(path):
            for line in open(path, encoding="utf-8"):
                item = json.loads(line)
                for text in (item["question"], *(o["text"] for o in item["options"])):
                    yield path == ITEMS, text


def survey():
    """One pass over the corpus as it is generated."""
    texts = list(item_texts())
    of_items = set().union(*(grams(t) for _, t in texts))
    heads = {" ".join(w[i:i + 3]) for _, t in texts for w in sentences(t) for i in range(len(w) - 2)}
    sha, words, near, shared = hashlib.sha256(), Counter(), set(), set()
    for doc in Corpus().documents():
        sha.update((json.dumps(doc) + "\n").encode())
        for _, text in doc:
            for w in sentences(text):
                words.update(w)
                for i in range(len(w) - 4):
                    if " ".join(w[i:i + 3]) in heads:
                        five = " ".join(w[i:i + 5])
                        near.add(five)
                        if five in of_items:
                            shared.add(five)
    return {"sha": sha.hexdigest(), "words": words, "near": near, "shared": shared, "texts": texts}


def main():
    write, failures = "--write" in sys.argv, []
    s, lex = survey(), lexicon()
    function = set(lex["function"])
    need = {w for k, ws in lex.items() if k != "function" for w in ws}
    need |= {w for of_item, t in s["texts"] if of_item for ws in sentences(t) for w in ws if w not in function}
    rare = {w: s["words"][w] for w in sorted(need) if s["words"][w] < LEAST}
    if rare:
        failures.append(f"words below {LEAST} occurrences: {rare}")
    if s["shared"]:
        failures.append(f"5-grams shared with items: {sorted(s['shared'])[:20]}")
    items_sha = digest(ITEMS) if os.path.exists(ITEMS) else None
    if write:
        hashes = sorted(fnv1a64(g) for g in s["near"])
        with open(GRAMS, "wb") as f:
            f.write(struct.pack(f"<{len(hashes)}Q", *hashes))
        stats = {"format": 1, "seed": SEED, "documents": DOCUMENTS, "corpusSha256": s["sha"], "words": sum(s["words"].values()),
                 "itemsSha256": items_sha, "fiveGrams": {"file": "corpus-grams.bin", "hash": "fnv1a64", "count": len(hashes)},
                 "counts": dict(sorted(s["words"].items()))}
        with open(STATS, "w") as f:
            f.write(json.dumps(stats, separators=(",", ":")) + "\n")
        with open(DIGESTS, "w") as f:
            f.write(json.dumps({n: digest(os.path.join(OUT, n)) for n in MAKES}, indent=2) + "\n")
    stats, digests = json.load(open(STATS)), json.load(open(DIGESTS))
    if stats["corpusSha256"] != s["sha"]:
        failures.append("the corpus made from the seed is not the recorded one")
    if stats["itemsSha256"] != items_sha:
        failures.append("the items have changed since the corpus was checked against them: check.py --write, or train again if a run is shared")
    failures += [f"{n} differs from its recorded digest" for n, d in digests.items() if digest(os.path.join(OUT, n)) != d]
    print("\n".join(failures) or f"all holds: {sum(s['words'].values())} words, {len(s['near'])} 5-grams near the items, none shared")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
