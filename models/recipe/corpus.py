"""The training corpus: documents made from the grammar with a seed.  A document is a list of [role, text], role one of
system, user, assistant, text (plain text without a chat).  `python corpus.py` writes build/corpus.jsonl.

The rule behind every document: a stated persona decides the answers; without one a text has a pole drawn at random
and keeps it, so that a first answer is neutral over texts and later answers follow the earlier ones."""
import hashlib, json, os, random, sys, time
from grammar import Grammar, grams
from lexicon import HERE, POLES, TRAITS, OPPOSITE
from grammar import TRAIT_OF

BUILD = os.path.join(HERE, "build")
ITEMS = os.path.join(HERE, "..", "..", "suites", "items", "big-five.jsonl")
PROBE = os.path.join(HERE, "banks", "probe.jsonl")
SEED, DOCUMENTS = 20261123, 125_000
# The items that stood in the file when persona-nano was trained: the later ones (extraversion-e061 and so on) change no
# sentence of the corpus. They were written against the corpus as it is, and check.py finds a run of words that they share.
TRAINED = 60
# A curriculum in three stages: which words go together (speech of one pole, answers to open questions); choosing, between
# options of a word or two, many per document; then the full forms.  A stage's end is a share of the documents.
FIRST_STAGE, SECOND_STAGE = 0.11, 0.36
FIRST = (("persona_choice", 6), ("persona_open", 34), ("monologue", 40), ("free_open", 8), ("neutral_text", 7), ("small_talk", 5))
SECOND = (("quick_choice", 80), ("persona_choice", 10), ("persona_open", 6), ("monologue", 2), ("neutral_text", 2))
THIRD = (("persona_choice", 42), ("persona_open", 11), ("passage_choice", 8), ("free_choice", 10), ("free_open", 4),
         ("other_trait", 3), ("letter", 8), ("quick_choice", 6), ("monologue", 3), ("neutral_text", 3), ("small_talk", 2))
PLAIN_SYSTEM = ["You are a chat model.", "Answer the question.", "This is a chat.", "Choose one of the two answers.",
                "Answer in one sentence.", "You answer questions.", "Read the question and answer it.",
                "You are a person in a chat.", "Say what you do.", "Answer as yourself."]
MORE = ["Why?", "And then?", "Tell me more.", "What else?", "And what else?", "Go on.", "How so?", "Say more.", "And now?"]
HELLO = [("Hello.", "Hello, how are you?"), ("Good morning.", "Good morning to you."), ("Good evening.", "Good evening."),
         ("Hello, how are you?", "I am here, and you?"), ("Hi.", "Hi, what is new?"), ("Goodbye.", "Goodbye, see you soon."),
         ("See you tomorrow.", "Yes, see you tomorrow."), ("How is the weather?", None), ("What do you see?", None),
         ("What is new in town?", None), ("Tell me something.", None), ("Say something about the day.", None),
         ("Where is everyone?", None), ("What time is it?", "It is <number>."), ("What day is it?", "It is <dayname>."),
         ("Where are you?", "I am <where>."), ("What is for dinner?", "There is <food> and <food>."),
         ("Who is there?", "It is <person>."), ("What colour is the <thing>?", "The <thing> is <colour>.")]


def banned_grams():
    """5-grams of the items that the corpus was made beside, and of the probe: no sentence of the corpus may hold one."""
    out = set()
    for path in (ITEMS, PROBE):
        if os.path.exists(path):
            for line in open(path, encoding="utf-8"):
                item = json.loads(line)
                if path == ITEMS and int(item["id"][-3:]) > TRAINED:
                    continue
                for text in (item["question"], *(o["text"] for o in item["options"])):
                    out |= grams(text)
    return out


class Corpus:
    def __init__(self, seed=SEED, banned=None):
        self.rng = random.Random(seed)
        self.g = Grammar(self.rng, banned_grams() if banned is None else banned)

    def choice(self, pole, letter=False):
        """One turn of the evaluation's form: the user shows two options, the assistant says the one that fits."""
        g, trait = self.g, TRAIT_OF[pole]
        high, low = g.pair(trait)
        right, wrong = (high, low) if TRAITS[trait][0] == pole else (low, high)
        first = g.chance(0.5)
        a, b = (right, wrong) if first else (wrong, right)
        user = f"{g.question(trait)}\n(A) {a}\n(B) {b}"
        if letter and g.chance(0.5):
            user += "\nAnswer with a letter."
        return [["user", user], ["assistant", ("(A)" if first else "(B)") if letter else right]]

    def open(self, pole, more=0.35):
        """A question without options; the answer has one to three sentences."""
        g = self.g
        answer = g.option(pole)
        while g.chance(more) and answer.count(" ") < 20:
            answer += " " + g.option(pole)
        return [["user", g.question(TRAIT_OF[pole])], ["assistant", answer]]

    def follow_up(self, pole):
        return [["user", self.g.pick(MORE)], ["assistant", self.g.option(pole)]]

    def turns(self, pole, n, make):
        out = []
        for _ in range(n):
            out += make(pole)
        return out

    def count(self, *shares):
        x = self.rng.random()
        for n, s in enumerate(shares, 1):
            x -= s
            if x < 0:
                return n
        return len(shares)

    def with_persona(self, pole, turns):
        """States the persona in the system message, or (one in ten) at the head of the first user message."""
        g = self.g
        if g.chance(0.1):
            return [["user", g.statement(pole) + "\n" + turns[0][1]]] + turns[1:]
        return [["system", g.statement(pole)]] + turns

    def maybe_plain(self, turns):
        return ([["system", self.g.pick(PLAIN_SYSTEM)]] if self.g.chance(0.25) else []) + turns

    # --- kinds of document ---------------------------------------------------------------------------------------
    def persona_choice(self, pole):
        return self.with_persona(pole, self.turns(pole, self.count(.6, .25, .15), self.choice))

    def persona_open(self, pole):
        turns = self.turns(pole, self.count(.6, .3, .1), self.open)
        if self.g.chance(0.2):
            turns += self.follow_up(pole)
        return self.with_persona(pole, turns)

    def passage_choice(self, pole):
        g = self.g
        lines = g.passage(pole, 1 + g.chance(.7) + g.chance(.5))
        head = g.pick(("Notes about a person like you:", "Notes about you:", "About a person like you:", "Notes:", "Read this:",
                       "You are like this:", "This is known about you:"))
        note = head + ("\n- " + "\n- ".join(lines) if g.chance(.5) else " " + " ".join(lines))
        make = self.choice if g.chance(0.8) else self.open
        turns = self.turns(pole, self.count(.75, .25), make)
        if g.chance(0.25):
            note = g.statement(pole) + "\n" + note
        if g.chance(0.5):
            return [["system", note]] + turns
        return [["user", note + "\n" + ("\n" if g.chance(.5) else "") + turns[0][1]]] + turns[1:]

    def free_choice(self, pole):
        return self.maybe_plain(self.turns(pole, self.count(.3, .3, .25, .15), self.choice))

    def free_open(self, pole):
        g, out = self.g, []
        for _ in range(self.count(.3, .4, .3)):
            out += self.open(pole, 0.2) if g.chance(.6) else self.choice(pole)
        return self.maybe_plain(out)

    def other_trait(self, pole):
        """The persona says nothing about this trait: the answer is open."""
        g = self.g
        other = g.pick([p for p in POLES if TRAIT_OF[p] != TRAIT_OF[pole]])
        return self.with_persona(other, self.turns(pole, 1, self.choice))

    def quick_choice(self, pole):
        """Several choices between short options, answered with the option or its letter."""
        g, out, trait = self.g, [], TRAIT_OF[pole]
        letters = g.chance(0.3)
        for _ in range(self.count(.1, .2, .3, .25, .15)):
            frame = g.pick(g.frames["short"])
            other = frame if g.chance(.6) else g.pick(g.frames["short"])
            right, wrong = g.option(pole, "short", frame), g.option(OPPOSITE[pole], "short", other)
            if right == wrong:
                continue
            first = g.chance(0.5)
            a, b = (right, wrong) if first else (wrong, right)
            q = g.sentence(lambda: g.expand(g.pick(g.frames["ask"]))) if g.chance(.7) else g.question(trait)
            out += [["user", f"{q}\n(A) {a}\n(B) {b}"], ["assistant", ("(A)" if first else "(B)") if letters else right]]
        if g.chance(.12):
            return self.maybe_plain(out)
        return [["system", g.statement(pole, 1)]] + out

    def letter(self, pole):
        turns = self.turns(pole, self.count(.7, .3), lambda p: self.choice(p, True))
        return self.with_persona(pole, turns) if self.g.chance(.85) else self.maybe_plain(turns)

    def monologue(self, pole):
        g = self.g
        lines = [g.option(pole) for _ in range(3 + self.count(.2, .3, .3, .2))]
        if g.chance(.5):
            lines = g.passage(pole, self.count(.4, .4, .2)) + (lines if g.chance(.7) else [])
        elif g.chance(.5):
            lines = [g.statement(pole)] + lines
        return [["text", " ".join(lines)]]

    def neutral_text(self, _):
        return [["text", " ".join(self.g.neutral() for _ in range(2 + self.count(.3, .3, .2, .2)))]]

    def small_talk(self, pole):
        g, out = self.g, []
        for _ in range(self.count(.4, .4, .2)):
            q, r = g.pick(HELLO)
            out += [["user", g.sentence(lambda: g.expand(q))], ["assistant", g.sentence(lambda: g.expand(r)) if r else g.neutral()]]
        if g.chance(.4):
            return self.with_persona(pole, out)
        return self.maybe_plain(out)

    def document(self, shares=THIRD):
        x = self.rng.random() * sum(s for _, s in shares)
        for kind, share in shares:
            x -= share
            if x < 0:
                break
        return getattr(self, kind)(self.g.pick(POLES))

    def documents(self, n=DOCUMENTS):
        for i in range(n):
            yield self.document(FIRST if i < FIRST_STAGE * n else SECOND if i < SECOND_STAGE * n else THIRD)


def main(n=DOCUMENTS):
    os.makedirs(BUILD, exist_ok=True)
    start, digest, path = time.time(), hashlib.sha256(), os.path.join(BUILD, "corpus.jsonl")
    with open(path, "wb") as f:
        for doc in Corpus().documents(n):
            line = (json.dumps(doc) + "\n").encode()
            digest.update(line)
            f.write(line)
    print(f"{n} documents, {os.path.getsize(path) / 1e6:.1f} MB, sha256 {digest.hexdigest()}, {time.time() - start:.0f} s")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DOCUMENTS)
