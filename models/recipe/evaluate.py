"""Asks the items of the tuning split (or the probe) and prints alignment: `python evaluate.py [--probe]`.
Score of an option: mean log-probability per token of its text as the assistant's answer."""
import json, os, sys
import torch
from corpus import ITEMS, PROBE
from lexicon import HERE, OPPOSITE, POLES, TRAITS
from grammar import sentences

PERSONAS = os.path.join(HERE, "..", "..", "personas.yaml")
STATED = {"extraversion": "You are an extravert: outgoing, talkative and lively.", "introversion": "You are an introvert: quiet, reserved and shy.",
          "agreeableness": "You are an agreeable person: kind, warm and helpful.", "antagonism": "You are an antagonistic person: rude, hostile and selfish.",
          "conscientiousness": "You are a conscientious person: organised, tidy and diligent.", "carelessness": "You are a careless person: messy, lazy and forgetful.",
          "neuroticism": "You are a neurotic person: anxious, tense and moody.", "stability": "You are a stable person: calm, relaxed and secure.",
          "openness": "You are an open person: curious, creative and imaginative.", "conventionality": "You are a conventional person: traditional, ordinary and practical."}


def load_items(probe=False):
    """Items of the tuning split only; the evaluation split is never read for a decision."""
    items = [json.loads(line) for line in open(PROBE if probe else ITEMS, encoding="utf-8")]
    return items if probe else [i for i in items if i["split"] == "tuning"]


@torch.no_grad()
def option_scores(model, tok, rows, batch=64):
    """rows: (messages, option text) -> list of (sum, tokens) of the option's log-probabilities."""
    order, out = [], [None] * len(rows)
    for i, (messages, text) in enumerate(rows):
        prompt = tok.chat(messages)
        order.append((prompt + tok.encode(text), len(prompt), i))
    order.sort(key=lambda r: len(r[0]))
    for s in range(0, len(order), batch):
        part = order[s:s + batch]
        ids = torch.full((len(part), len(part[-1][0])), 2)
        for r, (seq, _, _) in enumerate(part):
            ids[r, :len(seq)] = torch.tensor(seq)
        logp = model.logits(model(ids)).log_softmax(-1)
        for r, (seq, start, i) in enumerate(part):
            lp = logp[r, torch.arange(start - 1, len(seq) - 1), torch.tensor(seq[start:])]
            out[i] = (lp.sum().item(), len(seq) - start)
    return out


def ask(model, tok, items, persona_of, show=True, letter=False):
    """-> rows {item, order, high: chose the option of the trait's high pole, matches: chose persona_of's option}."""
    rows, meta = [], []
    for item in items:
        for order in (0, 1):
            options = item["options"][::-1] if order else item["options"]
            user = item["question"] + (f"\n(A) {options[0]['text']}\n(B) {options[1]['text']}" if show else "")
            system = persona_of(item)
            messages = ([["system", system[1]]] if system else []) + [["user", user]]
            rows += [(messages, f"({'AB'[k]})" if letter else o["text"]) for k, o in enumerate(options)]
            meta.append((item, order, options, system and system[0]))
    scores, out = option_scores(model, tok, rows), []
    for r, (item, order, options, pole) in enumerate(meta):
        a, b = (s / n for s, n in scores[2 * r:2 * r + 2])
        chosen = options[0 if a > b else 1]
        pole_of = item["persona"] if chosen["matching"] else OPPOSITE[item["persona"]]
        out.append({"item": item, "order": order, "pole": pole_of, "high": pole_of in TRAITS, "matches": pole_of == pole, "persona": pole})
    return out


def overlap_hard(row, system):
    """True where counting words shared with the persona's message does not give the right answer."""
    said = {w for s in sentences(system) for w in s}
    overlap = {o["matching"]: len(said & {w for s in sentences(o["text"]) for w in s}) for o in row["item"]["options"]}
    right = row["item"]["persona"] == row["persona"]
    return overlap[right] <= overlap[not right]


def share(rows, key):
    return sum(r[key] for r in rows) / max(1, len(rows))


def report(model, tok, items, prompts, full=True):
    """prompts: wording -> pole -> system message.  Prints and returns the figures."""
    fig, traits = {"items": len(items)}, [t for t in TRAITS if any(i["trait"] == t for i in items)]
    none = ask(model, tok, items, lambda i: None)
    fig["none"] = {t: [round(share([r for r in none if r["item"]["trait"] == t and r["order"] == o], "high"), 3) for o in (0, 1)] for t in traits}
    first = share([{"f": (r["pole"] == r["item"]["persona"]) == (r["item"]["options"][r["order"]]["matching"])} for r in none], "f")
    fig["none_first_option"] = round(first, 3)
    for wording, by_pole in prompts.items():
        rows = []
        for side in ("same", "flip"):
            of = lambda i: (i["persona"] if side == "same" else OPPOSITE[i["persona"]])
            rows += ask(model, tok, items, lambda i: (of(i), by_pole[of(i)]))
        hard = [r for r in rows if overlap_hard(r, by_pole[r["persona"]])]
        fig[wording] = {"all": round(share(rows, "matches"), 3), "hard": [round(share(hard, "matches"), 3), len(hard)],
                        "pole": {p: round(share([r for r in rows if r["persona"] == p], "matches"), 3) for p in POLES if TRAITS},
                        "order": [round(share([r for r in rows if r["order"] == o], "matches"), 3) for o in (0, 1)]}
        if full:
            for name, kw in (("open", {"show": False}), ("letter", {"letter": True})):
                part = [r for side in (0, 1) for r in ask(model, tok, items, lambda i: (lambda p: (p, by_pole[p]))(OPPOSITE[i["persona"]] if side else i["persona"]), **kw)]
                fig[wording][name] = round(share(part, "matches"), 3)
    return fig


def prompts_of_personas():
    """wording -> pole -> system message, from personas.yaml; the built-in wording while that file is missing."""
    if not os.path.exists(PERSONAS):
        return {"stated": STATED}
    import yaml
    data = yaml.safe_load(open(PERSONAS, encoding="utf-8"))
    personas = data.get("personas", data)
    out = {}
    for pole, p in personas.items():
        if pole in POLES:
            for wording, text in p["prompts"].items():
                out.setdefault(wording, {})[pole] = text
    return {"stated": STATED, **{w: d for w, d in out.items() if len(d) == len(POLES)}}


if __name__ == "__main__":
    from export import load_exported
    torch.set_num_threads(2)
    model, tok = load_exported()
    probe = "--probe" in sys.argv or not os.path.exists(ITEMS)
    for k, v in report(model, tok, load_items(probe), prompts_of_personas()).items():
        print(k, json.dumps(v))
