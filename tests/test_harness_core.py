"""Packed training computes what padded training computes: against transformers' own models, head by head."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from harness_models import LABELS, SPECS, VOCABULARY, config, data, model, store
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from harness.attention import _jagged, attend, layout
from harness.checkpoint import load_heads, save_model
from harness.embedding import compact, expand, used_rows
from harness.encoder import Encoder, Shape, from_xlmr, load_encoder, to_xlmr
from harness.kernels import Noise, dropout_add, linear, matmul
from harness.model import HeadSpec, Model, carry_head, to_device
from harness.optim import Optimizer, global_norm, rate
from harness.packing import Masking, Pack, Sampler, collate, mixing_weights, order, packs, schedule
from harness.predict import embed, predict
from harness.store import IGNORE, KINDS, Kind, Store, StoreBuilder
from harness.train import Settings, Stream, backward, step_packs
from morphaug.errors import MissingResource, MorphaugError, UnknownName

CPU = torch.device("cpu")
MASKING = Masking(VOCABULARY - 1, VOCABULARY, (0, 1, 2, 3, VOCABULARY - 1), seed=5, rate=0.3)


# --- packed == padded, against transformers --------------------------------------------------------------


def _padded(store: Store) -> tuple[Tensor, Tensor]:
    """Ids and mask, one row for each sequence, padded to the longest."""
    lengths = store.lengths()
    ids = torch.full((store.sequences, int(lengths.max())), 1)
    for row, (start, end) in enumerate(pairwise(store.starts)):
        ids[row, : end - start] = torch.from_numpy(store.ids[start:end].astype(np.int64))
    return ids, (torch.arange(ids.shape[1]) < torch.from_numpy(lengths)[:, None]).long()


def _theirs(mine: Model, kind: Kind) -> nn.Module:
    """transformers' model of a kind with the weights of mine."""
    names = {
        "classify": "SequenceClassification",
        "tag": "TokenClassification",
        "span": "QuestionAnswering",
        "choice": "MultipleChoice",
        "mlm": "MaskedLM",
    }
    weights = {f"roberta.{key}": value for key, value in to_xlmr(mine.encoder).items()}
    head = dict(mine.head(kind).named_parameters())
    own = {
        "classify": {"dense": "classifier.dense", "out_proj": "classifier.out_proj"},
        "tag": {"out_proj": "classifier"},
        "span": {"out_proj": "qa_outputs"},
        "choice": {"dense": "roberta.pooler.dense", "out_proj": "classifier"},
        "mlm": {"dense": "lm_head.dense", "layer_norm": "lm_head.layer_norm", "bias": "lm_head.bias"},
        "retrieve": {"dense": "roberta.pooler.dense"},
    }[kind]
    for key, value in head.items():
        module, _, last = key.rpartition(".")
        if key in own or module in own:
            weights[own.get(key) or f"{own[module]}.{last}"] = value.detach()
    if kind == "retrieve":
        made = transformers.XLMRobertaModel(config())
        made.load_state_dict({key.removeprefix("roberta."): value for key, value in weights.items()})
        return made.eval()
    sizes = config()
    if kind == "span":
        sizes.num_labels = 2
    made = getattr(transformers, f"XLMRobertaFor{names[kind]}")(sizes)
    missing, unexpected = made.load_state_dict(weights, strict=False)
    assert not unexpected
    assert set(missing) <= {"lm_head.decoder.weight", "lm_head.decoder.bias"}
    made.tie_weights()
    return made.eval()


def _their_loss(theirs: nn.Module, kind: Kind, store: Store, pack: Pack, scale: float) -> Tensor:
    ids, mask = _padded(store)
    if kind == "retrieve":
        vectors = nn.functional.normalize(theirs(ids, attention_mask=mask).pooler_output, dim=-1)
        scores = scale * vectors[0::2] @ vectors[1::2].T
        return nn.functional.cross_entropy(scores, torch.arange(len(scores)))
    if kind == "choice":
        shape = (store.units, -1, ids.shape[1])
        ids, mask = ids.view(shape), mask.view(shape)
    labels: dict[str, Tensor] = {}
    assert pack.targets is not None
    targets = torch.from_numpy(pack.targets)
    if kind == "span":
        # transformers lets the padding take part in the softmax over places; a question alone has none.
        rows = [theirs(ids[i : i + 1, :n]) for i, n in enumerate(store.lengths())]
        losses = [
            nn.functional.cross_entropy(scores, targets[i : i + 1, side])
            for i, row in enumerate(rows)
            for side, scores in enumerate((row.start_logits, row.end_logits))
        ]
        return torch.stack(losses).mean()
    if kind in ("tag", "mlm"):
        flat = torch.full((store.tokens,), IGNORE)
        assert pack.where is not None
        flat[torch.from_numpy(pack.where)] = targets
        table = torch.full_like(ids, IGNORE)
        table[mask.bool()] = flat
        labels["labels"] = table
        if kind == "mlm":
            ids[mask.bool()] = torch.from_numpy(pack.ids)
    else:
        labels["labels"] = targets
    loss: Tensor = theirs(input_ids=ids, attention_mask=mask, **labels).loss
    return loss


@pytest.mark.parametrize("kind", KINDS)
def test_packed_loss_and_gradient_are_those_of_the_padded_transformers_model(kind: Kind) -> None:
    mine, made = model(), data(kind)
    pack = collate(made, range(made.units), masking=MASKING)
    summed, items = mine.loss(to_device(pack, CPU), kind)
    theirs = _theirs(mine, kind)
    loss = _their_loss(theirs, kind, made, pack, 100.0)
    assert abs(float(summed.detach() / items) - float(loss.detach())) <= 1e-5 * max(1.0, float(loss.detach()))
    (summed / items).backward()
    loss.backward()
    base = theirs if kind == "retrieve" else theirs.roberta
    norm = max(1.0, float(global_norm(mine)))
    for ours, their in (
        (mine.encoder.words, base.embeddings.word_embeddings.weight),
        (mine.encoder.layers[0].up.weight, base.encoder.layer[0].intermediate.dense.weight),
        (mine.encoder.layers[1].out.weight, base.encoder.layer[1].attention.output.dense.weight),
    ):
        assert float((ours.grad - their.grad).abs().max()) <= 1e-5 * norm


def test_packed_states_are_those_of_the_padded_encoder_at_every_layer() -> None:
    mine, made = model(), store("mlm", [[n] for n in (3, 70, 200, 5, 64, 65, 12, 300, 33, 2, 512)])
    ids, mask = _padded(made)
    theirs = _theirs(mine, "retrieve")(ids, attention_mask=mask, output_hidden_states=True).hidden_states
    ours = mine.hidden(to_device(collate(made, range(made.units)), CPU))
    assert len(ours) == len(theirs) == 3
    for state, their in zip(ours, theirs, strict=True):
        assert float((state - their[mask.bool()]).detach().abs().max()) <= 1e-5


def test_a_wrong_first_position_or_a_lost_boundary_is_seen() -> None:
    mine, made = model(), data("mlm")
    right = collate(made, range(made.units))
    batch = to_device(right, CPU)
    states = mine.hidden(batch)[-1]
    shifted = collate(made, range(made.units), first_position=0)
    assert float((mine.hidden(to_device(shifted, CPU))[-1] - states).detach().abs().max()) > 1e-2
    starts = np.delete(right.cu_seqlens, 1)
    merged = batch._replace(where=layout(starts, int(np.diff(starts).max()), CPU))
    assert float((mine.hidden(merged)[-1] - states).detach().abs().max()) > 1e-2


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 150), min_size=1, max_size=12), st.integers(0, 99))
def test_attention_stays_within_each_sequence_for_any_lengths(lengths: list[int], seed: int) -> None:
    starts = np.cumsum([0, *lengths]).astype(np.int32)
    qkv = torch.randn(int(starts[-1]), 48, generator=torch.Generator().manual_seed(seed))
    out = attend(qkv, 2, layout(starts, max(lengths), CPU), 0.0, None)
    for start, end in pairwise(starts):
        query, key, value = qkv[start:end].view(-1, 3, 2, 8).permute(1, 2, 0, 3)
        alone = nn.functional.scaled_dot_product_attention(query[None], key[None], value[None])[0]
        assert torch.allclose(out[start:end], alone.transpose(0, 1).flatten(1), atol=1e-5)


def test_long_sequences_have_the_states_and_gradients_of_double_precision() -> None:
    # In single precision those above 256 are computed head by head; of even length, they draw the same masks.
    lengths = [300, 258, 300, 70, 9]
    starts = np.cumsum([0, *lengths]).astype(np.int32)
    where = layout(starts, max(lengths), CPU)
    start = torch.randn(int(starts[-1]), 48, generator=torch.Generator().manual_seed(0))
    up = torch.randn(len(start), 16, generator=torch.Generator().manual_seed(1))
    results = []
    for dtype in (torch.float32, torch.float64):
        qkv = start.to(dtype, copy=True).requires_grad_()
        seen = attend(qkv, 2, where, 0.2, Noise(CPU, 3))
        seen.backward(up.to(dtype))
        results.append((seen.detach(), qkv.grad))
    for single, double in zip(*results, strict=True):
        assert torch.allclose(single.double(), double, atol=1e-5)
    odd = start[300:557]
    alone = attend(odd, 2, layout(np.array([0, 257], np.int32), 257, CPU), 0.0, None)
    query, key, value = odd.view(-1, 3, 2, 8).permute(1, 2, 0, 3)
    plain = nn.functional.scaled_dot_product_attention(query[None], key[None], value[None])[0]
    assert torch.allclose(alone, plain.transpose(0, 1).flatten(1), atol=1e-5)


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors:UserWarning")
def test_the_jagged_back_end_computes_what_the_tiles_do() -> None:
    starts = np.array([0, 5, 12, 90], np.int32)
    qkv, where = torch.randn(90, 48), layout(starts, 78, CPU)
    query, key, value = qkv.view(90, 3, 2, 8).unbind(1)
    assert torch.allclose(_jagged(query, key, value, where, 0.0), attend(qkv, 2, where, 0.0, None), atol=1e-5)


def test_masked_only_head_is_the_full_head_at_the_masked_places() -> None:
    mine, made = model(), data("mlm")
    pack = collate(made, range(made.units), masking=MASKING)
    batch = to_device(pack, CPU)
    full = mine.scores(batch, "mlm", scored_only=False)
    assert pack.where is not None
    assert pack.items == len(pack.where) > 0
    assert torch.allclose(mine.scores(batch, "mlm"), full[torch.from_numpy(pack.where)], atol=1e-6)


# --- any cutting of a step gives the same gradient -------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_step_cut_into_packs_has_the_gradient_of_one_pack(kind: Kind) -> None:
    made = data(kind, units=16)
    stream = Stream(kind, made, masking=MASKING if kind == "mlm" else None)
    whole = Settings(steps=1, lr=1.0, batch_size=16, pack_tokens=100_000, contrast=4)
    grads, sizes = [], []
    for settings_ in (whole, replace(whole, pack_tokens=120)):
        mine = model({kind: SPECS[kind]}, dropout=0.0)
        every = step_packs(stream, settings_, 0, 2)
        sizes.append(sorted(pack.items for pack in every))
        items = sum(sizes[-1])
        loss = sum(float(backward(mine, stream, pack, items, Noise(CPU, 1))) for pack in every)
        grads.append((loss, mine))
    assert kind == "retrieve" or len(sizes[1]) > len(sizes[0]) == 1
    (loss, first), (other, second) = grads
    assert other == pytest.approx(loss, rel=1e-6)
    norm = float(global_norm(first))
    for one, two in zip(first.parameters(), second.parameters(), strict=True):
        assert float((one.grad - two.grad).abs().max()) <= 1e-6 * norm


# --- kernels ---------------------------------------------------------------------------------------------


def test_linear_is_torchs_with_both_gradients() -> None:
    x, weight, bias = torch.randn(37, 48), torch.randn(20, 48), torch.randn(20)
    results = []
    for function in (linear, nn.functional.linear):
        leaves = [tensor.clone().requires_grad_() for tensor in (x, weight, bias)]
        out = function(*leaves)
        (out * torch.arange(20)).sum().backward()
        results.append([out.detach(), *(leaf.grad for leaf in leaves)])
    for one, two in zip(*results, strict=True):
        assert torch.allclose(one, two, rtol=1e-5, atol=1e-4)


def test_matmul_is_torchs_for_matrices_and_batches_in_any_order() -> None:
    x, y = torch.randn(5, 37, 48), torch.randn(5, 48, 21)
    expected = torch.einsum("nij,njk->nik", x.double(), y.double()).float()
    for one, two in ((x, y), (x.mT.contiguous().mT, y.mT.contiguous().mT)):
        out = torch.empty(5, 37, 21)
        assert torch.allclose(matmul(one, two), expected, atol=1e-4)
        for number, place in enumerate(out):
            assert torch.allclose(matmul(one[number], two[number]), expected[number], atol=1e-4)
            assert matmul(one[number], two[number], out=place) is place
        assert torch.allclose(out, expected, atol=1e-4)
        assert torch.allclose(matmul(one, two, out=out.zero_()), expected, atol=1e-4)


def test_gradients_through_dropout_are_right_under_a_fixed_key() -> None:
    starts = np.array([0, 4, 9], np.int32)
    where = layout(starts, 5, CPU)
    qkv = torch.randn(9, 12, dtype=torch.float64, requires_grad=True)
    residual = torch.randn(9, 4, dtype=torch.float64, requires_grad=True)

    def through(qkv: Tensor, residual: Tensor) -> Tensor:
        noise = Noise(CPU, 3)
        return dropout_add(attend(qkv, 2, where, 0.4, noise), residual, 0.3, noise)

    assert torch.autograd.gradcheck(through, (qkv, residual))


def test_dropout_drops_its_share_keeps_the_mean_and_repeats_for_its_key_only() -> None:
    ones = torch.ones(1000, 1000)
    first, again, other = (dropout_add(ones, None, 0.1, Noise(CPU, 7, key)) for key in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    # Four standard deviations of a share of 0.1 over a million draws.
    assert abs(float((first == 0).double().mean()) - 0.1) < 4 * (0.09 / 1e6) ** 0.5
    assert first.max() == pytest.approx(1 / 0.9, rel=1e-4)
    assert torch.equal(dropout_add(ones, ones, 0.1, None), ones + ones)


def test_bf16_computes_in_copies_and_leaves_masters_and_gradients_in_fp32() -> None:
    mine, made = model(dropout=0.0), data("classify")
    batch = to_device(collate(made, range(made.units)), CPU)
    full, _ = mine.loss(batch, "classify")
    mine.encoder.set_precision(torch.bfloat16)
    half, _ = mine.loss(batch, "classify")
    assert half.dtype == torch.float32
    assert float(half.detach()) != float(full.detach())
    assert float(half.detach()) == pytest.approx(float(full.detach()), rel=0.05)
    half.backward()
    assert {p.dtype for p in mine.parameters()} == {torch.float32}
    assert {p.grad.dtype for p in mine.parameters() if p.grad is not None} == {torch.float32}
    with torch.no_grad():
        mine.encoder.layers[0].up.weight.zero_()
        mine.encoder.layers[0].up.bias.zero_()
    stale = mine.scores(batch, "classify")
    mine.encoder.refresh()
    assert not torch.equal(stale, mine.scores(batch, "classify"))


# --- optimiser and word table ----------------------------------------------------------------------------


def _train(
    mine: Model, made: Store, steps: int, decay: float, *, clip: float = 1.0
) -> tuple[list[float], float]:
    """Some steps of tagging; the losses and what decay made of idle rows."""
    optimizer = Optimizer(mine, steps=steps, lr=1e-2, warmup=2, weight_decay=decay, clip=clip)
    stream, settings_ = Stream("tag", made), Settings(steps=steps, lr=1e-2, batch_size=8)
    losses = []
    for step in range(steps):
        every = step_packs(stream, settings_, step, 2)
        items = sum(pack.items for pack in every)
        losses.append(sum(float(backward(mine, stream, p, items, Noise(CPU, step))) for p in every))
        optimizer.step(step)
    return losses, optimizer.decay


def test_the_optimiser_is_the_plain_recipe() -> None:
    mine, made = model({"tag": SPECS["tag"]}, dropout=0.0), data("tag", units=32)
    plain = model({"tag": SPECS["tag"]}, dropout=0.0)
    bare = [p for n, p in plain.named_parameters() if p.ndim > 1]
    rest = [p for n, p in plain.named_parameters() if p.ndim <= 1]
    adam = torch.optim.AdamW(
        [{"params": bare}, {"params": rest, "weight_decay": 0.0}], lr=1e-2, weight_decay=0.1
    )
    warm = transformers.get_linear_schedule_with_warmup(adam, 2, 8)
    stream, settings_ = Stream("tag", made), Settings(steps=8, lr=1e-2, batch_size=8)
    for step in range(8):
        (pack,) = step_packs(stream, settings_, step, 2)
        backward(plain, stream, pack, pack.items, Noise(CPU, step))
        torch.nn.utils.clip_grad_norm_(plain.parameters(), 0.5)
        assert warm.get_last_lr()[0] == pytest.approx(rate(step, 8, 1e-2, 2))
        adam.step()
        warm.step()
        adam.zero_grad()
    _train(mine, made, 8, 0.1, clip=0.5)
    for (name, one), two in zip(mine.named_parameters(), plain.parameters(), strict=True):
        apart = (one - two).detach().abs()
        if name.endswith("qkv.bias"):
            # A constant added to all keys changes no softmax: what gradient there is is rounding, and Adam
            # makes full steps of it.
            apart = apart[[*range(32), *range(64, 96)]]
        assert float(apart.max()) <= 5e-6, name


@pytest.mark.parametrize(("decay", "most"), [(0.0, 0.0), (0.1, 1e-6)])
def test_a_compact_word_table_trains_as_the_whole_one(decay: float, most: float) -> None:
    made = data("tag", units=24)
    dense, small = (model({"tag": SPECS["tag"]}) for _ in range(2))
    rows = used_rows([made])
    assert len(rows) < VOCABULARY
    compact(small.encoder, rows)
    losses, _ = _train(dense, made, 10, decay)
    others, idle = _train(small, made, 10, decay)
    assert losses == others
    expand(small.encoder, idle)
    assert small.encoder.words.shape == dense.encoder.words.shape
    for one, two in zip(dense.parameters(), small.parameters(), strict=True):
        assert float((one - two).detach().abs().max()) <= most
    if decay:
        before = model({"tag": SPECS["tag"]}).encoder.words
        untouched = np.setdiff1d(np.arange(VOCABULARY), rows)
        assert float((before - small.encoder.words)[untouched].detach().abs().max()) > 1e-4


def test_a_compact_table_refuses_rows_it_does_not_have_and_reads_all_again_when_whole() -> None:
    mine, made = model({"tag": SPECS["tag"]}), data("tag")
    other = store("tag", [[30]], seed=77)
    want = predict(mine, other, "tag")
    compact(mine.encoder, used_rows([made]))
    with pytest.raises(MorphaugError, match="not among the rows"):
        predict(mine, other, "tag")
    with pytest.raises(MorphaugError, match="compact already"):
        compact(mine.encoder, used_rows([made]))
    expand(mine.encoder)
    assert np.array_equal(predict(mine, other, "tag"), want)
    with pytest.raises(MorphaugError, match="tokenised for another encoder"):
        compact(mine.encoder, np.array([0, VOCABULARY]))


# --- predictions -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_predictions_come_in_the_stores_order(kind: Kind) -> None:
    mine, made = model(), data(kind)
    together = predict(mine, made, kind, pack_tokens=130)
    alone = [predict(mine, made.take([unit]), kind) for unit in range(made.units)]
    assert together.shape == np.concatenate(alone).shape
    assert np.allclose(together, np.concatenate(alone), atol=1e-5)


def test_sentence_vectors_of_chosen_layers() -> None:
    mine, made = model(), data("mlm")
    found = embed(mine, made, [0, 2], "mean", pack_tokens=100)
    states = mine.hidden(to_device(collate(made, [3]), CPU))
    assert found.shape == (2, made.units, 32)
    assert np.allclose(found[1, 3], states[2].mean(0).detach(), atol=1e-5)
    assert np.allclose(embed(mine, made, [1], "first")[0, 3], states[1][0].detach(), atol=1e-5)


# --- folders ---------------------------------------------------------------------------------------------


def test_a_saved_model_is_read_by_transformers_and_by_us(tmp_path: Path) -> None:
    mine, made = model({"nli": SPECS["classify"]}), data("mlm")
    compact(mine.encoder, used_rows([made]))
    save_model(tmp_path / "out", mine)
    assert mine.encoder.whole is not None
    expand(mine.encoder)
    theirs = transformers.XLMRobertaModel.from_pretrained(tmp_path / "out", add_pooling_layer=False).eval()
    ids, mask = _padded(made)
    state = theirs(ids, attention_mask=mask).last_hidden_state[mask.bool()]
    batch = to_device(collate(made, range(made.units)), CPU)
    assert float((mine.hidden(batch)[-1] - state).detach().abs().max()) <= 1e-5
    encoder, others = load_encoder(tmp_path / "out", dropout=0.3)
    assert encoder.shape.hidden_dropout_prob == 0.3
    assert all(
        torch.equal(one, two)
        for one, two in zip(encoder.parameters(), mine.encoder.parameters(), strict=True)
    )
    assert load_heads(tmp_path / "out") == {"nli": SPECS["classify"]}
    assert load_heads(tmp_path) == {}
    assert mine.to(torch.float64).encoder.words.dtype == torch.float64
    next_model = Model(encoder, {"xnli": SPECS["classify"]}, seed=4)
    assert not torch.equal(next_model.head("xnli").out_proj.weight, mine.head("nli").out_proj.weight)
    carry_head(next_model, "xnli", others, "nli")
    assert torch.equal(next_model.head("xnli").out_proj.weight, mine.head("nli").out_proj.weight)
    wider = Model(encoder, {"xnli": HeadSpec("classify", (*LABELS, "D"))})
    with pytest.raises(
        MorphaugError, match=r"cannot be carried over from 'nli': its out_proj.weight is \(3, 32\)"
    ):
        carry_head(wider, "xnli", others, "nli")


def test_a_masked_language_model_of_transformers_is_read_with_its_head(tmp_path: Path) -> None:
    theirs = _theirs(model(), "mlm")
    theirs.save_pretrained(tmp_path / "mlm")
    encoder, others = load_encoder(tmp_path / "mlm")
    mine, made = Model(encoder, {"mlm": SPECS["mlm"]}), data("mlm", units=1)
    carry_head(mine, "mlm", others, "lm_head")
    scores = mine.scores(to_device(collate(made, [0]), CPU), "mlm", scored_only=False)
    want = theirs(torch.from_numpy(made.ids.astype(np.int64))[None]).logits[0]
    assert float((scores - want).detach().abs().max()) <= 1e-5


def test_masters_are_fp32_whatever_the_file_holds(tmp_path: Path) -> None:
    mine = model({})
    save_model(tmp_path / "out", mine)
    path = tmp_path / "out" / "model.safetensors"
    save_file({key: value.bfloat16() for key, value in load_file(path).items()}, path)
    encoder, _ = load_encoder(tmp_path / "out")
    assert {p.dtype for p in encoder.parameters()} == {torch.float32}


def test_what_is_no_encoder_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(MissingResource, match=r"no encoder '.*nowhere'; name a folder with config.json"):
        load_encoder(tmp_path / "nowhere")
    save_model(tmp_path / "out", model({}))
    path = tmp_path / "out" / "config.json"
    sizes = json.loads(path.read_text())
    path.write_text(json.dumps({**sizes, "model_type": "bert"}))
    with pytest.raises(MorphaugError, match="bert with gelu, not XLM-R"):
        load_encoder(tmp_path / "out")
    path.write_text(json.dumps({**sizes, "intermediate_size": 65}))
    with pytest.raises(MorphaugError, match="has the size"):
        load_encoder(tmp_path / "out")
    with pytest.raises(MorphaugError, match="no weight 'embeddings"):
        from_xlmr(Encoder(Shape(30, 8, 1, 2, 8, 20)), {}, "x")
    (tmp_path / "out" / "model.safetensors").write_bytes(b"1234567")
    with pytest.raises(MorphaugError, match="damaged"):
        load_encoder(tmp_path / "out")


def test_heads_are_named_and_checked() -> None:
    with pytest.raises(UnknownName, match="unknown head 'tga'; did you mean tag"):
        model().head("tga")
    with pytest.raises(MorphaugError, match="needs the names of its labels"):
        HeadSpec("classify")
    with pytest.raises(UnknownName, match="unknown pooling 'man'; did you mean mean"):
        HeadSpec("retrieve", pooling="man")


# --- stores ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_store_survives_the_disk_and_says_when_it_is_damaged(kind: Kind, tmp_path: Path) -> None:
    made = data(kind)
    made.save(tmp_path / "a" / "store")
    again = Store.load(tmp_path / "a" / "store")
    assert (again.kind, again.labels, again.units) == (made.kind, made.labels, made.units)
    for name in ("ids", "starts", "unit", "targets", "first"):
        assert np.array_equal(getattr(again, name), getattr(made, name)) or getattr(made, name) is None
    with pytest.raises(MorphaugError, match="exists"):
        made.save(tmp_path / "a" / "store")
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["store"]
    path = tmp_path / "a" / "store" / "ids.npy"
    raw = bytearray(path.read_bytes())
    raw[-1] ^= 1
    path.write_bytes(bytes(raw))
    with pytest.raises(MorphaugError, match="npy is damaged"):
        Store.load(tmp_path / "a" / "store")
    path.unlink()
    with pytest.raises(MorphaugError, match="not a tokenised data set"):
        Store.load(tmp_path / "a" / "store")


def test_a_part_of_a_store_keeps_units_whole() -> None:
    for kind in KINDS:
        made = data(kind)
        part = made.take([5, 2])
        assert part.units == 2
        assert part.unit_lengths().tolist() == made.unit_lengths()[[5, 2]].tolist()
        both = collate(made, [5, 2])
        assert np.array_equal(collate(part, [0, 1]).ids, both.ids)
        if both.targets is not None:
            assert np.array_equal(collate(part, [0, 1]).targets, both.targets)
            assert both.items == int(made.items()[[5, 2]].sum())


@pytest.mark.parametrize(
    ("kind", "sequences", "target", "message"),
    [
        ("classify", [[0, 5, 2]], 3, "target 3 at"),
        ("classify", [[0, 2], [0, 2]], 0, "unit 0 has 2 sequences where classify has 1"),
        ("span", [[0, 5, 2]], (0, 3), "target 3 at"),
        ("choice", [[0, 5, 2], [0, 6, 2]], 2, "target 2 at"),
        ("tag", [[0, 5, 2]], [[IGNORE, 0]], "one tag for each token"),
        ("tag", [[0, 5, 2]], [[IGNORE, 9, IGNORE]], "target 9 at"),
        ("mlm", [[]], None, "unit 0 has an empty sequence"),
        ("retrieve", [[0, 2]], None, "unit 0 has 1 sequences where retrieve has 2"),
    ],
)
def test_a_store_refuses_what_cannot_be(
    kind: Kind, sequences: list[list[int]], target: object, message: str
) -> None:
    def build() -> Store:
        builder = StoreBuilder(kind, LABELS)
        builder.add(sequences, target)
        return builder.build()

    with pytest.raises(MorphaugError, match=message):
        build()


# --- packing ---------------------------------------------------------------------------------------------


@given(st.lists(st.integers(1, 60), max_size=60), st.integers(1, 100))
def test_packs_hold_every_unit_once_within_the_budget(lengths: list[int], budget: int) -> None:
    made = packs(lengths, budget)
    assert sorted(index for pack in made for index in pack.tolist()) == list(range(len(lengths)))
    for pack in made:
        sizes = [lengths[index] for index in pack]
        assert sum(sizes) <= budget or len(sizes) == 1
        assert sizes == sorted(sizes, reverse=True)


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=50),
    st.integers(0, 9),
    st.integers(1, 90),
    st.booleans(),
)
def test_every_epoch_visits_every_unit_once_in_an_order_of_its_own(
    lengths: list[int], seed: int, size: int, by_tokens: bool
) -> None:
    sizes = {"batch_tokens": size} if by_tokens else {"batch_size": size}
    sampler = Sampler(np.array(lengths), seed, **sizes)
    for epoch in range(2):
        steps = [sampler.at(epoch * sampler.steps_per_epoch + s) for s in range(sampler.steps_per_epoch)]
        assert {number for number, _ in steps} == {epoch}
        assert all(len(units) for _, units in steps)
        assert (
            np.concatenate([units for _, units in steps]).tolist()
            == order(seed, epoch, len(lengths)).tolist()
        )


def test_task_order_is_keyed_extends_and_follows_the_mixing() -> None:
    weights = mixing_weights([9_000, 1_000])
    assert weights.tolist() == [0.9, 0.1]
    tasks = schedule(3, 5_000, weights)
    assert abs(float((tasks == 0).mean()) - 0.9) < 0.02
    assert np.array_equal(tasks[:100], schedule(3, 100, weights))
    assert not np.array_equal(tasks[:100], schedule(4, 100, weights))
    assert mixing_weights([9_000, 1_000], "uniform").tolist() == [0.5, 0.5]
    assert mixing_weights([9_000, 1_000], cap=1_000).tolist() == [0.5, 0.5]
    root = mixing_weights([9_000, 1_000], "temperature", temperature=2.0)
    assert root[0] / root[1] == pytest.approx(3.0)
    with pytest.raises(UnknownName, match="did you mean uniform"):
        mixing_weights([1], "unifrom")


def test_masks_follow_the_recipe_and_their_key() -> None:
    masking = Masking(999, 1000, (0, 1, 2, 3, 999), seed=1)
    ids = np.concatenate([[0], np.random.default_rng(0).integers(5, 900, 20_000), [2]]).astype(np.int32)
    hidden, where = masking.draw(ids, epoch=2, unit=7)
    share = len(where) / 20_000
    assert abs(share - 0.15) < 0.012
    assert np.array_equal(np.delete(hidden, where), np.delete(ids, where))
    assert not {0, len(ids) - 1} & set(where.tolist())
    fates = [(hidden[where] == 999).mean(), (hidden[where] == ids[where]).mean()]
    assert fates == pytest.approx([0.8, 0.1], abs=0.03)
    assert np.array_equal(masking.draw(ids, 2, 7)[0], hidden)
    assert not np.array_equal(masking.draw(ids, 3, 7)[0], hidden)
    assert not np.array_equal(masking.draw(ids, 2, 8)[0], hidden)
