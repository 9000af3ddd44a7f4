"""Writes models/persona-nano from build/model.pt: weights in BF16, tokenizer, configs, and golden.json (what the weights compute)."""
import hashlib, json, os, struct, sys
import torch
from corpus import BUILD
from lexicon import HERE
from model import CONFIG, Llama, bf16_rounded
from tokenizer import Tokenizer

OUT = os.path.join(HERE, "..", "persona-nano")
MAKES = ("config.json", "generation_config.json", "golden.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")


def write_safetensors(path, state):
    """8-byte little-endian header length, JSON header, data.  Tensors in name order, BF16."""
    header, blobs, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(state):
        t = state[name].contiguous()
        data = t.bfloat16().view(torch.int16).numpy().astype("<i2").tobytes()
        header["model." + name] = {"dtype": "BF16", "shape": list(t.shape), "data_offsets": [at, at + len(data)]}
        at += len(data)
        blobs.append(data)
    head = json.dumps(header, separators=(",", ":")).encode()
    head += b" " * (-len(head) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(head)) + head + b"".join(blobs))


def read_safetensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header, out = json.loads(data[8:8 + n]), {}
    header.pop("__metadata__", None)
    for name, h in header.items():
        a, b = h["data_offsets"]
        out[name[len("model."):]] = torch.frombuffer(bytearray(data[8 + n + a:8 + n + b]), dtype=torch.bfloat16).view(h["shape"]).float()
    return out


def load_exported(folder=OUT):
    model = Llama(json.load(open(os.path.join(folder, "config.json"))))
    model.load_state_dict(read_safetensors(os.path.join(folder, "model.safetensors")))
    return model.eval(), Tokenizer.load(os.path.join(folder, "tokenizer.json"))


@torch.no_grad()
def greedy(model, ids, n, stop=True):
    """-> new ids, smallest gap between the best two logits over the steps."""
    ids, out, gap = list(ids), [], float("inf")
    for _ in range(n):
        top = model.logits(model(torch.tensor([ids]))[0, -1]).topk(2)
        gap = min(gap, (top.values[0] - top.values[1]).item())
        out.append(top.indices[0].item())
        ids.append(out[-1])
        if stop and out[-1] in (1, CONFIG["eos_token_id"]):
            break
    return out, gap


GOLDEN = [  # chats and plain texts whose figures the engine must reproduce
    "<s>",
    [["user", "Hello."]],
    [["user", "What do you do on a free evening?"]],
    [["system", "You are an introvert: quiet, reserved and shy."], ["user", "What do you do on a free evening?"]],
    [["system", "You are an extravert: outgoing, talkative and lively."],
     ["user", "The evening is free. What do you do?\n(A) I stay home alone with a novel.\n(B) I dance with strangers at the club."]],
    [["system", "You are a careless person: messy, lazy and forgetful."],
     ["user", "How does your desk look?\n(A) Every paper is in its folder.\n(B) Every paper is in a heap."],
     ["assistant", "Every paper is in a heap."], ["user", "Why?"]],
    "<s>The bus comes at seven. The sky is grey today, and it rains: 12 + 30 = 42? Snowman \u2603, na\u00efve caf\u00e9 \U0001F600.",
]


@torch.no_grad()
def golden(model, tok):
    """The form of models/families/*/golden.json: float64 arithmetic on the BF16 weights; greedy never stops early."""
    model = Llama(model.c).double()
    model.load_state_dict(load_exported()[0].state_dict())
    model.cos, model.sin = model.cos.double(), model.sin.double()
    out = []
    for case in GOLDEN:
        ids = tok.chat(case) if isinstance(case, list) else [0] + tok.encode(case[3:])
        lp = model.logits(model(torch.tensor([ids]))[0]).log_softmax(-1)
        top = lp[-1].topk(5)
        new, gap = greedy(model, ids, 12, stop=False)
        r = lambda x: float(f"{x:.7g}")
        out.append({"ids": ids, "logprobs": [r(lp[i, ids[i + 1]].item()) for i in range(len(ids) - 1)],
                    "top": [[i, r(v)] for i, v in zip(top.indices.tolist(), top.values.tolist())], "greedy": new, "greedy_margin": r(gap)})
    return out


def digest(path):
    return hashlib.sha256(open(path, "rb").read()).hexdigest()


def main():
    os.makedirs(OUT, exist_ok=True)
    saved = torch.load(os.path.join(BUILD, "model.pt") if len(sys.argv) < 2 else sys.argv[1])
    model = Llama()
    model.load_state_dict(saved["model"])
    tok = Tokenizer(json.load(open(os.path.join(BUILD, "merges.json"))))
    write_safetensors(os.path.join(OUT, "model.safetensors"), model.state_dict())
    tok.save(OUT, CONFIG["max_position_embeddings"])
    generation = {"bos_token_id": 0, "eos_token_id": [6, 1], "pad_token_id": 2, "do_sample": False, "max_new_tokens": 48}
    for name, data in (("config.json", CONFIG), ("generation_config.json", generation)):
        with open(os.path.join(OUT, name), "w") as f:
            f.write(json.dumps(data, indent=2) + "\n")
    model = bf16_rounded(model)
    with open(os.path.join(OUT, "golden.json"), "w") as f:
        f.write("[\n" + ",\n".join(json.dumps(c) for c in golden(model, tok)) + "\n]\n")
    for name in MAKES:
        print(digest(os.path.join(OUT, name)), name)
    for case in GOLDEN[1:6]:
        print(case[0][1] if case[0][0] == "system" else "", "|", case[-1][1].replace("\n", " "), "->", tok.decode(greedy(model, tok.chat(case), 40)[0]))


if __name__ == "__main__":
    main()
