"""Classification of sentences and pairs: entailment, paraphrase, words in context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.metrics import Score, accuracy
from harness.records import Classified
from harness.tasks.common import (
    CONVERTED,
    Broken,
    File,
    Hub,
    MakeRecord,
    Row,
    Task,
    check_labelled,
    codes,
    label,
    text,
    value,
)
from morphaug.derivation import Rejected
from morphaug.formats import read_records
from morphaug.formats.source import Item, lines
from morphaug.tasks import classification as shapes
from morphaug.tasks import get_task as morphaug_task

NLI = ("entailment", "neutral", "contradiction")
# "-": the annotators did not agree (MNLI, SNLI); the rest are other sets' spellings.
NLI_ALIASES = {
    "contradictory": "contradiction",
    "e": "entailment",
    "n": "neutral",
    "c": "contradiction",
    "ENTAILMENT": "entailment",
    "NEUTRAL": "neutral",
    "CONTRADICTION": "contradiction",
    "-": "",
}
WIC = ("F", "T")
WIC_ALIASES = {"0": "F", "1": "T", "False": "F", "True": "T", "false": "F", "true": "T"}


def score(records: Sequence[Classified], predicted: Sequence[str], language: str) -> Score:  # noqa: ARG001
    """Accuracy of predicted class names."""
    check_labelled(records)
    return accuracy.evaluate([r.label for r in records], predicted, [r.id for r in records])


def pairs(
    first: Sequence[str],
    second: Sequence[str],
    labels: Sequence[str],
    aliases: Mapping[str, str] | None = None,
    label_names: Sequence[str] = ("gold_label", "label"),
) -> MakeRecord:
    """A function from rows with two texts and a label to records.

    Args:
        first, second: Names of the texts' fields.
        labels: The classes.
        aliases: Other spellings of them.
        label_names: Names of the label's field.
    """

    def make(row: Row, name: str, language: str) -> Classified | None:
        if row.get("language", language) != language:
            return None
        one, other = unquoted(text(row, *first)), unquoted(text(row, *second))
        return Classified(name, language, one, other, label(row, labels, aliases or {}, *label_names))

    return make


def unquoted(cell: str) -> str:
    """A text as it was before a CSV writer quoted it.

    XTREME writes its tables with quotes and reads them without: a text that holds a quote is wrapped in
    quotes and has each of its own doubled. A text that is just so by chance is not told apart.
    """
    inner = cell[1:-1]
    if len(cell) > 2 and cell[0] == cell[-1] == '"' and '""' in inner and '"' not in inner.replace('""', ""):
        return inner.replace('""', '"')
    return cell


SENTENCES = ("premise", "sentence1"), ("hypothesis", "hypo", "sentence2")
NLI_TABLE = ("premise", "hypothesis", "label")
nli = pairs(*SENTENCES, NLI, NLI_ALIASES)


# -- words in context -------------------------------------------------------------------------------


def marked(sentence: str, start: int, end: int) -> str:
    """The sentence with quotes around a word: what tells the model which word is meant (Gupta et al. 2021)."""
    if not 0 <= start < end <= len(sentence):
        raise Broken("target_not_in_text", f"[{start}, {end}) of {len(sentence)} characters")
    return f'{sentence[:start]}"{sentence[start:end]}"{sentence[end:]}'


def word_in_context(row: Row, name: str, language: str) -> Classified:
    """A pair of sentences, the word in question marked in both: does it mean the same?"""
    sentences = []
    for which in ("1", "2"):
        sentence = text(row, f"sentence{which}", f"example_{which}")
        try:
            start, end = int(value(row, f"start{which}")), int(value(row, f"end{which}"))
        except ValueError:
            raise Broken("wrong_type", "a place in the text is no number") from None
        sentences.append(marked(sentence, start, end))
    return Classified(name, language, sentences[0], sentences[1], label(row, WIC, WIC_ALIASES, "label"))


def _beside(path: Path, old: str, new: str) -> Path | None:
    """The file of the same name with another word in it, packed or not."""
    stem = path.name.removesuffix(path.suffix) if path.suffix in (".xz", ".gz", ".bz2") else path.name
    name = stem.replace(old, new)
    ends = ("", ".xz", ".gz", ".bz2")
    return (
        next((p for end in ends if (p := path.with_name(name + end)).is_file()), None)
        if name != stem
        else None
    )


def _gold(path: Path) -> list[str]:
    return [line.strip() for _, line in lines(path) if isinstance(line, str) and line.strip()]


def load_wic(path: Path, language: str) -> Iterator[Item]:  # noqa: ARG001
    """WiC as its site has it: X.data.txt (word, PoS, places of the tokens, two sentences), X.gold.txt."""
    columns = ("word", "pos", "places", "sentence1", "sentence2")
    beside = _beside(path, ".data.", ".gold.")
    gold = _gold(beside) if beside else []
    for number, (row, place) in enumerate(read_records(path, "tsv", columns=columns, header=False)):
        if isinstance(row, Rejected):
            yield row, place
            continue
        try:
            for which, at in zip("12", map(int, row["places"].split("-")), strict=True):
                words = row[f"sentence{which}"].split(" ")
                start = sum(len(word) + 1 for word in words[:at])
                row |= {f"start{which}": start, f"end{which}": start + len(words[at])}
        except (ValueError, IndexError):
            yield Rejected("target_not_in_text", f"no words at {row['places']}"), place
            continue
        yield row | ({"label": gold[number]} if number < len(gold) else {}), place


def load_xlwic(path: Path, language: str) -> Iterator[Item]:  # noqa: ARG001
    """XL-WiC: word, PoS, start and end in each sentence, two sentences, label (or in X_gold.txt, by line)."""
    columns = ("word", "pos", "start1", "end1", "start2", "end2", "sentence1", "sentence2", "label")
    beside = _beside(path, "_data", "_gold")
    gold = _gold(beside) if beside else []
    first = next((line for _, line in lines(path) if isinstance(line, str)), "")
    found = columns[: len(first.split("\t"))]
    for number, (row, place) in enumerate(read_records(path, "tsv", columns=found, header=False)):
        if not isinstance(row, Rejected) and number < len(gold):
            row = row | {"label": gold[number]}
        yield row, place


# -- any set in morphaug's format -------------------------------------------------------------------


def any_classified(row: Row, name: str, language: str) -> Classified:
    """A record that ``morphaug generate --task classification`` takes."""
    texts = morphaug_task("classification").fields(row)
    if isinstance(texts, Rejected):
        raise Broken(texts.reason, texts.detail)
    one, *other = [str(t) for t in texts.values()]
    said = label(row, (), {"-": ""}, *shapes.ROLES["label"])
    return Classified(name, language, one, other[0] if other else None, said)


XNLI_LANGUAGES = codes("ar bg de el en es fr hi ru sw th tr ur vi zh")
PAWSX_LANGUAGES = codes("de en es fr ja ko zh")
XLWIC_LANGUAGES = codes("bg da de et fa fr hr it ja ko nl zh")

TASKS = (
    Task(
        "xnli",
        "classify",
        "natural language inference in 15 languages",
        nli,
        (
            File("{split}-{lang}.tsv", NLI_TABLE),
            File("xnli.{split}.tsv", splits={"dev": "dev", "test": "test"}),
            File("XNLI-1.0/xnli.{split}.tsv", splits={"dev": "dev", "test": "test"}),
        ),
        score,
        "accuracy",
        NLI,
        XNLI_LANGUAGES,
        hub=Hub("facebook/xnli", "{lang}"),
        trains_on=("mnli",),
    ),
    Task(
        "pawsx",
        "classify",
        "paraphrase identification in 7 languages",
        pairs(("sentence1",), ("sentence2",), ("0", "1")),
        (
            File("{split}-{lang}.tsv", ("sentence1", "sentence2", "label")),
            File(
                "{lang}/{split}.tsv", splits={"train": "translated_train", "dev": "dev_2k", "test": "test_2k"}
            ),
            File("{lang}/{split}.tsv", splits={"train": "train"}),
            File(
                "x-final/{lang}/{split}.tsv",
                splits={"train": "train", "dev": "dev_2k", "test": "test_2k"},
            ),
        ),
        score,
        "accuracy",
        ("0", "1"),
        PAWSX_LANGUAGES,
        hub=Hub("google-research-datasets/paws-x", "{lang}"),
    ),
    Task(
        "mnli",
        "classify",
        "MultiNLI; dev is the matched set",
        nli,
        (
            File("multinli_1.0_{split}.jsonl", splits={"train": "train", "dev": "dev_matched"}),
            File("multinli_1.0/multinli_1.0_{split}.jsonl", splits={"train": "train", "dev": "dev_matched"}),
            File("MNLI/{split}.tsv", splits={"train": "train", "dev": "dev_matched"}),
            File("multinli.train.{lang}.tsv", splits={"train": "train"}),
            File("{split}-{lang}.tsv", NLI_TABLE, splits={"train": "train"}),
        ),
        score,
        "accuracy",
        NLI,
        hub=Hub("nyu-mll/multi_nli", splits={"train": "train", "dev": "validation_matched"}),
    ),
    Task(
        "snli",
        "classify",
        "Stanford NLI",
        nli,
        (File("snli_1.0_{split}.jsonl"), File("snli_1.0/snli_1.0_{split}.jsonl")),
        score,
        "accuracy",
        NLI,
        hub=Hub("stanfordnlp/snli"),
    ),
    Task(
        "anli",
        "classify",
        "Adversarial NLI, rounds 1 to 3",
        pairs(("context", "premise"), ("hypothesis", "statement"), NLI, NLI_ALIASES),
        (File("R[123]/{split}.jsonl"), File("anli_v1.0/R[123]/{split}.jsonl")),
        score,
        "accuracy",
        NLI,
        hub=Hub(
            "facebook/anli",
            splits={
                "train": "train_r1+train_r2+train_r3",
                "dev": "dev_r1+dev_r2+dev_r3",
                "test": "test_r1+test_r2+test_r3",
            },
        ),
    ),
    Task(
        "anli+",
        "classify",
        "ANLI, MNLI and SNLI together (Phang et al. 2020)",
        nli,
        score=score,
        main="accuracy",
        labels=NLI,
        parts=("anli", "mnli", "snli"),
    ),
    Task(
        "qqp",
        "classify",
        "Quora question pairs",
        pairs(
            ("question1",),
            ("question2",),
            ("not_duplicate", "duplicate"),
            {"0": "not_duplicate", "1": "duplicate"},
            ("is_duplicate", "label"),
        ),
        (File("QQP/{split}.tsv"), File("{split}.tsv")),
        score,
        "accuracy",
        ("not_duplicate", "duplicate"),
        hub=Hub("nyu-mll/glue", "qqp"),
    ),
    Task(
        "rte",
        "classify",
        "recognising textual entailment (GLUE)",
        pairs(("sentence1",), ("sentence2",), ("entailment", "not_entailment")),
        (File("RTE/{split}.tsv"), File("{split}.tsv")),
        score,
        "accuracy",
        ("entailment", "not_entailment"),
        hub=Hub("nyu-mll/glue", "rte"),
    ),
    Task(
        "sick",
        "classify",
        "entailment between descriptions of pictures",
        pairs(("sentence_A",), ("sentence_B",), NLI, NLI_ALIASES, ("entailment_judgment", "label")),
        (
            File(
                "SICK_{split}.txt",
                splits={"train": "train", "dev": "trial", "test": "test_annotated"},
                format="tsv",
            ),
        ),
        score,
        "accuracy",
        NLI,
        hub=Hub("RobZamp/sick", revision=CONVERTED),
    ),
    Task(
        "wic",
        "classify",
        "does a word mean the same in two sentences?",
        word_in_context,
        (
            File("{split}/{split}.data.txt", load=load_wic),
            File("{split}.data.txt", load=load_wic),
            File("WiC/{split}.jsonl", splits={"train": "train", "dev": "val", "test": "test"}),
            File("{split}.jsonl", splits={"train": "train", "dev": "val", "test": "test"}),
        ),
        score,
        "accuracy",
        WIC,
        hub=Hub("aps/super_glue", "wic", revision=CONVERTED),
    ),
    Task(
        "xlwic",
        "classify",
        "words in context in 12 languages",
        word_in_context,
        tuple(
            File(pattern, splits=splits, load=load_xlwic)
            for pattern, splits in (
                ("{lang}_{split}.txt", {"train": "train", "dev": "valid"}),
                ("{lang}_{split}_data.txt", {"test": "test"}),
                ("xlwic_*/*_{lang}/{lang}_{split}.txt", {"train": "train", "dev": "valid"}),
                ("xlwic_*/*_{lang}/{lang}_{split}_data.txt", {"test": "test"}),
                ("wic_english/{split}_{lang}.txt", {"train": "train", "dev": "valid"}),
            )
        ),
        score,
        "accuracy",
        WIC,
        XLWIC_LANGUAGES,
        trains_on=("wic",),
    ),
    Task(
        "classification",
        "classify",
        "any records that morphaug generate --task classification takes",
        any_classified,
        (File("{split}-{lang}.*"), File("{split}.*")),
        score,
        "accuracy",
        languages=(),
    ),
)
