"""Byte-level BPE in GPT-2's manner: trained on word counts, written as a Hugging Face tokenizer.json.
Counts enter as count**0.4, so that rare lexicon words become whole tokens too."""
import json, os, re
from collections import Counter, defaultdict

SPECIALS = ["<s>", "</s>", "<pad>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>"]
# GPT-2's pattern; Python's re has no \p{L} and \p{N}, so letters are "word characters that are no digits or underscore".
SPLIT = re.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
TEMPLATE = ("{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
            "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}")


def byte_chars():
    """GPT-2's printable stand-in for each byte."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    table, extra = {b: chr(b) for b in keep}, 0
    for b in range(256):
        if b not in table:
            table[b] = chr(256 + extra)
            extra += 1
    return table


BYTES = byte_chars()


def train(word_counts, vocab_size):
    """word_counts: pre-token -> count.  Returns the list of merges; ties go to the pair that sorts first."""
    words = [[BYTES[b] for b in w.encode()] for w in word_counts]
    counts = [c ** 0.4 for c in word_counts.values()]
    where, weight = defaultdict(set), Counter()
    for i, w in enumerate(words):
        for pair in zip(w, w[1:]):
            where[pair].add(i)
            weight[pair] += counts[i]
    merges = []
    while len(merges) < vocab_size - 256 - len(SPECIALS):
        best = max(weight, key=lambda p: (round(weight[p], 6), p), default=None)
        if best is None or weight[best] <= 1e-6:
            break
        merges.append(best)
        for i in list(where[best]):
            old = words[i]
            for pair in zip(old, old[1:]):
                weight[pair] -= counts[i]
                where[pair].discard(i)
            words[i] = new = merge(old, best)
            for pair in zip(new, new[1:]):
                weight[pair] += counts[i]
                where[pair].add(i)
        del weight[best]
    return merges


def merge(symbols, pair):
    out, i = [], 0
    while i < len(symbols):
        if i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == pair:
            out.append(symbols[i] + symbols[i + 1])
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


class Tokenizer:
    def __init__(self, merges):
        self.merges = [tuple(m) for m in merges]
        vocab = SPECIALS + [BYTES[b] for b in range(256)] + ["".join(m) for m in self.merges]
        vocab = list(dict.fromkeys(vocab))  # two merges may make one string
        self.vocab = {t: i for i, t in enumerate(vocab)}
        self.rank = {m: i for i, m in enumerate(self.merges)}
        self.strings = vocab
        self.cache = {}

    @classmethod
    def load(cls, path):
        return cls([m if isinstance(m, list) else m.split(" ") for m in json.load(open(path, encoding="utf-8"))["model"]["merges"]])

    def word(self, pre):
        ids = self.cache.get(pre)
        if ids is None:
            symbols = [BYTES[b] for b in pre.encode()]
            while len(symbols) > 1:
                pair = min(zip(symbols, symbols[1:]), key=lambda p: self.rank.get(p, 1 << 30))
                if pair not in self.rank:
                    break
                symbols = merge(symbols, pair)
            ids = self.cache[pre] = [self.vocab[s] for s in symbols]
        return ids

    def encode(self, text):
        """Plain text without special tokens."""
        return [i for pre in SPLIT.findall(text) for i in self.word(pre)]

    def decode(self, ids):
        back = {c: b for b, c in BYTES.items()}
        out = b""
        for i in ids:
            s = self.strings[i]
            out += s.encode() if i < len(SPECIALS) else bytes(back[c] for c in s)
        return out.decode("utf-8", "replace")

    def chat(self, messages, generate=True):
        """Token ids of the rendered chat: the same as the chat template's text."""
        ids = [self.vocab["<s>"]]
        for role, text in messages:
            ids += [self.vocab[f"<|{role}|>"], *self.encode(text), self.vocab["<|end|>"]]
        return ids + ([self.vocab["<|assistant|>"]] if generate else [])

    def save(self, folder, max_length):
        byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
        flags = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        one = lambda ids: {"Sequence": {"id": ids, "type_id": 0}}
        bos = {"SpecialToken": {"id": "<s>", "type_id": 0}}
        tokenizer = {
            "version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [{"id": i, "content": s, **flags} for i, s in enumerate(SPECIALS)],
            "normalizer": None, "pre_tokenizer": byte_level,
            "post_processor": {"type": "TemplateProcessing", "single": [bos, one("A")],
                               "pair": [bos, one("A"), {"Sequence": {"id": "B", "type_id": 1}}],
                               "special_tokens": {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}}},
            "decoder": byte_level,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "ignore_merges": False,
                      "vocab": self.vocab, "merges": [" ".join(m) for m in self.merges]},
        }
        config = {"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>", "eos_token": "<|end|>", "pad_token": "<pad>",
                  "add_bos_token": True, "add_prefix_space": False, "clean_up_tokenization_spaces": False,
                  "model_max_length": max_length, "chat_template": TEMPLATE,
                  "added_tokens_decoder": {str(i): {"content": s, **flags} for i, s in enumerate(SPECIALS)}}
        for name, data in (("tokenizer.json", tokenizer), ("tokenizer_config.json", config)):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                json.dump(data, f, ensure_ascii=False, indent=1 if name != "tokenizer.json" else None)
                f.write("\n")
