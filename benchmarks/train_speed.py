"""Real tokens a second of training, against the plain recipe of transformers, on whatever device there is.

    python benchmarks/train_speed.py --encoder FOLDER --task panx --data train.tsv --max-len 128 --batch 32
    python benchmarks/train_speed.py --random large --task shapes:180 --max-len 384 --batch 32 --recipes harness-bf16

Every recipe trains on the same batches, one step of each in turn, so that a busy machine slows all alike; what
counts is the ratio. "plain" is transformers' model of the task with its dense embedding, fused AdamW, clipping
and dropout, what its Trainer does in a step, padded to ``--max-len`` or to the longest of the batch ("dynamic");
"trainer-max" and "trainer-dynamic" are the Trainer itself, timed after the others, step by step. Before the
timing, without dropout, ``--check`` steps compare the losses of all.

Printed for each recipe: milliseconds a step (median), the processor's time in it, real tokens a second, the
same with the padding counted, how many times as fast the first recipe is by either time,
R = (shortest time the arithmetic and the memory traffic allow) / time, MFU, the parts of a step, and at the end
the most memory used. The limits are the device's data sheet for an H100 or H200, else measured here: a product
of 2048 x 2048 matrices and a copy of 256 MB.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from harness.embedding import compact, used_rows
from harness.encoder import Encoder, Shape, load_encoder, to_xlmr, xlmr_config
from harness.kernels import Noise, linear
from harness.model import HeadSpec, Model
from harness.optim import Optimizer
from harness.packing import Masking, Pack
from harness.store import IGNORE, Store, StoreBuilder
from harness.train import PRECISIONS, Settings, Stream, backward, step_packs

SHAPES = {
    "tiny": Shape(250_002, 64, 2, 4, 128, 514, 1e-5),
    "base": Shape(250_002, 768, 12, 12, 3072, 514, 1e-5),
    "large": Shape(250_002, 1024, 24, 16, 4096, 514, 1e-5),
}
SHEETS = {"H100": (790e12, 0.9 * 3.35e12), "H200": (790e12, 0.9 * 4.8e12)}
PARTS = ("data", "forward+backward", "optimiser")


@dataclass(slots=True)
class Recipe:
    """One way to train, and what was seen of it.

    Args:
        name: As on the command line.
        step: Trains on the store's units and returns (loss, tokens it computed, seconds of each of PARTS).
    """

    name: str
    step: Callable[[list[Pack]], tuple[float, int, list[float]]]
    seconds: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    parts: list[list[float]] = field(default_factory=list)
    computed: int = 0
    real: int = 0


def wait(device: torch.device) -> float:
    """The time, after everything asked of the device is done."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter()


def read(args: argparse.Namespace) -> Store:
    """The data to train on."""
    if args.task.startswith("shapes:"):
        return shapes(args.kind, float(args.task.partition(":")[2]), args.max_len)
    from harness.encode import Settings as Lengths
    from harness.encode import encode, label_names, load_tokenizer
    from harness.tasks import get_task

    task = get_task(args.task)
    records = task.read(args.data, "train", "en")[: args.limit]
    labels = task.labels or label_names(records)
    lengths = Lengths(max_len=args.max_len)
    return encode(records, load_tokenizer(args.encoder), task.family, lengths, labels, train=True).store


def shapes(kind: Any, mean: float, longest: int) -> Store:
    """Random ids with lengths like those of text (log-normal, cut at ``longest``)."""
    random = np.random.default_rng(0)
    builder = StoreBuilder(kind, ("A", "B", "C") if kind in ("classify", "tag") else ())
    for _ in range(4_000):
        rows = []
        for _ in range(4 if kind == "choice" else 1):
            size = int(np.clip(random.lognormal(np.log(mean) - 0.1, 0.45), 6, longest))
            rows.append([0, *random.integers(5, 40_000, size - 2).tolist(), 2])
        targets = {"classify": 1, "choice": 2, "span": (1, 3), "tag": [[1] * len(rows[0])], "mlm": None}
        builder.add(rows, targets[kind])
    return builder.build()


def harness_recipe(
    name: str, encoder: Encoder, store: Store, args: argparse.Namespace, device: torch.device
) -> Recipe:
    """Ours, in the precision that the name ends with."""
    spec = HeadSpec(store.kind, store.labels)
    mine = Model(encoder, {"task": spec}).to(device)
    if store.kind != "mlm":
        compact(encoder, used_rows([store]))
    encoder.set_precision(PRECISIONS["bf16" if name.endswith("bf16") else "fp32"])
    optimizer = Optimizer(mine, steps=10_000, lr=args.lr)
    stream = Stream("task", store)
    done = [0]

    def step(packs: list[Pack]) -> tuple[float, int, list[float]]:
        start = wait(device)
        items, loss = sum(pack.items for pack in packs), torch.zeros((), device=device)
        for number, pack in enumerate(packs):
            loss += backward(mine, stream, pack, items, Noise(device, 1, done[0], number))
        middle = wait(device)
        optimizer.step(done[0])
        done[0] += 1
        return float(loss), sum(p.tokens for p in packs), [0.0, middle - start, wait(device) - middle]

    return Recipe(name, step)


def plain_recipe(name: str, model: nn.Module, args: argparse.Namespace, device: torch.device) -> Recipe:
    """transformers' model, padded."""
    adam = torch.optim.AdamW(model.parameters(), lr=args.lr, weight_decay=0.0, eps=1e-8, fused=True)
    model.to(device).train()
    half = name.endswith("bf16")

    def step(packs: list[Pack]) -> tuple[float, int, list[float]]:
        start = wait(device)
        inputs = padded(packs, args.max_len if "max" in name else None)
        inputs = {key: value.to(device) for key, value in inputs.items()}
        ready = wait(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=half):
            loss = plain_loss(model, inputs)
        loss.backward()
        middle = wait(device)
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        adam.step()
        adam.zero_grad()
        return (
            float(loss.detach()),
            inputs["input_ids"].numel(),
            [ready - start, middle - ready, wait(device) - middle],
        )

    return Recipe(name, step)


def plain_loss(model: nn.Module, inputs: dict[str, Tensor]) -> Tensor:
    """The model's loss; for spans without the padding, which transformers lets take part in the softmax."""
    if "start_positions" not in inputs:
        return model(**inputs).loss
    out = model(input_ids=inputs["input_ids"], attention_mask=inputs["attention_mask"])
    padding = inputs["attention_mask"] == 0
    sides = ((out.start_logits, "start_positions"), (out.end_logits, "end_positions"))
    return sum(
        nn.functional.cross_entropy(scores.masked_fill(padding, -torch.inf), inputs[name]) / 2
        for scores, name in sides
    )


def padded(packs: list[Pack], width: int | None) -> dict[str, Tensor]:
    """The packs' sequences as transformers' models take them."""
    rows, labels = [], []
    for pack in packs:
        flat = np.full(pack.tokens, IGNORE, np.int64)
        if pack.where is not None and pack.targets is not None:
            flat[pack.where] = pack.targets
        for start, end in zip(pack.cu_seqlens, pack.cu_seqlens[1:], strict=False):
            rows.append(pack.ids[start:end])
            labels.append(flat[start:end])
    width = width or max(map(len, rows))
    ids, mask = np.full((len(rows), width), 1, np.int64), np.zeros((len(rows), width), np.int64)
    table = np.full((len(rows), width), IGNORE, np.int64)
    for number, row in enumerate(rows):
        ids[number, : len(row)], mask[number, : len(row)] = row, 1
        table[number, : len(row)] = labels[number]
    found = {"input_ids": torch.from_numpy(ids), "attention_mask": torch.from_numpy(mask)}
    targets = None if packs[0].targets is None else np.concatenate([pack.targets for pack in packs])
    if packs[0].kind == "choice":
        each = int(packs[0].first[1])
        found = {key: value.view(-1, each, width) for key, value in found.items()}
    if packs[0].kind == "span":
        assert targets is not None
        return found | {
            "start_positions": torch.from_numpy(targets[:, 0]),
            "end_positions": torch.from_numpy(targets[:, 1]),
        }
    if packs[0].kind in ("tag", "mlm"):
        return found | {"labels": torch.from_numpy(table)}
    assert targets is not None
    return found | {"labels": torch.from_numpy(targets)}


def their_model(encoder: Encoder, store: Store, ours: Model, dropout: float) -> nn.Module:
    """transformers' model of the task with our weights, head included."""
    import transformers

    kinds = {"classify": "SequenceClassification", "tag": "TokenClassification", "span": "QuestionAnswering"}
    kinds |= {"choice": "MultipleChoice", "mlm": "MaskedLM"}
    sizes = {
        **xlmr_config(encoder.shape),
        "num_labels": 2 if store.kind == "span" else max(1, len(store.labels)),
    }
    config = transformers.XLMRobertaConfig(
        **{**sizes, "hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    )
    model = getattr(transformers, f"XLMRobertaFor{kinds[store.kind]}")(config)
    places = {
        "classify": {"dense": "classifier.dense", "out_proj": "classifier.out_proj"},
        "tag": {"out_proj": "classifier"},
        "span": {"out_proj": "qa_outputs"},
        "choice": {"dense": "roberta.pooler.dense", "out_proj": "classifier"},
        "mlm": {"dense": "lm_head.dense", "layer_norm": "lm_head.layer_norm"},
    }[store.kind]
    weights = {f"roberta.{key}": value for key, value in to_xlmr(encoder).items()}
    for key, value in ours.head("task").named_parameters():
        module, _, last = key.rpartition(".")
        if module in places:
            weights[f"{places[module]}.{last}"] = value.detach()
    model.load_state_dict(weights, strict=False)
    model.tie_weights()
    return model


def trainer_times(
    name: str, model: nn.Module, steps: list[list[Pack]], args: argparse.Namespace
) -> list[tuple[float, float]]:
    """Seconds of each of the Trainer's steps on the same batches."""
    import tempfile

    from transformers import Trainer, TrainerCallback, TrainingArguments

    batches = [padded(packs, args.max_len if "max" in name else None) for packs in steps]
    times: list[tuple[float, float]] = []

    class Watch(TrainerCallback):
        def on_step_begin(self, *_: Any, **__: Any) -> None:
            times.append((-time.perf_counter(), -time.process_time()))

        def on_step_end(self, *_: Any, **__: Any) -> None:
            times[-1] = (times[-1][0] + time.perf_counter(), times[-1][1] + time.process_time())

    with tempfile.TemporaryDirectory() as folder:
        options = TrainingArguments(
            folder, max_steps=len(batches), per_device_train_batch_size=1, learning_rate=args.lr, report_to=[],
            save_strategy="no", logging_strategy="no", disable_tqdm=True, train_sampling_strategy="sequential",
            use_cpu=not torch.cuda.is_available(),
        )  # fmt: skip
        trainer = Trainer(
            model, options, train_dataset=batches, data_collator=lambda rows: rows[0], callbacks=[Watch()]
        )
        trainer.train()
    return times


def limits(device: torch.device, half: bool) -> tuple[float, float, str]:
    """Operations a second, bytes a second, and where they are from."""
    if device.type == "cuda":
        name = torch.cuda.get_device_name()
        for key, (flops, width) in SHEETS.items():
            if key in name:
                return flops, width, f"{name}, data sheet"
    one = torch.randn(2048, 2048, device=device, dtype=torch.bfloat16 if half else torch.float32)
    zero = torch.zeros(2048, device=device, dtype=one.dtype)
    big = torch.zeros(1 << 26, device=device)
    other = torch.empty_like(big)
    product: Callable[[], Any] = (
        (lambda: nn.functional.linear(one, one, zero)) if half else (lambda: linear(one, one, zero))
    )
    with torch.no_grad():
        return (
            2 * 2048**3 / best(product, device),
            2 * big.nbytes / best(lambda: other.copy_(big), device),
            "measured here",
        )


def best(call: Callable[[], Any], device: torch.device) -> float:
    """Shortest of ten times."""
    times = []
    for _ in range(10):
        start = wait(device)
        call()
        times.append(wait(device) - start)
    return min(times)


def floor(
    shape: Shape, rows: int, packs: list[Pack], masked: int, flops: float, width: float
) -> tuple[float, float]:
    """Least seconds of a step (harness.md's definition, as in the docs), and its floating-point operations."""
    d, layers = shape.hidden_size, shape.num_hidden_layers
    body = layers * (4 * d * d + 2 * d * shape.intermediate_size)
    lengths = np.concatenate([np.diff(pack.cu_seqlens) for pack in packs]).astype(np.float64)
    work = float((6 * body * lengths + 12 * layers * d * lengths**2).sum())
    work += 6.0 * masked * (d * shape.vocab_size + d * d)
    traffic = 40.0 * (body + rows * d) + 6.0 * body + 4.0 * rows * d
    return work / flops + traffic / width, work


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--encoder", help="XLM-R folder")
    parser.add_argument("--random", choices=sorted(SHAPES), help="random weights of this size instead")
    parser.add_argument("--task", default="shapes:40", help="a task of the harness, or shapes:MEAN_LENGTH")
    parser.add_argument("--kind", default="classify", help="with shapes: the head")
    parser.add_argument("--data", help="the task's file")
    parser.add_argument("--limit", type=int, default=None, help="records read")
    parser.add_argument("--max-len", type=int, default=128)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--pack-tokens", type=int, default=4096)
    parser.add_argument("--recipes", default="harness,plain-max,plain-dynamic")
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--warm", type=int, default=1, help="steps before the timing")
    parser.add_argument(
        "--check", type=int, default=0, help="steps without dropout whose losses are compared"
    )
    parser.add_argument("--lr", type=float, default=2e-5)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    store = read(args)
    masking = Masking(4, 250_002, (0, 1, 2, 3, 4), 0) if store.kind == "mlm" else None
    settings = Settings(steps=1, lr=args.lr, batch_size=args.batch, pack_tokens=args.pack_tokens)
    steps = [
        step_packs(Stream("task", store, masking=masking), settings, s, 2)
        for s in range(args.warm + args.steps)
    ]
    real = [sum(pack.tokens for pack in packs) for packs in steps]
    names = args.recipes.split(",")
    print(
        f"{store.units} units, {store.tokens / store.sequences:.1f} tokens a sequence, batch {args.batch}: ",
        end="",
    )
    print(
        f"{statistics.mean(real):.0f} real tokens a step; {torch.get_num_threads()} threads, torch {torch.__version__}"
    )
    if args.check:
        compare(names, args, store, steps[: args.check], device)
    recipes = [make(name, args, store, 0.1, device) for name in names if not name.startswith("trainer")]
    for number, packs in enumerate(steps):
        for recipe in recipes:
            start, cpu = wait(device), time.process_time()
            _, computed, parts = recipe.step(packs)
            took, cpu = wait(device) - start, time.process_time() - cpu
            if number >= args.warm:
                recipe.seconds.append(took)
                recipe.cpu.append(cpu)
                recipe.parts.append(parts)
                recipe.computed += computed
                recipe.real += real[number]
    for name in names:
        if name.startswith("trainer"):
            recipe = Recipe(name, lambda _packs: (0.0, 0, []))
            model = make_theirs(args, store, 0.1)
            times = trainer_times(name, model, steps, args)[args.warm :]
            recipe.seconds, recipe.cpu = [wall for wall, _ in times], [cpu for _, cpu in times]
            recipe.parts = [[0.0] * len(PARTS)]
            recipe.real = sum(real[args.warm :])
            recipe.computed = sum(
                padded(p, args.max_len if "max" in name else None)["input_ids"].numel()
                for p in steps[args.warm :]
            )
            recipes.append(recipe)
    report(recipes, args, store, steps[args.warm :], device)


def start_encoder(args: argparse.Namespace, dropout: float) -> Encoder:
    """A new encoder, the same each time."""
    if args.encoder:
        return load_encoder(args.encoder, dropout=dropout, attention_dropout=dropout)[0]
    shape = replace(
        SHAPES[args.random or "tiny"], hidden_dropout_prob=dropout, attention_probs_dropout_prob=dropout
    )
    torch.manual_seed(0)
    encoder = Encoder(shape)
    with torch.no_grad():
        for parameter in encoder.parameters():
            if parameter.ndim > 1:
                parameter.normal_(std=0.02)
    return encoder


def make_theirs(args: argparse.Namespace, store: Store, dropout: float) -> nn.Module:
    """transformers' model as ours begins."""
    encoder = start_encoder(args, dropout)
    return their_model(encoder, store, Model(encoder, {"task": HeadSpec(store.kind, store.labels)}), dropout)


def make(name: str, args: argparse.Namespace, store: Store, dropout: float, device: torch.device) -> Recipe:
    """A recipe by its name."""
    if name.startswith("harness"):
        return harness_recipe(name, start_encoder(args, dropout), store, args, device)
    if name.startswith("plain"):
        return plain_recipe(name, make_theirs(args, store, dropout), args, device)
    raise SystemExit(
        f"unknown recipe {name}: harness, harness-bf16, plain-max, plain-dynamic (-bf16), trainer-max, trainer-dynamic"
    )


def compare(
    names: list[str], args: argparse.Namespace, store: Store, steps: list[list[Pack]], device: torch.device
) -> None:
    """Print the losses of the first steps without dropout, where recipes should agree."""
    losses = {}
    for name in names:
        if not name.startswith("trainer"):
            recipe = make(name, args, store, 0.0, device)
            losses[name] = [recipe.step(packs)[0] for packs in steps]
    first = next(iter(losses.values()))
    for name, found in losses.items():
        apart = max(abs(a - b) for a, b in zip(found, first, strict=True))
        print(
            f"losses without dropout, {name:16s} {' '.join(f'{x:.6f}' for x in found)}  at most {apart:.1e} from the first"
        )


def report(
    recipes: list[Recipe],
    args: argparse.Namespace,
    store: Store,
    steps: list[list[Pack]],
    device: torch.device,
) -> None:
    """The table."""
    half = any(recipe.name.endswith("bf16") for recipe in recipes)
    found = {flag: limits(device, flag) for flag in ({False, half})}
    for flag, (flops, width, source) in found.items():
        print(
            f"limits {'bf16' if flag else 'fp32'}: {flops / 1e9:,.0f} GFLOP/s, {width / 1e9:,.0f} GB/s ({source})"
        )
    shape = start_encoder(args, 0.0).shape if args.encoder else SHAPES[args.random or "tiny"]
    rows = len(used_rows([store])) if store.kind != "mlm" else shape.vocab_size
    print(f"word table: {rows:,} of {shape.vocab_size:,} rows occur")
    print(
        f"{'recipe':18s}{'ms/step':>9s}{'CPU ms':>9s}{'real tok/s':>11s}{'padded/s':>9s}{'ours is':>9s}{'by CPU':>8s}{'R':>6s}{'MFU':>6s}  "
        + ", ".join(PARTS)
    )
    base = None
    for recipe in recipes:
        flops, width, _ = found[recipe.name.endswith("bf16")]
        middle = statistics.median(recipe.seconds)
        least = [
            floor(shape, rows, packs, len(packs[0].where) if store.kind == "mlm" else 0, flops, width)
            for packs in steps
        ]
        ideal, work = statistics.mean(x for x, _ in least), statistics.mean(x for _, x in least)
        speed = recipe.real / len(recipe.seconds) / middle
        cpu = statistics.median(recipe.cpu)
        base = base or (speed, cpu)
        shares = [statistics.median(part[i] for part in recipe.parts) / middle for i in range(len(PARTS))]
        print(
            f"{recipe.name:18s}{middle * 1e3:9.0f}{cpu * 1e3:9.0f}{speed:11,.0f}{recipe.computed / len(recipe.seconds) / middle:9,.0f}"
            f"{base[0] / speed:8.2f}x{cpu / base[1]:7.2f}x{ideal / middle:6.2f}{work / flops / middle:6.2f}  "
            + " ".join(f"{x:.0%}" for x in shares)
        )
    if device.type == "cuda":
        print(f"most memory: {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    else:
        print(
            f"most memory of the process, all recipes together: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.1f} GiB"
        )


if __name__ == "__main__":
    main()
