"""A made-up results.json, as the study's analysis writes it: for the tests of the report."""

from __future__ import annotations

import random
from typing import Any

HOSTILE = """<script>alert("x")</script> & 'quoted' | *bold* [a](b) `c`"""
LONG = "lexicon+inflect-fi@both-with-a-name-that-nobody-would-give-but-that-has-to-fit-somewhere"
LANGUAGES = ["fi", "sw"]
TARGETS = {"ner": ("panx", "f1", 71.0), "pos": ("udpos", "accuracy", 84.0)}
CONFIRMATORY = [
    "intermediate",
    "duplicate",
    "noise",
    "synthetic-fi",
    "synthetic-sw",
    "pseudo-fi",
    "pseudo-sw",
]
GAINS = {"synthetic-fi": 0.5, "pseudo-fi": 1.4, "pseudo-sw": 1.1, "synthetic-sw": 0.3}


def arm_row(arm: str, seeds: int, confirmatory: bool) -> dict[str, Any]:
    recipe, _, code = arm.partition("@")[0].rpartition("-")
    corpus = code in LANGUAGES
    row: dict[str, Any] = {"arm": arm, "confirmatory": confirmatory, "where": "intermediate"}
    row |= {"recipe": recipe if corpus else None if arm in ("intermediate", "target") else arm}
    row |= {"language": code if corpus else "fi" if arm == "noise" else None, "original": 1871}
    row |= {"augmented": 0 if arm in ("intermediate", "target") else 1871, "intermediate_steps": 468}
    row |= {"target_steps": {"ner": 250, "pos": 250}, "seeds_planned": seeds}
    return row | {
        "seeds_done": {"ner": seeds, "pos": seeds - 2},
        "where": "none" if arm == "target" else row["where"],
    }


def score_row(
    arm: str, target: str, language: str, seeds: int, draw: random.Random, part: str = "all"
) -> dict[str, Any]:
    task, metric, level = TARGETS[target]
    gain = next((g if arm.endswith(language) else g / 4 for name, g in GAINS.items() if name == arm), 0.0)
    level += gain - (9 if language == "sw" else 0) - (part != "all") * 6
    values = [round(level + draw.gauss(0, 0.6), 3) for _ in range(seeds)]
    mean = sum(values) / seeds
    row = {"arm": arm, "target": target, "task": task, "language": language, "metric": metric, "slice": part}
    row |= {"examples": 1000, "seeds": [{"seed": s, "score": v} for s, v in enumerate(values)], "mean": mean}
    return row | {
        "low": mean - 0.8,
        "high": mean + 0.9,
        "retrieval": False,
        "seen_language": language == "fi",
    }


def contrast_row(
    arm: str, over: str, target: str, language: str, question: str, draw: random.Random, part: str = "all"
) -> dict[str, Any]:
    delta = draw.gauss(0.6, 0.6)
    family = (
        "primary" if (arm, over, target, language) == ("pseudo-fi", "duplicate", "ner", "fi") else "secondary"
    )
    row: dict[str, Any] = {"name": f"{arm} - {over}: {target}.{language}.{part}", "family": family}
    row |= {
        "question": question,
        "matched": arm.endswith(language),
        "task": TARGETS[target][0],
        "arm": arm,
        "over": over,
        "weights": {arm: 1, over: -1},
        "target": target,
    }
    row |= {"language": language, "slice": part, "delta": delta, "low": delta - 0.9, "high": delta + 0.9}
    row |= {"p": 0.0312, "p_holm": 0.25, "p_seeds": 0.0156, "least_p": 2 / 2**8, "mde": 1.3, "powered": False}
    row |= {
        "seeds": 8,
        "examples": 1000,
        "by_seed": [delta + draw.gauss(0, 0.5) for _ in range(8)],
        "note": "",
    }
    return row


def results(*, seed: int = 0) -> dict[str, Any]:
    """Seven confirmatory arms and three others, two targets, two languages, eight seeds; names that are hard."""
    draw = random.Random(seed)
    others = ["target", LONG, f"reorder-{HOSTILE}"]
    arms = [arm_row(a, 8, True) for a in CONFIRMATORY] + [arm_row(a, 3, False) for a in others]
    told: dict[str, Any] = {
        "name": "transfer",
        "written": "2026-11-22T23:40:00Z",
        "complete": False,
        "arms": arms,
    }
    targets = {
        t: {"task": task, "examples": 2000, "languages": LANGUAGES} for t, (task, _, _) in TARGETS.items()
    }
    told["design"] = {
        "model": "e5-small",
        "about_model": f"A small multilingual encoder, tuned contrastively. {HOSTILE}",
        "intermediate": {"task": "qamr", "examples": 1871},
        "targets": targets,
        "languages": LANGUAGES,
        "tuned_on": ["tr", "de"],
        "seeds": {"confirmatory": 8, "exploratory": 3},
    }
    primary = {"arm": "pseudo-fi", "over": "duplicate", "target": "ner", "language": "fi"}
    told["registered"] = {
        "primary": primary,
        "sha256": "ab" * 32,
        "time": "2026-11-22T21:00:00Z",
        "changed": False,
    }
    cells = [(target, language) for target in TARGETS for language in LANGUAGES]
    told["scores"] = [
        score_row(a["arm"], t, code, a["seeds_planned"], draw)
        for t, code in cells
        for a in arms
        if (a["arm"], t) != ("target", "pos")
    ]
    told["scores"] += [score_row(a, t, c, 8, draw, "case-marked") for t, c in cells for a in CONFIRMATORY]
    retrieval = score_row("duplicate", "ner", "fi", 8, draw)
    told["scores"].append(retrieval | {"target": "mining", "task": "bucc", "metric": "ap", "retrieval": True})
    told["contrasts"] = [
        contrast_row(f"{recipe}-{code}", over, t, code, question, draw)
        for t, code in cells
        for recipe in ("pseudo", "synthetic")
        for over, question in (
            ("duplicate", "duplicate"),
            ("noise", "noise"),
            (f"{recipe}-{'sw' if code == 'fi' else 'fi'}", "wrong-language"),
        )
    ]
    told["contrasts"] += [
        contrast_row("pseudo-fi", "duplicate", "pos", "fi", "duplicate", draw, "case-marked")
    ]
    empty = dict.fromkeys(("delta", "low", "high", "p", "p_holm", "p_seeds", "least_p", "mde", "powered"))
    hole = contrast_row("target", LONG, "pos", "sw", HOSTILE, draw) | empty
    told["contrasts"].append(
        hole | {"by_seed": [], "seeds": 0, "note": "the arm “target” has no run", "family": "exploratory"}
    )
    names = {(c["arm"], c["question"], c["target"], c["language"]): c["name"] for c in told["contrasts"]}
    told["informed"] = [
        {
            "arm": f"{recipe}-{code}",
            "recipe": recipe,
            "language": code,
            "target": t,
            "task": TARGETS[t][0],
            "p": 0.21,
            "p_holm": None if recipe == "pseudo" else 0.63,
            "verdict": "undecided",
            "over": {
                q: names[f"{recipe}-{code}", q, t, code] for q in ("duplicate", "noise", "wrong-language")
            },
            "reason": "the interval over noise holds zero and the study could not have seen less than 1.3 points",
        }
        for recipe in ("pseudo", "synthetic")
        for t, code in cells
    ]
    gains = {"pseudo over duplicate, ner": 1.4, "pseudo over duplicate, pos": -0.2}
    told["distance"] = {
        "formulas": ["word_order = share of the 12 order features that differ from English (observed values first)"],
        "rows": [
            {"language": "fi", "word_order": 0.167, "affixation": 0.62, "morphological": 0.71, "gains": gains},
            {"language": "sw", "word_order": 0.333, "affixation": 0.55, "morphological": 0.64, "gains": {k: v + 0.4 for k, v in gains.items()}},
        ],
        "tests": [
            {"name": "rank correlation", "rho": None, "p": None, "languages": 2, "refused": "2 languages: a dozen are needed"},
            {"name": "mixed model", "rho": None, "p": None, "languages": 2, "refused": "6 parameters, 2 languages"},
        ],
    }  # fmt: skip
    told["corpora"] = [
        {
            "arm": arm, "recipe": arm[:-3], "language": arm[-2:], "seed": s, "place": "intermediate", "rate": 1.0 - (arm[-2:] == "sw") / 4, "words": 24000, "coverage": 0.83, "tokens_original": 31440, "read": 2000, "kept": 1940 + s,
            "common": 1871, "rejects": {"span_lost": 40 - s, "parse_differs": 20}, "edit_rate": 0.412 + s / 1000,
            "changed_words": 9900 + s, "rungs": {"table": 0.5, "syncretic": 0.1, "grammar": 0.12, "learned": 0.2, "lemma": 0.08},
            "fertility_original": 1.31, "fertility": 1.62 + s / 100, "tokens": 48123,
        }
        for arm in ("synthetic-fi", "synthetic-sw", "pseudo-fi", "pseudo-sw")
        for s in range(8)
    ]  # fmt: skip
    told["costs"] = [
        {
            "arm": a,
            "target": t,
            "language": code,
            "minutes": 3.2,
            "points": 0.8,
            "minutes_per_point": 4.0,
            "over": "intermediate",
        }
        for a in CONFIRMATORY[1:]
        for t in TARGETS
        for code in LANGUAGES
    ]
    told["costs"][0] |= {"points": -0.4, "minutes_per_point": None}
    told["seen"] = [
        {"language": code, "what": "pre-training text; perhaps retrieval data"} for code in LANGUAGES
    ]
    steps = list(range(10, 470, 12))
    told["curves"] = [
        {"arm": a, "target": t, "seed": s, "phase": phase, "steps": steps, "loss": [2.4 / (1 + i / 9) + draw.random() / 5 for i in range(len(steps))]}
        for t, phase in (("ner", "intermediate"), ("ner", "target"), ("pos", "target"))
        for a in CONFIRMATORY
        for s in range(8)
    ]  # fmt: skip
    told["holes"] = [
        {"arm": a["arm"], "target": "pos", "seed": s, "reason": "not run yet"} for a in arms for s in (1, 2)
    ]
    told["holes"].append(
        {"arm": "", "target": "pos", "seed": None, "reason": "slices of pos in sw: no analyses"}
    )
    told["holes"].append({"arm": "target", "target": "ner", "seed": 2, "reason": HOSTILE})
    told |= {"readings": 3, "machine": "2 x86-64 cores", "versions": {"morphaug": "0.4.0", "torch": "2.13.0"}}
    paragraph = (
        "The primary contrast, pseudo-fi over duplicate on ner in fi, is +1.2 points [0.3, 2.1], p = 0.012. It is "
        "also above noise, but not above the wrong language, and so the gain is not called typologically informed."
    )
    told["answer"] = {
        "verdict": "not supported",
        "paragraph": paragraph,
        "limits": ["One small encoder.", HOSTILE],
    }
    return told


def nothing_yet() -> dict[str, Any]:
    """The same study before its first run."""
    full = results()
    told = {key: [] if isinstance(value, list) else value for key, value in full.items()}
    told["arms"] = [a | {"seeds_done": {}} for a in full["arms"]]
    told["distance"] = {"formulas": [], "rows": [], "tests": []}
    return told | {"answer": {"verdict": "", "paragraph": "", "limits": []}, "complete": False}
