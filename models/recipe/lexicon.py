"""Reads banks/words.txt (the authored vocabulary by pole and part of speech) and writes lexicon.json from it."""
import json, os

HERE = os.path.dirname(os.path.abspath(__file__))
TRAITS = {"extraversion": ("extraversion", "introversion"), "agreeableness": ("agreeableness", "antagonism"),
          "conscientiousness": ("conscientiousness", "carelessness"), "neuroticism": ("neuroticism", "stability"),
          "openness": ("openness", "conventionality")}
POLES = [p for pair in TRAITS.values() for p in pair]
OPPOSITE = {p: q for a, b in TRAITS.values() for p, q in ((a, b), (b, a))}


def read_words():
    """section -> part of speech -> list of words; verbs are (base, -ing form or None)."""
    out, section = {}, None
    for line in open(os.path.join(HERE, "banks", "words.txt"), encoding="utf-8"):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            section = out.setdefault(line[1:-1], {})
            continue
        kind, words = line.split(":", 1)
        words = words.split()
        if kind == "v":
            words = [(b, None if g == "-" else g) for b, g in (w.split("/") for w in words)]
        section[kind] = words
    return out


def flat(section):
    seen = {}
    for words in section.values():
        for w in words:
            for f in (w if isinstance(w, tuple) else (w,)):
                if f:
                    seen[f] = 1
    return list(seen)


def lexicon():
    lex = {name: flat(section) for name, section in read_words().items()}
    taken = {}
    for pole in POLES:  # signal words belong to one pole; neutral and function words yield to them
        for w in lex[pole]:
            if taken.setdefault(w, pole) != pole:
                raise SystemExit(f"'{w}' is in {taken[w]} and {pole}")
    lex["function"] = [w for w in lex["function"] if w not in taken]
    lex["neutral"] = [w for w in lex["neutral"] if w not in taken and w not in lex["function"]]
    return lex


if __name__ == "__main__":
    lex = lexicon()
    with open(os.path.join(HERE, "lexicon.json"), "w", encoding="utf-8") as f:
        f.write("{\n" + ",\n".join(f"  {json.dumps(k)}: {json.dumps(v)}" for k, v in lex.items()) + "\n}\n")
    print({k: len(v) for k, v in lex.items()})
