"""Every data set from a fixture in its official form to a score; sentences and labels are our own."""

from __future__ import annotations

import json
import lzma
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from harness.decode import Answers
from harness.records import Aligned, Choice, Classified, Plain, Question, Search, Tagged, reversed_pairs
from harness.tasks import TASKS, augmented, get_task, retrieve, two_letters
from harness.tasks.classify import unquoted
from harness.tasks.common import Hub
from morphaug.data import data_file
from morphaug.errors import MorphaugError, UnknownName
from morphaug.generate import Job, generate
from morphaug.identity import content_id

ENGLISH = data_file("samples", "english")


def lines(*rows: Any) -> str:
    """A line for each row: text as it is, anything else as JSON."""
    return "".join((r if isinstance(r, str) else json.dumps(r, ensure_ascii=False)) + "\n" for r in rows)


def squad(*questions: dict[str, Any], context: str = "Anna lives in Turku.", **more: Any) -> str:
    return json.dumps(
        {"data": [{"title": "T", "paragraphs": [{"context": context, "qas": list(questions)} | more]}]}
    )


def asked(name: str, said: str = "Turku", start: int = 14, **more: Any) -> dict[str, Any]:
    answers = [{"text": said, "answer_start": start}] if said else []
    return {"id": name, "question": "Where does Anna live?", "answers": answers} | more


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".xz":
            path.write_bytes(lzma.compress(text.encode()))
        else:
            path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Case:
    """A set in its official form, and what is made of it.

    Attributes:
        files: By path below the data folder.
        split, language: What is read.
        first: The first record.
        predicted: A prediction for each record.
        expected: Values of their score.
    """

    files: dict[str, str]
    split: str
    language: str
    first: Any
    predicted: Any
    expected: dict[str, float]


HOUSE = ("The house is red.", "The house has a colour.")
LAKE = ("He swims in the lake.", "He is dry.")
QUESTION = Question("q1", "en", "Where does Anna live?", "Anna lives in Turku.", ((14, "Turku"),))
NLI_ROWS = (
    {"gold_label": "entailment", "sentence1": HOUSE[0], "sentence2": HOUSE[1], "pairID": "7e"},
    {"gold_label": "contradiction", "sentence1": LAKE[0], "sentence2": LAKE[1], "pairID": "8c"},
    {"gold_label": "-", "sentence1": LAKE[0], "sentence2": HOUSE[1], "pairID": "9n"},
)
NLI_FIRST = Classified("7e", "en", *HOUSE, "entailment")
HALF = {"accuracy": 50.0}

CASES: dict[str, list[Case]] = {
    "xnli": [
        Case(
            {
                "dev-sw.tsv.xz": "Nyumba ni nyekundu.\tNyumba ina rangi.\tentailment\nAnaogelea.\tNi mkavu.\tcontradiction\n"
            },
            "dev",
            "sw",
            Classified(
                content_id(
                    {
                        "premise": "Nyumba ni nyekundu.",
                        "hypothesis": "Nyumba ina rangi.",
                        "label": "entailment",
                    }
                ),
                "sw",
                "Nyumba ni nyekundu.",
                "Nyumba ina rangi.",
                "entailment",
            ),
            ["entailment", "neutral"],
            HALF,
        ),
        Case(
            {
                "XNLI-1.0/xnli.test.tsv": lines(
                    "language\tgold_label\tsentence1\tsentence2\tpairID",
                    f"en\tentailment\t{HOUSE[0]}\t{HOUSE[1]}\t1",
                    "tr\tcontradiction\tEv kırmızı.\tEv mavi.\t1",
                    "tr\tneutral\tGölde yüzüyor.\tYaz.\t2",
                )
            },
            "test",
            "tr",
            Classified("1", "tr", "Ev kırmızı.", "Ev mavi.", "contradiction"),
            ["contradiction", "contradiction"],
            HALF,
        ),
    ],
    "pawsx": [
        Case(
            {"test-de.tsv": 'Er sagt "ja" .\tEr sagt ja .\t1\n"Ein ""X"" hier"\tKein X hier\t0\n'},
            "test",
            "de",
            Classified(
                content_id({"sentence1": 'Er sagt "ja" .', "sentence2": "Er sagt ja .", "label": "1"}),
                "de",
                'Er sagt "ja" .',
                "Er sagt ja .",
                "1",
            ),
            ["1", "1"],
            HALF,
        ),
        Case(
            {
                "x-final/de/test_2k.tsv": lines(
                    "id\tsentence1\tsentence2\tlabel", "1\tA b c\tA c b\t0", "2\tD e\tD f\t1"
                )
            },
            "test",
            "de",
            Classified("1", "de", "A b c", "A c b", "0"),
            ["0", "1"],
            {"accuracy": 100.0},
        ),
    ],
    "mnli": [
        Case(
            {"multinli_1.0_dev_matched.jsonl": lines(*NLI_ROWS)},
            "dev",
            "en",
            NLI_FIRST,
            ["neutral", "contradiction"],
            HALF,
        ),
        Case(
            {
                "MNLI/train.tsv": lines(
                    "index\tsentence1\tsentence2\tgold_label", "\t".join(("5", *HOUSE, "neutral"))
                )
            },
            "train",
            "en",
            Classified("5", "en", *HOUSE, "neutral"),
            ["neutral"],
            {"accuracy": 100.0},
        ),
    ],
    "snli": [
        Case(
            {"snli_1.0/snli_1.0_test.jsonl": lines(*NLI_ROWS)},
            "test",
            "en",
            NLI_FIRST,
            ["entailment"] * 2,
            HALF,
        )
    ],
    "anli": [
        Case(
            {
                f"anli_v1.0/R{n}/dev.jsonl": lines(
                    {"uid": f"u{n}", "context": HOUSE[0], "hypothesis": HOUSE[1], "label": label}
                )
                for n, label in ((1, "e"), (2, "n"), (3, "c"))
            },
            "dev",
            "en",
            Classified("u1", "en", *HOUSE, "entailment"),
            ["entailment", "entailment", "contradiction"],
            {"accuracy": 200 / 3},
        )
    ],
    "anli+": [
        Case(
            {
                "R1/train.jsonl": lines(
                    {"uid": "u1", "context": HOUSE[0], "hypothesis": HOUSE[1], "label": "e"}
                ),
                "multinli_1.0_train.jsonl": lines(*NLI_ROWS),
                "snli_1.0_train.jsonl": lines(*NLI_ROWS),
            },
            "train",
            "en",
            Classified("anli:u1", "en", *HOUSE, "entailment"),
            ["entailment"] * 5,
            {"accuracy": 60.0},
        )
    ],
    "qqp": [
        Case(
            {
                "QQP/dev.tsv": lines(
                    "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate",
                    "3\t1\t2\tWhere is Turku?\tWhere does Turku lie?\t1",
                    "4\t3\t4\tWho is Anna?\tWhere is Anna?\t0",
                    "5\t3\tbroken",
                )
            },
            "dev",
            "en",
            Classified("3", "en", "Where is Turku?", "Where does Turku lie?", "duplicate"),
            ["duplicate", "duplicate"],
            HALF,
        )
    ],
    "rte": [
        Case(
            {
                "RTE/dev.tsv": lines(
                    "index\tsentence1\tsentence2\tlabel",
                    "\t".join(("0", *HOUSE, "entailment")),
                    "\t".join(("1", *LAKE, "not_entailment")),
                )
            },
            "dev",
            "en",
            Classified("0", "en", *HOUSE, "entailment"),
            ["entailment", "not_entailment"],
            {"accuracy": 100.0},
        )
    ],
    "sick": [
        Case(
            {
                "SICK_trial.txt": lines(
                    "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment",
                    "\t".join(("4", *HOUSE, "3.6", "ENTAILMENT")),
                    "\t".join(("5", *LAKE, "2.1", "CONTRADICTION")),
                )
            },
            "dev",
            "en",
            Classified("4", "en", *HOUSE, "entailment"),
            ["entailment", "neutral"],
            HALF,
        )
    ],
    "wic": [
        Case(
            {
                "dev/dev.data.txt": lines(
                    "bank\tN\t2-1\tOn the bank he slept .\tThe bank opens .",
                    "run\tV\t1-0\tThey run .\trun home",
                ),
                "dev/dev.gold.txt": lines("F", "T"),
            },
            "dev",
            "en",
            Classified(
                content_id(
                    {
                        "word": "bank",
                        "pos": "N",
                        "places": "2-1",
                        "sentence1": "On the bank he slept .",
                        "sentence2": "The bank opens .",
                        "start1": 7,
                        "end1": 11,
                        "start2": 4,
                        "end2": 8,
                        "label": "F",
                    }
                ),
                "en",
                'On the "bank" he slept .',
                'The "bank" opens .',
                "F",
            ),
            ["F", "F"],
            HALF,
        ),
        Case(
            {
                "WiC/val.jsonl": lines(
                    {
                        "word": "bank",
                        "sentence1": "On the bank.",
                        "sentence2": "The bank opens.",
                        "idx": 3,
                        "label": False,
                        "start1": 7,
                        "end1": 11,
                        "start2": 4,
                        "end2": 8,
                    }
                )
            },
            "dev",
            "en",
            Classified("3", "en", 'On the "bank".', 'The "bank" opens.', "F"),
            ["F"],
            {"accuracy": 100.0},
        ),
    ],
    "xlwic": [
        Case(
            {
                "xlwic_wn/estonian_et/et_test_data.txt": "keel\tN\t4\t8\t0\t4\tSee keel on ilus.\tKeel valutab.\n",
                "xlwic_wn/estonian_et/et_test_gold.txt": "0\n",
            },
            "test",
            "et",
            Classified(
                content_id(
                    {
                        "word": "keel",
                        "pos": "N",
                        "start1": "4",
                        "end1": "8",
                        "start2": "0",
                        "end2": "4",
                        "sentence1": "See keel on ilus.",
                        "sentence2": "Keel valutab.",
                        "label": "0",
                    }
                ),
                "et",
                'See "keel" on ilus.',
                '"Keel" valutab.',
                "F",
            ),
            ["F"],
            {"accuracy": 100.0},
        ),
        Case(
            {"de_valid.txt": "Bank\tN\t4\t8\t4\t8\tDie Bank ist zu.\tDie Bank ist alt.\t1\n"},
            "dev",
            "de",
            Classified(
                content_id(
                    {
                        "word": "Bank",
                        "pos": "N",
                        "start1": "4",
                        "end1": "8",
                        "start2": "4",
                        "end2": "8",
                        "sentence1": "Die Bank ist zu.",
                        "sentence2": "Die Bank ist alt.",
                        "label": "1",
                    }
                ),
                "de",
                'Die "Bank" ist zu.',
                'Die "Bank" ist alt.',
                "T",
            ),
            ["T"],
            {"accuracy": 100.0},
        ),
    ],
    "classification": [
        Case(
            {
                "test.jsonl": lines(
                    {"id": "a", "text": "Fine.", "label": "good"}, {"id": "b", "text": "Bad.", "label": "bad"}
                )
            },
            "test",
            "en",
            Classified("a", "en", "Fine.", None, "good"),
            ["good", "good"],
            HALF,
        )
    ],
    "panx": [
        Case(
            {"test-fi.tsv": "Anna\tB-PER\nasuu\tO\nTurussa\tB-LOC\n\nNokia\tB-ORG\n"},
            "test",
            "fi",
            Tagged(
                content_id({"tokens": ["Anna", "asuu", "Turussa"], "tags": ["B-PER", "O", "B-LOC"]}),
                "fi",
                ("Anna", "asuu", "Turussa"),
                ("B-PER", "O", "B-LOC"),
            ),
            [["B-PER", "O", "O"], ["I-ORG"]],
            {"f1": 80.0, "precision": 100.0, "recall": 200 / 3},
        ),
        Case(
            {"fi/dev": "fi:Anna\tB-PER\nfi:asuu\tO\n\nfi:Nokia\tB-ORG\n\n"},
            "dev",
            "fi",
            Tagged(
                content_id({"tokens": ["Anna", "asuu"], "tags": ["B-PER", "O"]}),
                "fi",
                ("Anna", "asuu"),
                ("B-PER", "O"),
            ),
            [["B-PER", "O"], ["B-ORG"]],
            {"f1": 100.0},
        ),
    ],
    "udpos": [
        Case(
            {"test-tr.tsv": "Ev\tNOUN\nkapı\tNOUN\naçık\tADJ\n"},
            "test",
            "tr",
            Tagged(
                content_id({"tokens": ["Ev", "kapı", "açık"], "tags": ["NOUN", "NOUN", "ADJ"]}),
                "tr",
                ("Ev", "kapı", "açık"),
                ("NOUN", "NOUN", "ADJ"),
            ),
            [["NOUN", "VERB", "ADJ"]],
            {"f1": 40.0, "accuracy": 200 / 3},
        ),
        Case(
            {
                "fi_tdt-ud-test.conllu": lines(
                    "# sent_id = s1",
                    "# text = Talo palaa.",
                    "1\tTalo\ttalo\tNOUN\t_\t_\t2\tnsubj\t_\t_",
                    "2\tpalaa\tpalaa\tVERB\t_\t_\t0\troot\t_\tSpaceAfter=No",
                    "3\t.\t.\tPUNCT\t_\t_\t2\tpunct\t_\t_",
                    "",
                )
            },
            "test",
            "fi",
            Tagged("s1", "fi", ("Talo", "palaa", "."), ("NOUN", "VERB", "PUNCT")),
            [["NOUN", "VERB", "PUNCT"]],
            {"f1": 100.0, "accuracy": 100.0},
        ),
    ],
    "masakhaner": [
        Case(
            {"data/swa/test.txt": "Juma B-PER\nalifika O\nleo B-DATE\n\n"},
            "test",
            "sw",
            Tagged(
                content_id({"tokens": ["Juma", "alifika", "leo"], "tags": ["B-PER", "O", "B-DATE"]}),
                "sw",
                ("Juma", "alifika", "leo"),
                ("B-PER", "O", "B-DATE"),
            ),
            [["B-PER", "O", "O"]],
            {"f1": 200 / 3},
        )
    ],
    "masakhaner2": [
        Case(
            {"MasakhaNER2.0/data/swa/test.txt": "Juma B-PER\nalifika O\n\n"},
            "test",
            "sw",
            Tagged(
                content_id({"tokens": ["Juma", "alifika"], "tags": ["B-PER", "O"]}),
                "sw",
                ("Juma", "alifika"),
                ("B-PER", "O"),
            ),
            [["B-PER", "O"]],
            {"f1": 100.0},
        )
    ],
    "masakhapos": [
        Case(
            {"data/swa/test.txt": "Juma PROPN\nalifika VERB\nleo ADV\n\n"},
            "test",
            "sw",
            Tagged(
                content_id({"tokens": ["Juma", "alifika", "leo"], "tags": ["PROPN", "VERB", "ADV"]}),
                "sw",
                ("Juma", "alifika", "leo"),
                ("PROPN", "VERB", "ADV"),
            ),
            [["PROPN", "VERB", "NOUN"]],
            {"accuracy": 200 / 3},
        )
    ],
    "ccg": [
        Case(
            {
                f"data/AUTO/{section}/wsj_{section}01.auto": lines(
                    f"ID=wsj_{section}01.1 PARSER=GOLD NUMPARSE=1",
                    r"(<T S[dcl] 1 2> (<L NP NNP NNP Anna NP>) (<L S[dcl]\NP VBZ VBZ sleeps S[dcl]\NP_1>) )",
                )
                for section in ("00", "01", "02", "21", "22")
            },
            "train",
            "en",
            Tagged("wsj_0201.1", "en", ("Anna", "sleeps"), ("NP", r"S[dcl]\NP")),
            [["NP", "NP"], ["NP", r"S[dcl]\NP"]],
            {"accuracy": 75.0},
        )
    ],
    "tagging": [
        Case(
            {"test.jsonl": lines({"id": "t", "tokens": ["Anna", "runs"], "tags": ["B-PER", "O"]})},
            "test",
            "en",
            Tagged("t", "en", ("Anna", "runs"), ("B-PER", "O")),
            [["O", "O"]],
            {"f1": 0.0},
        )
    ],
    "squad": [
        Case(
            {"dev-v1.1.json": squad(asked("q1"), asked("q2", "Anna", 0))},
            "dev",
            "en",
            QUESTION,
            {"q1": "the Turku", "q2": "Anna lives"},
            {"exact_match": 50.0, "f1": (100 + 200 / 3) / 2},
        )
    ],
    "squad2": [
        Case(
            {"dev-v2.0.json": squad(asked("q1", is_impossible=False), asked("q2", "", is_impossible=True))},
            "dev",
            "en",
            QUESTION,
            {"q1": "Turku", "q2": "Anna"},
            {"best_f1": 50.0, "f1": 50.0},
        )
    ],
    "qamr": [
        Case(
            {
                "data/filtered/dev.tsv": lines(
                    "Wiki1k:s:1\t0 3\t76\t0\t0\tWho lives there?\t0\t261:0 1\t60:0",
                    "Wiki1k:s:1\t0 3\t76\t1\t3\tWhere?\t0 3\t261:3\t60:3",
                    "Wiki1k:s:1\t0 3\t76\t2\t3\tWhat?\t0 3\t261:1 3\t60:",
                    "PTB:x\t0\t1\t0\t0\tWho?\t0\t2:0\t3:0",
                ),
                "data/wiki-sentences.tsv": "Wiki1k:s:1\tAnna lives in Turku .\n",
            },
            "dev",
            "en",
            Question(
                "Wiki1k:s:1:0",
                "en",
                "Who lives there?",
                "Anna lives in Turku .",
                ((0, "Anna"), (0, "Anna lives")),
            ),
            {"Wiki1k:s:1:0": "Anna lives", "Wiki1k:s:1:1": "Turku"},
            {"exact_match": 100.0},
        )
    ],
    "xquad": [
        Case(
            {"xquad.tr.json": squad(asked("q1", "Turku'da", 5), context="Anna Turku'da oturuyor.")},
            "test",
            "tr",
            Question("q1", "tr", "Where does Anna live?", "Anna Turku'da oturuyor.", ((5, "Turku'da"),)),
            {"q1": "Turkuda oturuyor"},
            {"exact_match": 0.0, "f1": 200 / 3},
        )
    ],
    "mlqa": [
        Case(
            {
                "MLQA_V1/test/test-context-de-question-de.json": squad(
                    asked("q1", "das Haus", 5), context="Es - das Haus."
                )
            },
            "test",
            "de",
            Question("q1", "de", "Where does Anna live?", "Es - das Haus.", ((5, "das Haus"),)),
            {"q1": "Haus"},
            {"exact_match": 100.0, "f1": 100.0},
        )
    ],
    "tydiqa": [
        Case(
            {
                "tydiqa-goldp-v1.1-dev.json": squad(
                    asked("english-5-1"), asked("finnish-7-1"), asked("finnish-7-2", "Anna", 0)
                )
            },
            "test",
            "fi",
            replace(QUESTION, id="finnish-7-1", language="fi"),
            {"finnish-7-1": "Turku"},
            {"exact_match": 50.0, "em_f1": 50.0},
        ),
        Case(
            {"tydiqa-goldp-v1.1-dev/tydiqa-goldp-dev-swahili.json": squad(asked("swahili-1"))},
            "dev",
            "sw",
            replace(QUESTION, id="swahili-1", language="sw"),
            {"swahili-1": "Turku"},
            {"em_f1": 100.0},
        ),
    ],
    "span-qa": [
        Case(
            {
                "test.jsonl": lines(
                    {
                        "id": "q1",
                        "context": "Anna lives in Turku.",
                        "question": "Where does Anna live?",
                        "answers": {"text": ["Turku"], "answer_start": [14]},
                    }
                )
            },
            "test",
            "en",
            QUESTION,
            {"q1": "Turku"},
            {"f1": 100.0},
        )
    ],
    "hellaswag": [
        Case(
            {
                "hellaswag_val.jsonl": lines(
                    {
                        "ind": 24,
                        "activity_label": "Swimming",
                        "ctx_a": "A man is by a lake.",
                        "ctx_b": "he",
                        "ctx": "A man is by a lake. he",
                        "endings": ["swims.", "flies.", "melts.", "rains."],
                        "label": 0,
                    }
                )
            },
            "dev",
            "en",
            Choice(
                "24", "en", "A man is by a lake.", ("he swims.", "he flies.", "he melts.", "he rains."), 0
            ),
            [1],
            {"accuracy": 0.0},
        ),
        Case(
            {
                "hellaswag_val_full.txt": lines(
                    *("Swimming: A man is by a lake. he", "2", "flies.", "melts.", "swims.", "rains."),
                    *("Cooking: Water boils. she", "0", "adds salt.", "rains.", "sings.", "melts."),
                )
            },
            "dev",
            "en",
            Choice(
                content_id(
                    {
                        "ctx": "A man is by a lake. he",
                        "label": "2",
                        "endings": ["flies.", "melts.", "swims.", "rains."],
                    }
                ),
                "en",
                "A man is by a lake. he",
                ("flies.", "melts.", "swims.", "rains."),
                2,
            ),
            [2, 1],
            HALF,
        ),
    ],
    "cosmosqa": [
        Case(
            {
                "data/valid.csv": lines(
                    "id,context,question,answer0,answer1,answer2,answer3,label",
                    'c1,"Anna slept, late .",Why ?,She was tired .,It rained .,She ran .,None of the above choices .,0',
                )
            },
            "dev",
            "en",
            Choice(
                "c1",
                "en",
                "Anna slept, late . Why ?",
                ("She was tired .", "It rained .", "She ran .", "None of the above choices ."),
                0,
            ),
            [0],
            {"accuracy": 100.0},
        )
    ],
    "commonsenseqa": [
        Case(
            {
                "dev_rand_split.jsonl": lines(
                    {
                        "answerKey": "B",
                        "id": "x1",
                        "question": {
                            "question_concept": "fish",
                            "choices": [
                                {"label": m, "text": t}
                                for m, t in zip("ABC", ("sky", "lake", "oven"), strict=True)
                            ],
                            "stem": "Where do fish live?",
                        },
                    }
                )
            },
            "dev",
            "en",
            Choice("x1", "en", "Where do fish live?", ("sky", "lake", "oven"), 1),
            [1],
            {"accuracy": 100.0},
        ),
    ],
    "siqa": [
        Case(
            {
                "socialIQa_v1.4_dev.jsonl": lines(
                    {
                        "context": "Anna helped Omar.",
                        "question": "Why?",
                        "answerA": "to be kind",
                        "answerB": "to sleep",
                        "answerC": "to fly",
                        "correct": "C",
                    }
                )
            },
            "dev",
            "en",
            Choice(
                content_id(
                    {
                        "context": "Anna helped Omar.",
                        "question": "Why?",
                        "answerA": "to be kind",
                        "answerB": "to sleep",
                        "answerC": "to fly",
                        "correct": "C",
                    }
                ),
                "en",
                "Anna helped Omar. Why?",
                ("to be kind", "to sleep", "to fly"),
                2,
            ),
            [0],
            {"accuracy": 0.0},
        )
    ],
    "copa": [
        Case(
            {
                "COPA/val.jsonl": lines(
                    {
                        "premise": "It rained.",
                        "choice1": "It was dry.",
                        "choice2": "He got wet.",
                        "question": "effect",
                        "label": 1,
                        "idx": 5,
                    }
                )
            },
            "dev",
            "en",
            Choice("5", "en", "It rained. What was the effect?", ("It was dry.", "He got wet."), 1),
            [1],
            {"accuracy": 100.0},
        )
    ],
    "xcopa": [
        Case(
            {
                "data/et/test.et.jsonl": lines(
                    {
                        "premise": "Sadas.",
                        "choice1": "Kuiv.",
                        "choice2": "Märg.",
                        "question": "cause",
                        "label": 1,
                        "idx": 0,
                        "changed": False,
                    },
                    {
                        "premise": "Sadas.",
                        "choice1": "Kuiv.",
                        "choice2": "Märg.",
                        "question": "why",
                        "label": 1,
                        "idx": 1,
                    },
                )
            },
            "test",
            "et",
            Choice("0", "et", "Sadas. What was the cause?", ("Kuiv.", "Märg."), 1),
            [0],
            {"accuracy": 0.0},
        )
    ],
    "multiple-choice": [
        Case(
            {
                "test.jsonl": lines(
                    {
                        "id": "m",
                        "context": "It rained.",
                        "question": "And?",
                        "choices": ["dry", "wet"],
                        "label": 1,
                    }
                )
            },
            "test",
            "en",
            Choice("m", "en", "It rained. And?", ("dry", "wet"), 1),
            [1],
            {"accuracy": 100.0},
        )
    ],
}


def _predictions(task: str, given: Any) -> Any:
    if TASKS[task].family != "span":
        return given
    return Answers(given, dict.fromkeys(given, -1.0))


@pytest.mark.parametrize(
    ("name", "case"),
    [(name, case) for name, cases in CASES.items() for case in cases],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_a_set_in_its_official_form_is_read_and_scored(name: str, case: Case, tmp_path: Path) -> None:
    write(tmp_path, case.files)
    task = get_task(name)
    records = task.read(tmp_path, case.split, case.language)
    assert records[0] == case.first
    assert task.score is not None
    score = task.score(records, _predictions(name, case.predicted), case.language)
    assert {key: score.values[key] for key in case.expected} == pytest.approx(case.expected)
    assert task.main in score.values
    assert score.ids == tuple(r.id for r in records)


def test_every_set_has_a_fixture() -> None:
    others = {"text", "tatoeba", "bucc", "lareqa", "mewslix", "bitext"}
    assert set(CASES) | others == set(TASKS)
    assert not set(CASES) & others


# -- retrieval -------------------------------------------------------------------------------------------


def _vectors(*rows: int) -> Any:
    return np.eye(6, dtype=np.float32)[list(rows)]


def test_tatoeba_is_searched_from_english(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "tatoeba.swh-eng.swh": "Habari.\nMti.\nNyumba.\n",
            "tatoeba.swh-eng.eng.xz": "Hello.\nTree.\nHouse.\n",
        },
    )
    task = get_task("tatoeba")
    with pytest.raises(MorphaugError, match="no dev data of tatoeba"):
        task.search(tmp_path, "dev", ["sw"])
    (tmp_path / "tatoeba.swh-eng.eng.xz").rename(tmp_path / "tatoeba.swh-eng.eng")
    (tmp_path / "tatoeba.swh-eng.eng").write_text("Hello.\nTree.\nHouse.\n", encoding="utf-8")
    search = task.search(tmp_path, "test", ["Swahili"])
    assert search.queries[1] == Plain("1", "en", "Tree.")
    assert search.candidates[1] == Plain("1", "sw", "Mti.")
    score = retrieve.rank(task, search, _vectors(0, 1, 2), _vectors(0, 2, 1))
    assert score.values == {"accuracy": pytest.approx(100 / 3)}
    assert score.outcomes["correct"].tolist() == [1, 0, 0]
    (tmp_path / "tatoeba.swh-eng.eng").write_text("Hello.\n", encoding="utf-8")
    with pytest.raises(MorphaugError, match=r"tatoeba.swh-eng.eng has 1 lines, the other side 3"):
        task.search(tmp_path, "test", ["sw"])


def test_bucc_takes_the_threshold_of_its_development_set(tmp_path: Path) -> None:
    for split in ("sample", "training"):
        write(
            tmp_path / "bucc2018" / "de-en",
            {
                f"de-en.{split}.de": "de-1\tBaum\nde-2\tHaus\nde-3\tBaum \nde-4\tSee\n",
                f"de-en.{split}.en": "en-1\tTree\nen-2\tHouse\nen-3\tLake\n",
                f"de-en.{split}.gold": "de-1\ten-1\nde-2\ten-2\n",
            },
        )
    task = get_task("bucc")
    dev, test = (task.search(tmp_path, split, ["de"]) for split in ("dev", "test"))
    assert [q.id for q in dev.queries] == ["repeated:de-1", "de-2", "de-4"]
    queries = _vectors(0, 1, 2)
    candidates = np.array([[0, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 0], [0.4, 0.3, 0.4, 0, 1, 0]], np.float32)
    cut = retrieve.cut(dev, queries, candidates)
    score = retrieve.rank(task, test, queries, candidates, cut)
    assert score.values == pytest.approx({"f1": 200 / 3, "precision": 100.0, "recall": 50.0})
    with pytest.raises(MorphaugError, match="BUCC needs the threshold"):
        retrieve.rank(task, test, queries, candidates)


def _xquad_r(answer: str, other: str) -> str:
    context = f"{answer} {other}"
    breaks = [[0, len(answer)], [len(answer) + 1, len(context)]]
    question = {"id": "x1", "question": f"{answer}?", "answers": [{"text": answer[:2], "answer_start": 0}]}
    return squad(question, context=context, sentence_breaks=breaks)


def test_lareqa_searches_one_pool_of_all_languages(tmp_path: Path) -> None:
    write(
        tmp_path,
        {f"xquad-r/{code}.json": _xquad_r(f"{code.upper()} yes.", "No.") for code in retrieve.LAREQA},
    )
    task = get_task("lareqa")
    search = task.search(tmp_path, "test", ["en", "tr"])
    assert [q.id for q in search.queries] == ["x1_en", "x1_tr"]
    assert len(search.candidates) == 22
    assert search.candidates[0] == Plain("ar_1_0", "ar", "AR yes.AR yes. No.")
    assert search.gold["x1_tr"] == {f"{code}_1_0" for code in retrieve.LAREQA}
    right = np.array([[1, 0] if c.id.endswith("_0") else [0, 1] for c in search.candidates], np.float32)
    assert retrieve.rank(task, search, np.array([[1, 0], [1, 0]], np.float32), right).values == {"map": 100.0}
    # All eleven wrong ones first: the right ones stand at 12, 13, … 20 of the 20 looked at.
    expected = sum(n / (11 + n) for n in range(1, 10)) / 11 * 100
    assert retrieve.rank(task, search, np.array([[0, 1], [0, 1]], np.float32), right).values[
        "map"
    ] == pytest.approx(expected)


def test_lareqa_is_trained_on_the_sentence_of_the_answer(tmp_path: Path) -> None:
    context = 'Omar sleeps. "Anna lives in Turku." It rains.'
    write(tmp_path, {"train-v1.1.json": squad(asked("q1", "Turku", 28), context=context)})
    assert get_task("lareqa").read(tmp_path) == [
        Aligned("q1", "en", "Where does Anna live?", '"Anna lives in Turku."', context)
    ]


CONTEXT = {
    "document_title": "News",
    "document_url": "",
    "document_id": "d",
    "language": "tr",
    "text": "Bir. Anna {geldi} bugün.  Son.",
    "sentence_spans": [{"start": 0, "end": 4}, {"start": 5, "end": 24}, {"start": 26, "end": 30}],
}
MENTION = {"example_id": "m1", "mention_span": {"start": 5, "end": 9, "text": "Anna"}, "entity_id": "Q1"}
ENTITY = {
    "entity_id": "Q1",
    "title": "Anna",
    "description": "Anna is a name.\nIt is old. More.",
    "sentence_spans": [{"start": 0, "end": 15}, {"start": 16, "end": 26}],
    "description_language": "en",
    "description_url": "",
}


def test_mewslix_finds_entities_of_mentions(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "wikinews_mentions-test.jsonl": lines(
                {"context": CONTEXT, "mentions": [MENTION]},
                {"context": CONTEXT | {"language": "de"}, "mentions": [MENTION | {"example_id": "m2"}]},
            ),
            "candidate_set_entities.jsonl": lines(ENTITY | {"entity_id": "Q2"}, ENTITY),
            "wikipedia_pairs-train.jsonl": lines(
                {"contextual_mention": {"context": CONTEXT, "mention": MENTION}, "entity": ENTITY}
            ),
        },
    )
    task = get_task("mewslix")
    search = task.search(tmp_path, "test", ["tr"])
    query = "Anna: { Anna } (geldi) bugün."
    assert search.queries == (Plain("m1", "tr", query),)
    assert search.candidates[1] == Plain("Q1", "en", "Anna is a name. It is old.")
    score = retrieve.rank(
        task, search, _vectors(0), np.array([[1, 0, 0, 0, 0, 0], [0.5, 1, 0, 0, 0, 0]], np.float32)
    )
    assert score.values == {"map": 50.0}
    trained = task.read(tmp_path)
    assert isinstance(trained[0], Aligned)
    assert (trained[0].query, trained[0].candidate) == (query, "Anna is a name. It is old.")


def test_bitext_trains_retrieval_from_the_english_side(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "train.jsonl": lines(
                {"id": "1", "translation": {"fi": "Talo.", "en": "A house."}},
                {"id": "2", "source": "A lake.", "target": "Järvi."},
            )
        },
    )
    assert get_task("bitext").read(tmp_path) == [
        Aligned("1", "en", "A house.", "Talo."),
        Aligned("2", "en", "A lake.", "Järvi."),
    ]


def test_plain_text_is_a_line_each(tmp_path: Path) -> None:
    write(tmp_path, {"train-fi.txt": "Talo palaa.\n\nJärvi on syvä.\n"})
    records = get_task("text").read(tmp_path, "train", "fi")
    assert [r.text for r in records if isinstance(r, Plain)] == ["Talo palaa.", "Järvi on syvä."]


# -- what goes wrong -------------------------------------------------------------------------------------


def test_a_missing_set_names_both_ways_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(MorphaugError) as caught:
        get_task("panx").read(tmp_path, "dev", "fi")
    assert "no dev data of panx in Finnish" in caught.value.message
    assert "dev-fi.tsv" in caught.value.message
    assert "load unimelb-nlp/wikiann from the Hub" in caught.value.hint
    with pytest.raises(MorphaugError, match="it is not at the Hub: put the official files there"):
        get_task("qamr").read(tmp_path, "dev")
    with pytest.raises(MorphaugError, match="qamr is not at the Hub; give data: a folder with filtered/"):
        get_task("qamr").read("", "dev")


def test_a_file_that_is_there_packed_and_not_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, {"dev-fi.tsv": "Anna\tB-PER\n", "dev-fi.tsv.xz": "Anna\tB-PER\n"})
    found = get_task("panx").load(tmp_path, "dev", "fi")
    assert [Path(source).name for source in found.sources] == ["dev-fi.tsv"]
    assert len(found.records) == 1


@pytest.mark.parametrize(
    ("data", "split", "language", "message"),
    [
        ("x", "validation", "en", "unknown split 'validation'"),
        (
            "x",
            "dev",
            "en",
            "panx: there is no folder or file x; put the official files there, or leave data empty",
        ),
        ("x", "dev", "finish", "unknown language 'finish'; did you mean finnish"),
        ("x/{lan}.tsv", "dev", "fi", "unknown placeholder; known: {lang}"),
    ],
)
def test_a_wrong_name_gets_the_nearest(data: str, split: str, language: str, message: str) -> None:
    with pytest.raises((UnknownName, MorphaugError), match=message.replace("{", r"\{")):
        get_task("panx").read(data, split, language)
    with pytest.raises(UnknownName, match="unknown task 'xnil'; did you mean xnli"):
        get_task("xnil")


def test_broken_examples_are_counted_with_their_places(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "dev-fi.tsv": "Anna\tB-PER\nasuu\n\nTurku\tB-CITY\n\nNokia\tB-ORG\n",
            "dev-tr.tsv": "Anna\tB-CITY\n",
        },
    )
    found = get_task("panx").load(tmp_path, "dev", "fi")
    assert found.counts() == {"missing_tag": 1, "unknown_tag": 1}
    assert found.rejected[0].place == "dev-fi.tsv:2"
    assert len(found.records) == 1
    with pytest.raises(
        MorphaugError, match="no dev example of panx in Turkish among 1 rejected; the first one"
    ):
        get_task("panx").load(tmp_path, "dev", "tr")


def test_a_withheld_label_is_none_in_a_test_and_of_no_use_in_training(tmp_path: Path) -> None:
    write(tmp_path, {"test-sw.tsv": "Nyumba.\tRangi.\n", "train-en.tsv": "House.\tColour.\nA.\tB.\n"})
    assert [r.label for r in get_task("xnli").read(tmp_path, "test", "sw") if isinstance(r, Classified)] == [
        None
    ]
    with pytest.raises(MorphaugError, match=r"2 rejected; the first one .*: no label to train on"):
        get_task("xnli").read(tmp_path, "train", "en")


def test_a_file_or_a_pattern_may_be_named_as_well(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "finnish.conll.xz": "Anna\tB-PER\n",
            "own/swa.dev.txt": "Juma B-PER\n",
            "some.tsv": f"{HOUSE[0]}\t{HOUSE[1]}\tneutral\n",
        },
    )
    assert len(get_task("panx").read(tmp_path / "finnish.conll.xz", "dev", "fi")) == 1
    assert len(get_task("masakhaner").read(f"{tmp_path}/own/{{code}}.{{split}}.txt", "dev", "sw")) == 1
    assert len(get_task("mnli").read(tmp_path / "some.tsv", "train")) == 1


def test_examples_that_say_the_same_have_different_ids(tmp_path: Path) -> None:
    write(tmp_path, {"dev-fi.tsv": "Anna\tB-PER\n\nAnna\tB-PER\n"})
    first, second = get_task("panx").read(tmp_path, "dev", "fi")
    assert second.id == f"{first.id}-2"


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('"He says ""no"" ."', 'He says "no" .'),
        ('"He says no"', '"He says no"'),
        ('He says ""', 'He says ""'),
        ('"a" and "b"', '"a" and "b"'),
        ('"', '"'),
    ],
)
def test_only_what_a_csv_writer_quoted_is_unquoted(cell: str, expected: str) -> None:
    assert unquoted(cell) == expected


def test_languages_have_two_letters_where_there_are() -> None:
    assert [two_letters(code) for code in ("swh", "Finnish", "en", "zho")] == ["sw", "fi", "en", "zh"]


def test_pairs_are_turned_around() -> None:
    record = Classified("1", "en", "a", "b", "T")
    assert reversed_pairs([record]) == [record, Classified("1#reversed", "en", "b", "a", "T")]
    single = Classified("1", "en", "a", None, "T")
    assert reversed_pairs([single]) == [single]


# -- the Hub, as a folder of Parquet in its layout -----------------------------------------------------------


@pytest.fixture
def hub(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str, str, dict[str, Any], Any], Hub]:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hf")
    datasets.disable_progress_bars()

    def make(name: str, config: str, split: str, columns: dict[str, Any], features: Any) -> Hub:
        folder = tmp_path / name
        path = folder / config / f"{split}-00000-of-00001.parquet"
        path.parent.mkdir(parents=True)
        datasets.Dataset.from_dict(columns, features=features).to_parquet(str(path))
        front = {
            "configs": [
                {"config_name": config, "data_files": [{"split": split, "path": f"{config}/{split}-*"}]}
            ]
        }
        (folder / "README.md").write_text(f"---\n{json.dumps(front)}\n---\n", encoding="utf-8")
        return Hub(str(folder), config)

    return make


def test_the_hub_s_class_numbers_become_names(hub: Any) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {
            "premise": datasets.Value("string"),
            "hypothesis": datasets.Value("string"),
            # Not XTREME's order: a reader that trusted numbers would be wrong on two of three.
            "label": datasets.ClassLabel(names=["entailment", "neutral", "contradiction"]),
        }
    )
    columns = {"premise": ["A.", "B.", "C."], "hypothesis": ["D.", "E.", "F."], "label": [2, 0, -1]}
    task = replace(TASKS["xnli"], hub=hub("xnli", "sw", "validation", columns, features))
    found = task.load("", "dev", "sw")
    assert [r.label for r in found.records if isinstance(r, Classified)] == [
        "contradiction",
        "entailment",
        None,
    ]
    assert found.sources[0].endswith("xnli:sw#validation")
    assert task.hub is not None
    copied = TASKS["xnli"].load(task.hub.name, "dev", "sw")  # a copy of the Hub's folder is as good
    assert copied.records == found.records


def test_the_hub_s_tag_numbers_become_names(hub: Any) -> None:
    datasets = pytest.importorskip("datasets")
    tags = datasets.ClassLabel(names=["O", "B-PER", "I-PER", "B-ORG", "I-ORG", "B-LOC", "I-LOC"])
    features = datasets.Features(
        {"tokens": datasets.Sequence(datasets.Value("string")), "ner_tags": datasets.Sequence(tags)}
    )
    columns = {"tokens": [["Anna", "asuu", "Turussa"]], "ner_tags": [[1, 0, 5]]}
    task = replace(TASKS["panx"], hub=hub("wikiann", "fi", "test", columns, features))
    assert task.hub is not None
    assert task.read(task.hub.name, "test", "fi") == task.read("", "test", "fi")
    assert task.read("", "test", "fi")[0] == Tagged(
        content_id({"tokens": ["Anna", "asuu", "Turussa"], "ner_tags": ["B-PER", "O", "B-LOC"]}),
        "fi",
        ("Anna", "asuu", "Turussa"),
        ("B-PER", "O", "B-LOC"),
    )


def test_the_hub_s_questions_without_answers_have_none(hub: Any) -> None:
    answers = [{"text": ["Turku"], "answer_start": [14]}, {"text": [], "answer_start": []}]
    columns = {
        "id": ["q1", "q2"],
        "context": ["Anna lives in Turku."] * 2,
        "question": ["Where does Anna live?"] * 2,
        "answers": answers,
    }
    task = replace(TASKS["squad2"], hub=hub("squad_v2", "default", "validation", columns, None))
    records = task.read("", "dev")
    assert records == [QUESTION, replace(QUESTION, id="q2", answers=(), impossible=True)]


def test_the_hub_s_tatoeba_may_stand_either_way_round(hub: Any) -> None:
    columns = {
        "source_sentence": ["Tree."],
        "target_sentence": ["Mti."],
        "source_lang": ["eng"],
        "target_lang": ["swh"],
    }
    there = hub("tatoeba", "tatoeba.swh", "validation", columns, None)
    task = replace(TASKS["tatoeba"], hub=replace(there, splits={"test": "validation"}))
    search = task.search("", "test", ["sw"])
    assert (search.queries[0].text, search.candidates[0].text) == ("Tree.", "Mti.")


def test_a_set_that_the_hub_does_not_give_is_an_error_with_the_other_way(tmp_path: Path) -> None:
    pytest.importorskip("datasets")
    task = replace(TASKS["panx"], hub=Hub(str(tmp_path / "nothing"), "fi"))
    with pytest.raises(
        MorphaugError, match=r"nothing:fi#test cannot be loaded: .*give data: a folder with \{split\}"
    ):
        task.read("", "test", "fi")


# -- corpora made by morphaug generate -----------------------------------------------------------------------


def _corpus(out: Path, task: str, source: Path, **more: Any) -> None:
    settings: dict[str, Any] = {
        "task": task,
        "inputs": (str(source),),
        "targets": ("fin", "swh"),
        "recipes": ("pseudo", "duplicate"),
        "out": out,
        "parser": f"conllu:{ENGLISH}",
        "provenance": True,
    }
    generate(Job(**(settings | more)))


@pytest.mark.usefixtures("sample_home")
@pytest.mark.parametrize(
    ("made_as", "source", "name"),
    [
        ("classification", "nli.jsonl", "mnli"),
        ("span-qa", "qa.jsonl", "squad"),
        ("multiple-choice", "multiple-choice.jsonl", "copa"),
        ("tagging", "tagging.conll", "panx"),
    ],
)
def test_augmented_records_are_of_the_task_and_know_their_source(
    made_as: str, source: str, name: str, tmp_path: Path
) -> None:
    _corpus(tmp_path / "aug", made_as, ENGLISH / source)
    task = get_task(name)
    originals = {record.id: record for record in task.read(ENGLISH / source)}
    records = augmented.load(task, tmp_path / "aug").records
    assert {r.language for r in records} == {"fi", "sw"}
    for record in records:
        assert record.origin is not None
        original = originals[record.origin.source_id]
        if isinstance(record, (Classified, Choice)) and isinstance(original, (Classified, Choice)):
            assert record.label == original.label
        if record.origin.recipe == "duplicate":
            assert replace(record, id=original.id, language="en", origin=None) == original
    stream = augmented.load(task, tmp_path / "aug" / "fin" / "pseudo").records
    assert 0 < len(stream) < len(records)
    assert {(r.language, r.origin.recipe) for r in stream if r.origin} == {("fi", "pseudo")}


@pytest.mark.usefixtures("sample_home")
def test_the_words_of_an_augmented_record_say_what_they_stand_for(tmp_path: Path) -> None:
    _corpus(tmp_path / "aug", "tagging", ENGLISH / "tagging.conll", recipes=("pseudo",), targets=("fin",))
    task = get_task("panx")
    originals = {r.id: r for r in task.read(ENGLISH / "tagging.conll") if isinstance(r, Tagged)}
    checked = 0
    for record in augmented.load(task, tmp_path / "aug").records:
        assert isinstance(record, Tagged)
        assert record.origin is not None
        source = originals[record.origin.source_id]
        found = record.origin.pieces["tokens"]
        assert found[-1][1] == len(record.words)
        for start, end, sources in found:
            for word, _ in sources[:1]:
                if record.words[start:end] == (source.words[word],):
                    assert record.tags is not None
                    assert source.tags is not None
                    assert record.tags[start][2:] == source.tags[word][2:]
                    checked += 1
    assert checked > 20


@pytest.mark.usefixtures("sample_home")
def test_the_pieces_of_a_text_are_its_words(tmp_path: Path) -> None:
    _corpus(tmp_path / "aug", "span-qa", ENGLISH / "qa.jsonl", recipes=("pseudo",))
    for record in augmented.load(get_task("squad"), tmp_path / "aug").records:
        assert isinstance(record, Question)
        assert record.origin is not None
        assert set(record.origin.pieces) == {"context", "question"}
        pieces = record.origin.pieces["context"]
        words = [record.context[start:end] for start, end, _ in pieces]
        assert "".join(words) == record.context.replace(" ", "")
        assert all(record.context[s : s + len(t)] == t for s, t in record.answers)


@pytest.mark.usefixtures("sample_home")
def test_the_pieces_of_a_reordered_text_lead_back_to_the_same_words(tmp_path: Path) -> None:
    _corpus(tmp_path / "aug", "span-qa", ENGLISH / "qa.jsonl", recipes=("reorder",))
    task = get_task("squad")
    english = {record.id: record for record in task.read(ENGLISH / "qa.jsonl")}
    moved = 0
    for record in augmented.load(task, tmp_path / "aug").records:
        assert isinstance(record, Question)
        assert record.origin is not None
        source = english[record.origin.source_id]
        assert isinstance(source, Question)
        for start, end, ((first, last),) in record.origin.pieces["context"]:
            assert record.context[start:end].lower() == source.context[first:last].lower()
            moved += start != first
    assert moved > 10


def test_pieces_that_do_not_fit_are_none_rather_than_wrong() -> None:
    words = [
        {"text": "iso talo", "src": [2], "at": [[4, 9]], "sentence": 0},
        {"text": "", "src": [1], "at": [[0, 3]], "sentence": 0},
    ]
    assert augmented.pieces("iso talo!", words) == ((0, 8, ((4, 9),)),)
    assert augmented.pieces(["iso", "talo"], words) == ((0, 2, ((1, 2),)),)
    assert augmented.pieces("pieni talo", words) == ()
    assert augmented.pieces(["talo"], words) == ()


@pytest.mark.usefixtures("sample_home")
def test_a_folder_that_is_no_complete_corpus_is_refused(tmp_path: Path) -> None:
    task = get_task("mnli")
    with pytest.raises(
        MorphaugError, match="no output of morphaug generate; name the folder that --out named"
    ):
        augmented.load(task, tmp_path)
    (tmp_path / "cut" / ".morphaug").mkdir(parents=True)
    with pytest.raises(MorphaugError, match="is not complete; run morphaug generate with --resume"):
        augmented.load(task, tmp_path / "cut")
    out = tmp_path / "aug"
    _corpus(out, "classification", ENGLISH / "nli.jsonl", recipes=("duplicate",))
    with pytest.raises(
        MorphaugError, match=r"no example of squad among .*name the task that the corpus was made of"
    ):
        augmented.load(get_task("squad"), out)
    next((out / "fin" / "duplicate").iterdir()).unlink()
    with pytest.raises(MorphaugError, match=r"part-00000.jsonl is missing"):
        augmented.load(task, out)


# -- the real files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "split", "language", "count"),
    [
        ("xnli", "eval/xnli", "dev", "sw", 2490),
        ("pawsx", "eval/pawsx", "dev", "de", 2000),
        ("pawsx", "eval/pawsx/test-de.labelled.tsv.xz", "test", "de", 2000),
        ("anli", "eval/intermediate/anli/ANLI_analysis_r3_dev.csv.xz", "dev", "en", 1198),
        ("rte", "eval/intermediate/rte", "train", "en", 1244),
        ("sick", "eval/intermediate/sick", "test", "en", 4927),
        ("panx", "eval/panx", "dev", "sw", 1000),
        ("udpos", "eval", "dev", "fi", 3239),
        ("udpos", "ud/fi_tdt-ud-dev.conllu.xz", "dev", "fi", 1364),
        ("masakhaner", "eval/masakhaner/v1/{code}.{split}.txt.xz", "dev", "sw", 300),
        ("masakhaner2", "eval/masakhaner/v2/{code}.{split}.txt.xz", "dev", "sw", 942),
        ("masakhapos", "eval/masakhapos/{code}.{split}.txt.xz", "train", "sw", 693),
        ("qamr", "eval/intermediate/qamr", "dev", "en", 18863),
        ("xquad", "eval", "test", "tr", 1190),
        ("mlqa", "eval", "dev", "de", 512),
        ("tydiqa", "eval/tydiqa-goldp/{name}_{split}.json.xz", "dev", "fi", 782),
        ("tydiqa", "eval/tydiqa-goldp/{name}_{split}.json.xz", "train", "en", 3696),
        ("hellaswag", "eval/intermediate", "dev", "en", 10042),
        ("cosmosqa", "eval/intermediate/cosmosqa_valid.csv.xz", "dev", "en", 2985),
        ("siqa", "eval", "dev", "en", 1954),
        ("copa", "eval/xcopa", "train", "en", 400),
        ("xcopa", "eval", "test", "sw", 500),
    ],
)
def test_the_real_files_are_read_whole(
    name: str, data: str, split: str, language: str, count: int, test_data: Path
) -> None:
    found = get_task(name).load(f"{test_data}/{data}", split, language)
    assert len(found.records) == count
    assert found.counts() == ({"discontinuous": 45} if name == "qamr" else {})


def test_the_real_tatoeba_is_read_in_step(test_data: Path) -> None:
    pattern = f"{test_data}/eval/tatoeba/tatoeba.{{code}}-eng.{{code}}.even.xz"
    search: Search = get_task("tatoeba").search(pattern, "test", ["fi"])
    assert len(search.queries) == len(search.candidates) == 500
