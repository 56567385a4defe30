"""A random XLM-R of two layers, with a tokenizer trained on the shipped sample: everything a run needs, in 200 kB."""

from __future__ import annotations

import json
from pathlib import Path

from morphaug.data import data_file

TAGGED = {
    "en": [("Anna", "B-PER"), ("lives", "O"), ("in", "O"), ("Turku", "B-LOC"), (".", "O")],
    "fi": [("Anna", "B-PER"), ("asuu", "O"), ("Turussa", "B-LOC"), (".", "O")],
    "sw": [("Juma", "B-PER"), ("anaishi", "O"), ("Nairobi", "B-LOC"), (".", "O")],
}


def write_panx(folder: Path, *dev: str) -> None:
    """The sample's training sentences, and three development sentences in each of some languages, as PAN-X has them."""
    folder.mkdir()
    (folder / "train-en.tsv").write_bytes(data_file("samples", "english", "tagging.conll").read_bytes())
    for language in dev:
        sentence = "".join(f"{word}\t{tag}\n" for word, tag in TAGGED[language]) + "\n"
        (folder / f"dev-{language}.tsv").write_text(sentence * 3, encoding="utf-8")


def sample_texts() -> list[str]:
    """The sentences of the shipped English sample."""
    english = data_file("samples", "english")
    texts: list[str] = []
    for name in ("nli.jsonl", "qa.jsonl", "multiple-choice.jsonl"):
        for line in (english / name).read_text(encoding="utf-8").splitlines():
            texts += [value for value in json.loads(line).values() if isinstance(value, str) and " " in value]
    return texts


def make_tiny_model(folder: Path, *, pieces: int = 300, layers: int = 2, width: int = 32) -> Path:
    """Write an XLM-R checkpoint with random weights, as a hub would have it.

    Args:
        folder: Where to.
        pieces: About how many pieces the vocabulary has.
        layers: Of the encoder.
        width: Of the hidden states.

    Returns:
        The folder: config.json, model.safetensors and the tokenizer's files.
    """
    import torch
    import transformers
    from tokenizers import SentencePieceUnigramTokenizer

    unigram = SentencePieceUnigramTokenizer()
    unigram.train_from_iterator(
        sorted(set(sample_texts())),
        vocab_size=pieces,
        special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"],
        unk_token="<unk>",
        show_progress=False,
    )
    trained = [(p, s) for p, s in json.loads(unigram.to_str())["model"]["vocab"] if not p.startswith("<")]
    special = [(piece, 0.0) for piece in ("<s>", "<pad>", "</s>", "<unk>")]
    tokenizer = transformers.XLMRobertaTokenizer(vocab=[*special, *trained, ("<mask>", 0.0)])
    tokenizer.save_pretrained(folder)
    config = transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer),
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=2 * width,
        max_position_embeddings=514,
        type_vocab_size=1,
        layer_norm_eps=1e-5,
        pad_token_id=1,
        bos_token_id=0,
        eos_token_id=2,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.XLMRobertaModel(config, add_pooling_layer=False).save_pretrained(folder)
    return folder
