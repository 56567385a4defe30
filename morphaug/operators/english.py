"""What the operators have to know of English, the language they rewrite."""

from __future__ import annotations

from dataclasses import dataclass, field

from morphaug.operators.draft import Draft
from morphaug.trees import Token

DEFINITE_ARTICLE = "the"
INDEFINITE_ARTICLES = frozenset({"a", "an"})
ARTICLES = INDEFINITE_ARTICLES | {DEFINITE_ARTICLE}
NEGATORS = frozenset({"not", "n't", "n’t", "never"})
FUTURE = frozenset({"will", "shall", "'ll", "’ll", "wo"})
CONDITIONAL = frozenset({"would", "'d", "’d"})
MODALS = {"can": "can", "could": "can", "ca": "can", "may": "may", "might": "may", "must": "must"}
MODALS |= {"should": "should", "ought": "should", "need": "need", "dare": "dare"}
NOMINAL = frozenset({"NOUN", "PROPN", "PRON"})
# Heads of "of" phrases that measure and possess nothing: "a number of people", "part of the city".
QUANTITIES = frozenset(
    [
        "lot",
        "number",
        "majority",
        "minority",
        "group",
        "pair",
        "couple",
        "dozen",
        "hundred",
        "thousand",
        "million",
        "billion",
        "part",
        "piece",
        "bit",
        "amount",
        "quantity",
        "cup",
        "glass",
        "bottle",
        "kind",
        "sort",
        "type",
        "variety",
        "range",
        "series",
        "percent",
        "third",
        "half",
        "quarter",
        "rest",
        "most",
        "some",
        "any",
        "many",
        "few",
        "all",
        "each",
        "one",
        "none",
        "both",
        "several",
        "much",
        "little",
        "plenty",
        "host",
        "handful",
        "slice",
        "share",
        "portion",
    ]
)
# Adjectives that count: languages place them like numerals.
QUANTIFIERS = frozenset({"many", "much", "few", "several", "most", "more", "fewer", "less", "various"})
PERSONS = {
    "i": ("1", "Sing"),
    "my": ("1", "Sing"),
    "we": ("1", "Plur"),
    "our": ("1", "Plur"),
    "you": ("2", "Sing"),
    "your": ("2", "Sing"),
    "he": ("3", "Sing"),
    "his": ("3", "Sing"),
    "she": ("3", "Sing"),
    "her": ("3", "Sing"),
    "it": ("3", "Sing"),
    "its": ("3", "Sing"),
    "they": ("3", "Plur"),
    "their": ("3", "Plur"),
}
ANIMATE_PRONOUNS = frozenset({"i", "we", "you", "he", "she", "they", "who", "everyone", "someone", "nobody"})


@dataclass(slots=True)
class VerbGroup:
    """A verb with its auxiliaries: "has not been seen".

    Attributes:
        head: The word the auxiliaries hang from (the verb, or the predicate of a copula).
        verb: The word that carries the meaning (the verb, or the copula itself).
        auxiliaries: Auxiliaries in surface order, the copula not among them.
        tense: "Pres", "Past", "Fut" or "Cond".
        perfect, progressive, passive, finite, imperative: What the group says.
        modal: The modal auxiliary, if there is one.
    """

    head: Token
    verb: Token
    auxiliaries: list[Token] = field(default_factory=list)
    tense: str = "Pres"
    perfect: bool = False
    progressive: bool = False
    passive: bool = False
    finite: bool = False
    imperative: bool = False
    modal: Token | None = None

    @property
    def label(self) -> str:
        """A name for tense and aspect: "Past.Perf", "Pres.Prog", "Fut"."""
        return self.tense + (".Perf" if self.perfect else "") + (".Prog" if self.progressive else "")


def verb_group(draft: Draft, head: Token) -> VerbGroup | None:
    """The verb group around a predicate; None if the word is no predicate."""
    auxiliaries, copula = [], None
    for token in draft.kids(head.id, "aux", "cop"):
        if token.relation == "cop":
            copula = token
        elif token.upos == "AUX" or token.relation == "aux":
            auxiliaries.append(token)
    if copula is None and head.upos not in ("VERB", "AUX"):
        return None
    if len(auxiliaries) > 1:
        place = {key: i for i, key in enumerate(draft.order)}
        auxiliaries.sort(key=lambda t: place[t.id])
    group = VerbGroup(head, copula or head, auxiliaries)
    group.finite = group.verb.feats.get("VerbForm") == "Fin" or "Mood" in group.verb.feats
    group.tense = "Past" if group.verb.feats.get("Tense") == "Past" else "Pres"
    group.imperative = group.verb.feats.get("Mood") == "Imp"
    for i, aux in enumerate(auxiliaries):
        _read(group, aux, draft.english(aux), first=i == 0)
    if not auxiliaries and not group.finite and group.verb.feats.get("VerbForm", "Inf") == "Inf":
        marked = any(draft.english(t) == "to" for t in draft.kids(head.id, "mark"))
        group.finite = not marked and bool(
            draft.kids(head.id, "nsubj")
        )  # parsers take "they live" for "live"
    if auxiliaries and not group.finite:
        group.finite = auxiliaries[0].feats.get("VerbForm", "Fin") == "Fin"
    return group


def _read(group: VerbGroup, aux: Token, word: str, first: bool) -> None:
    if first:
        group.tense = "Past" if aux.feats.get("Tense") == "Past" else "Pres"
        group.imperative = aux.feats.get("Mood") == "Imp"
    if word == "have":
        group.perfect = True
    elif word in ("be", "get"):
        if aux.deprel == "aux:pass":
            group.passive = True
        else:
            group.progressive = True
    elif word in FUTURE:
        group.tense = "Fut"
    elif word in CONDITIONAL:
        group.tense = "Cond"
    elif word in MODALS:
        group.modal = aux
        group.tense = "Past" if word == "could" else "Pres"


def subject(draft: Draft, head: Token) -> Token | None:
    """The subject of a predicate; for a relative clause, a shared subject or an open complement the word it stands for."""
    for token in draft.kids(head.id, "nsubj"):
        if (
            head.deprel == "acl:relcl"
            and draft.english(token) in ("who", "which", "that")
            and head.head in draft.words
        ):
            return draft.words[head.head]
        return token
    if head.relation == "conj" and head.head in draft.words:
        return subject(draft, draft.words[head.head])
    return None


def person_number(draft: Draft, token: Token | None) -> tuple[str, str]:
    """Person and number of a subject; third singular if there is none."""
    if token is None:
        return "3", "Sing"
    if token.upos == "PRON" and draft.english(token) in PERSONS:
        person, number = PERSONS[draft.english(token)]
        number = token.feats.get("Number", number)
    else:
        person, number = token.feats.get("Person", "3"), token.feats.get("Number", "Sing")
    if any(t.upos in NOMINAL for t in draft.kids(token.id, "conj")):
        number = "Plur"
    return person, "Plur" if number in ("Plur", "Ptan") else "Sing"


def is_definite(draft: Draft, token: Token) -> bool:
    """Whether a noun phrase is definite: an article, a demonstrative, a possessor, or a name."""
    if token.upos == "PROPN" or (token.upos == "PRON" and token.feats.get("PronType") in ("Prs", "Dem")):
        return True
    for kid in draft.kids(token.id, "det", "nmod"):
        if (
            kid.feats.get("Definite") == "Def"
            or draft.english(kid) == DEFINITE_ARTICLE
            or kid.feats.get("PronType") == "Dem"
        ):
            return True
        if kid.deprel == "nmod:poss":
            return True
    return False


def negation_of(draft: Draft, head: Token) -> Token | None:
    """The negator of a predicate ("not", "n't"; "never" stays an adverb)."""
    return next((token for token in draft.kids(head.id, "advmod") if negates(draft, token)), None)


def negates(draft: Draft, token: Token) -> bool:
    """Whether an adverb is a negator."""
    return draft.english(token) in ("not", "n't", "n’t") or token.form.lower() in ("n't", "n’t")
