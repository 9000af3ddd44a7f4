"""Authored banks -> sentences.  `Grammar.option(pole)` is something a person of that pole says of himself;
`question`, `statement` (the persona in a system message), `passage` and `neutral` make the other texts.
Every sentence passes `self.ok`: no run of five words may occur in an evaluation item (see check.py)."""
import os, re
from lexicon import HERE, OPPOSITE, POLES, TRAITS, read_words

WORD = re.compile(r"[a-z0-9']+")
TRAIT_OF = {p: t for t, pair in TRAITS.items() for p in pair}
NAMES = {"extraversion": ("an extravert", "an extravert", "an extrovert"), "introversion": ("an introvert", "an introvert", "a loner")}
VOWEL_SOUND = re.compile(r"^(?!uniform|usual|use|one\b)[aeiou]")


def sentences(text):
    """Lower-cased word lists, one per sentence; the unit within which 5-grams are counted."""
    return [w for w in (WORD.findall(s) for s in re.split(r"[.!?;:\n]|\([ab]\)", text.lower())) if w]


def grams(text, n=5):
    return {" ".join(w[i:i + n]) for w in sentences(text) for i in range(len(w) - n + 1)}


def a(noun):
    return ("an " if VOWEL_SOUND.match(noun) else "a ") + noun


def cap(s):
    return s[:1].upper() + s[1:]


PERSONS = {  # how a first-person phrase reads when said of someone else
    "you": {"my": "your", "i": "you", "me": "you", "myself": "yourself", "am": "are"},
    "they": {"my": "their", "i": "they", "me": "them", "myself": "themselves", "am": "are"},
    "she": {"my": "her", "i": "she", "me": "her", "myself": "herself", "am": "is"},
    "he": {"my": "his", "i": "he", "me": "him", "myself": "himself", "am": "is"},
}


def said_of(who, phrase):
    table = PERSONS[who]
    return re.sub(r"[A-Za-z]+", lambda m: table.get(m[0].lower(), m[0]), phrase)


def s_form(verb):
    if verb in ("have", "do", "go"):
        return {"have": "has", "do": "does", "go": "goes"}[verb]
    if re.search(r"[^aeiou]y$", verb):
        return verb[:-1] + "ies"
    return verb + ("es" if re.search(r"(s|x|z|ch|sh|o)$", verb) else "s")


def third(phrase):
    head, _, rest = phrase.partition(" ")
    return s_form(head) + (" " + rest if rest else "")


def read_bank(name):
    """[section] headed lists of lines."""
    out, section = {}, None
    for line in open(os.path.join(HERE, "banks", name), encoding="utf-8"):
        line = line.rstrip("\n")
        if not line.strip() or line.startswith("#"):
            continue
        if re.fullmatch(r"\[\w+\]", line):
            section = out.setdefault(line[1:-1], [])
        else:
            section.append(line)
    return out


class Grammar:
    def __init__(self, rng, banned=frozenset()):
        self.rng, self.banned = rng, banned
        self.words = read_words()
        self.phrases = read_bank("phrases.txt")
        self.frames = read_bank("frames.txt")
        slots = open(os.path.join(HERE, "banks", "slots.txt"), encoding="utf-8")
        self.slots = {k: v.split("|") for k, v in (line.strip().split(": ", 1) for line in slots if ": " in line)}
        neutral = self.words["neutral"]
        for pos in ("place", "person", "object", "quality"):
            self.slots["n_" + pos] = neutral[pos]
        self.slots["n_timeword"] = neutral["time"]
        self.slots["n_ing"] = [v for v in neutral["verb"] if v.endswith("ing") and v != "bring"]
        self.slots["n_base"] = [v for v in neutral["verb"] if v not in self.slots["n_ing"]]
        self.slots["n_does"], self.slots["n_did"] = neutral["verbs"], neutral["past"]
        self.slots["n_function"] = self.words["function"]["function"]
        self.decks = {}
        self.ing_of = {b: g for p in POLES for b, g in self.words[p]["v"] if g}
        self.ing_of.update({"sit": "sitting", "put": "putting", "get": "getting", "let": "letting", "set": "setting",
                            "lie": "lying", "see": "seeing", "run": "running", "knit": "knitting",
                            "step": "stepping", "overthink": "overthinking"})

    # --- helpers -------------------------------------------------------------------------------------------------
    def pick(self, seq):
        return seq[int(self.rng.random() * len(seq))]

    def chance(self, p):
        return self.rng.random() < p

    def ok(self, text):
        return not (self.banned and not self.banned.isdisjoint(grams(text)))

    def deal(self, slot):
        """A filler; the plain vocabulary (n_...) is dealt from a shuffled deck, so that each word comes equally often."""
        if not slot.startswith("n_"):
            return self.pick(self.slots[slot])
        deck = self.decks.get(slot)
        if not deck:
            deck = self.decks[slot] = list(self.slots[slot])
            self.rng.shuffle(deck)
        return deck.pop()

    def expand(self, text):
        for _ in range(4):
            text = re.sub(r"<(\w+)>", lambda m: self.deal(m[1]), text)
            new = re.sub(r"\(([^()]*\|[^()]*)\)", lambda m: self.pick(m[1].split("|")), text)
            if new == text and "<" not in new:
                break
            text = new
        text = re.sub(r"\b(mon|tues|wednes|thurs|fri|satur|sun)day\b", lambda m: cap(m[0]), text)
        return re.sub(r"\s+", " ", text).strip()

    def sentence(self, make, tries=200):
        for _ in range(tries):
            text = make()
            if self.ok(text):
                return text
        raise RuntimeError(f"no sentence free of evaluation 5-grams after {tries} tries: {text}")

    def ing(self, phrase):
        head, _, rest = phrase.partition(" ")
        if head in self.ing_of:
            head = self.ing_of[head]
        elif re.search(r"[^e]e$", head):
            head = head[:-1] + "ing"
        else:
            head += "ing"
        return head + (" " + rest if rest else "")

    # --- the slots of one pole -----------------------------------------------------------------------------------
    def vp(self, pole):
        return self.expand(self.pick(self.phrases[pole]))

    def noun(self, pole):
        w = self.words[pole]
        pool = [(k, n) for k in ("ns", "np", "nm") for n in w[k]]
        kind, n = self.pick(pool)
        if kind == "ns":
            return (a(n) if self.chance(0.75) else "the " + n), False
        return n, kind == "np"

    def adj(self, pole):
        return self.pick(self.words[pole]["adj"])

    def verb(self, pole):
        return self.pick(self.words[pole]["v"])[0]

    def fill(self, frame, pole):
        """Fills {vp} {ving} {adj} {n} {v} {adv} {thing_adj}; a leading 'o' ({ovp}, {on}, ...) asks for the opposite pole."""
        plural = [False]

        def slot(m):
            key, p, upper = m[1].lower(), pole, m[1][0].isupper()
            if key[0] == "o":
                key, p = key[1:], OPPOSITE[pole]
            if key == "vp": out = self.vp(p)
            elif key == "ving": out = self.ing(self.vp(p))
            elif key == "adj": out = self.adj(p)
            elif key == "aadj": out = a(self.adj(p))
            elif key == "v": out = self.verb(p)
            elif key == "adv": out = self.pick(self.words[p]["adv"])
            elif key == "thing_adj": out = a(self.pick(self.words[p]["athing"]))
            elif key == "n":
                out, plural[0] = self.noun(p)
            elif key == "be": out = "are" if plural[0] else "is"
            elif key == "s": out = "" if plural[0] else "s"
            else: raise KeyError(key)
            return cap(out) if upper else out
        return self.expand(re.sub(r"\{(\w+)\}", slot, frame))

    # --- what is said --------------------------------------------------------------------------------------------
    KINDS = (("verb", 42), ("fragment", 23), ("adjective", 10), ("noun", 12), ("adverb", 4), ("avoid", 6), ("thing", 3))

    def kind(self):
        x = self.rng.random() * 100
        for kind, share in self.KINDS:
            x -= share
            if x < 0:
                return kind
        return "verb"

    def option(self, pole, kind=None, frame=None, most=15):
        kind = kind or self.kind()
        def make():
            while True:
                text = cap(self.fill(frame or self.pick(self.frames[kind]), pole))
                if text.count(" ") < most:
                    return text
        return self.sentence(make)

    def pair(self, trait):
        """Two options of one trait, (high pole, low pole), of about equal length; half of them in one frame."""
        high, low = TRAITS[trait]
        for _ in range(8):
            kind = self.kind()
            if self.chance(0.5):
                frame = self.pick(self.frames[kind])
                two = self.option(high, kind, frame), self.option(low, kind, frame)
            else:
                two = self.option(high, most=12), self.option(low, most=12)
            if abs(two[0].count(" ") - two[1].count(" ")) <= 2 and two[0] != two[1]:
                break
        return two

    def question(self, trait=None):
        """A question that says nothing about the answer; may name a thing of the trait, of either pole."""
        def make():
            pole = self.pick(TRAITS[trait]) if trait else None
            if pole and self.chance(0.25):
                return cap(self.fill(self.pick(self.frames["signal_question"]), pole))
            x = self.rng.random()
            if x < 0.35:
                return cap(self.expand(self.pick(self.frames["question"])))
            if x < 0.7:
                return cap(self.expand(self.pick(self.frames["scene"]))) + " " + cap(self.expand(self.pick(self.frames["ask"])))
            return self.neutral() + " " + cap(self.expand(self.pick(self.frames["ask"])))
        return self.sentence(make)

    def neutral(self):
        return self.sentence(lambda: cap(self.expand(self.pick(self.frames["neutral"]))))

    def statement(self, pole, most=3):
        """The persona as a system (or user) message states it: one to three sentences."""
        def one():
            if pole in NAMES and self.chance(0.2):
                return self.fill(self.pick(self.frames["describe_name"]), pole).replace("#name", self.pick(NAMES[pole]))
            x = self.rng.random()
            kind = "describe_plainly" if x < 0.5 else "describe_opposite" if x < 0.56 else "describe"
            text = self.fill(self.pick(self.frames[kind]), pole)
            if not text.startswith("I "):  # "I am shy and ..." is the user or the persona speaking of itself
                text = said_of("you", text)
            return cap(self.names(text, pole))
        n = min(most, 1 + self.chance(0.45) + self.chance(0.25))
        return " ".join(self.sentence(one) for _ in range(n))

    def names(self, text, pole):
        trait, opp = TRAIT_OF[pole], OPPOSITE[pole]
        text = text.replace("#pole", pole).replace("#opp", opp)
        if "#level" in text:
            text = text.replace("#level", "high" if TRAITS[trait][0] == pole else "low").replace("#trait", trait)
        return text

    def passage(self, pole, n=2):
        """Knowledge about a pole: how such a person behaves, in the third or second person."""
        def one():
            frame = self.pick(self.frames["passage"])
            who = self.pick(("they", "she", "he")) if "#" not in frame else "they"
            if "{vps}" in frame:
                frame = frame.replace("{vps}", said_of("she" if who == "they" else who, third(self.vp(pole))))
            text = self.fill(frame, pole)
            return cap(self.names(said_of("they", text), pole))
        return [self.sentence(one) for _ in range(n)]
