"""English contractions: their halves as words of their own."""

from __future__ import annotations

FULL = {"'m": "am", "'re": "are", "'s": "is", "'ve": "have", "'ll": "will", "'d": "would", "n't": "not"}
PERFECT = {"'s": "has", "'d": "had"}
HOSTS = {"ca": "can", "wo": "will", "sha": "shall"}


def host(form: str) -> str:
    """A first half written out; one that is a word by itself stays.

    >>> host("Wo"), host("could")
    ('Will', 'could')
    """
    full = HOSTS.get(form.lower())
    if full is None:
        return form
    return full.capitalize() if form[0].isupper() else full


def clitic(form: str, lemma: str) -> str:
    """A second half written out; "" if the word is none.

    >>> clitic("’D", "have"), clitic("'d", "would"), clitic("garden", "garden")
    ('had', 'would', '')
    """
    short = form.lower().replace("’", "'")
    return PERFECT[short] if lemma == "have" and short in PERFECT else FULL.get(short, "")
