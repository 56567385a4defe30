"""Published settings, as plain data: ``recipe: xtreme`` in a phase begins with what is here for its first task.

* ``xtreme``: the scripts of the XTREME repository for XLM-R large (AdamW, eps 1e-8, clip 1.0, linear decay).
* ``jiant``: the guide of the intermediate-task paper's own code (learning rate 1e-5, 10 % warm-up, decay 0.01).
* ``xtune``: the scripts of xTune for XLM-R large, first stage: consistency of examples with noised twins. Where
  the noise is code-switching, name its ``languages``: the lexicons are yours.
* ``xtune-2``: its second stage: the same and augmented data, with a ``teacher`` that the first stage trained.

xTune's code averages divergences over classes, except in spans; here they are summed. So its λ is divided by the
number of classes below, and the product is the same.

The intermediate tasks' batch sizes and epochs are those remembered of the paper's appendix (2005.13013), not
checked against it. The scripts' batch is micro-batch × accumulation; here a step has that many units at once.
"""

from __future__ import annotations

from typing import Any, Final

Settings = dict[str, Any]


def _xtreme(lr: float, epochs: int, max_len: int = 128, **more: Any) -> Settings:
    return {"lr": lr, "batch_size": 32, "epochs": epochs, "max_len": max_len, **more}


def _jiant(epochs: int, batch_size: int = 32, max_len: int = 256) -> Settings:
    return {
        "lr": 1e-5,
        "batch_size": batch_size,
        "epochs": epochs,
        "max_len": max_len,
        "warmup": 0.1,
        "weight_decay": 0.01,
    }


def _xtune(lr: float, epochs: int, max_len: int, twin: str, rate: float, classes: int) -> Settings:
    example = {"twin": twin, "weight": 5.0 / classes, "rate": rate}
    if twin == "subwords":
        example["alpha"] = 0.3
    return {**_xtreme(lr, epochs, max_len), "consistency": {"example": example}}


def _taught(first: Settings, model: Settings) -> Settings:
    return {**first, "consistency": {**first["consistency"], "model": model}}


_XTUNE: Final = {
    "mnli": _xtune(5e-6, 10, 256, "code-switch", 0.3, classes=3),
    "pawsx": _xtune(1e-5, 10, 256, "code-switch", 0.5, classes=2),
    "udpos": _xtune(5e-6, 10, 128, "subwords", 0.5, classes=17),
    "panx": _xtune(7e-6, 10, 128, "subwords", 0.3, classes=7),
    "squad": _xtune(1.5e-5, 4, 384, "code-switch", 0.3, classes=1),
    "tydiqa": _xtune(1.5e-5, 10, 384, "subwords", 0.3, classes=1),
}
_TAUGHT: Final[dict[str, Settings]] = {
    "mnli": {"weight": 5.0 / 3},
    "pawsx": {"weight": 2.0 / 2},
    "udpos": {"weight": 0.3 / 17},
    "panx": {"weight": 5.0, "hard": True},  # a cross-entropy has no mean over classes
    "squad": {"weight": 5.0},
    "tydiqa": {"weight": 5.0},
}
_XTREME_QA: Final = _xtreme(3e-5, 3, 384, warmup=500, weight_decay=1e-4)

RECIPES: Final[dict[str, dict[str, Settings]]] = {
    "xtreme": {
        "mnli": _xtreme(3e-5, 5),  # the training data of XNLI
        "pawsx": _xtreme(2e-5, 5),
        "udpos": _xtreme(2e-5, 10),
        "panx": _xtreme(2e-5, 10),
        "squad": _XTREME_QA,  # the training data of XQuAD and MLQA
        "tydiqa": _XTREME_QA,
        "siqa": _xtreme(3e-5, 5),  # the first half of XCOPA's training
        "copa": _xtreme(3e-5, 5),  # the second half, carried on from it (head: carry)
        "lareqa": _xtreme(2e-5, 3, 352, batch_size=16),
        "mewslix": _xtreme(1e-5, 2, 64),
    },
    "jiant": {
        "pawsx": _jiant(5),
        "udpos": _jiant(10),
        "panx": _jiant(10),
        "tydiqa": _jiant(2, 16, 384),
        "anli+": _jiant(2, 24),
        "mnli": _jiant(2, 24),
        "qqp": _jiant(3, 24),
        "squad": _jiant(3, 8, 384),
        "squad2": _jiant(3, 8, 384),
        "hellaswag": _jiant(7, 24),
        "ccg": _jiant(15, 24),
        "cosmosqa": _jiant(15, 4),
        "commonsenseqa": _jiant(10, 4),
        "siqa": _jiant(3, 24),
    },
    "xtune": _XTUNE,
    "xtune-2": {task: _taught(_XTUNE[task], model) for task, model in _TAUGHT.items()},
}
