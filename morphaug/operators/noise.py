"""Matched noise: as many words changed, moved and dropped as a recipe would, but at random.

The control that tells typologically informed edits from edits.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from morphaug.operators.context import Context
from morphaug.operators.draft import Draft
from morphaug.trees import Sentence, longest_run

RULE = "noise"
Apply = Callable[[Sentence, Context], Sentence]


def noise(draft: Draft, ctx: Context, like: Apply) -> None:
    """Damage a sentence at another recipe's edit rate.

    Args:
        like: What to match: a function that applies the other recipe to the same sentence. Changed words
            get random affixes as long as the change was, moved words trade places with a neighbour,
            dropped words are replaced by drops elsewhere.
    """
    model = like(draft.source, ctx)
    luck = Random(f"{ctx.draw(RULE, 'sentence')}")
    lengths = _changes(draft.source, model)
    words = [k for k in draft.order if draft.words[k].upos != "PUNCT"]
    dropped = min(len(model.dropped) + _absorbed(model), max(0, len(words) - 1))
    for key in luck.sample(words, dropped):
        draft.drop(key, RULE)
        words.remove(key)
    for key, grown in zip(luck.sample(words, min(len(lengths), len(words))), lengths, strict=False):
        token = draft.change(key, RULE)
        token.form = _affixed(luck, token.form, grown)
        token.how = RULE
    _shuffle(draft, luck, _moves(draft.source, model))


def _changes(source: Sentence, model: Sentence) -> list[int]:
    """For each word whose form the model changed, by how many letters it grew (or shrank)."""
    before = {t.id: t.form for t in source.tokens}
    out = []
    for token in model.tokens:
        if not token.src:
            out.append(len(token.form))
        elif token.form.lower() != before.get(token.src[0], "").lower():
            out.append(len(token.form) - len(before.get(token.src[0], "")))
    return out


def _absorbed(model: Sentence) -> int:
    return sum(max(0, len(t.src) - 1) for t in model.tokens)


def _affixed(luck: Random, form: str, grown: int) -> str:
    """A random affix of one to four letters, in place of the word's end if the model's word had not grown."""
    letters = "aeiouklmnprstv"
    affix = "".join(luck.choice(letters) for _ in range(max(1, min(4, abs(grown) or 2))))
    stem = form if grown > 0 else form[: max(1, len(form) - len(affix))]
    return affix + stem if luck.random() < 0.2 else stem + affix


def _moves(source: Sentence, model: Sentence) -> int:
    place = {t.id: i for i, t in enumerate(source.tokens)}
    line = [place[t.src[0]] for t in model.tokens if t.src and t.src[0] in place]
    return len(line) - longest_run(line)


def _shuffle(draft: Draft, luck: Random, moves: int) -> None:
    """Trade neighbours until as many words have left their order, or no more can."""
    place = {key: i for i, key in enumerate(draft.order)}
    free = [i for i, k in enumerate(draft.order) if draft.words[k].upos != "PUNCT"]
    for _ in range(4 * moves):
        if len(free) < 2 or len(draft.order) - longest_run([place[k] for k in draft.order]) >= moves:
            return
        at = luck.randrange(len(free) - 1)
        a, b = free[at], free[at + 1]
        draft.order[a], draft.order[b] = draft.order[b], draft.order[a]
        draft.moved = True
