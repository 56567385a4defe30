"""What an intermediate task and augmented data are worth, on real data with a small real encoder.

    python benchmarks/transfer.py --model ENCODER --data DATA --out OUT [--seeds 0 1 2] [--arms none qamr ...]

ENCODER is a folder in XLM-R form (or a Hub name), DATA a folder with panx/ and intermediate/ in their official
formats. Every arm is `harness train benchmarks/runs/panx.yaml` with overrides; arms share OUT, so what two of
them have in common is trained once, and the command goes on where it was interrupted. It prints each arm's mean
and range over seeds by language, and the difference from the arm `none`.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ARMS: dict[str, list[str]] = {
    "none": ["intermediate="],
    "qamr": [],
    "hellaswag": [
        "intermediate.tasks=[{task: hellaswag, data: DATA/intermediate/hellaswag_val_full.txt.xz, limit: 2000,"
        " dev: carve, dev_limit: 500}]",
        "intermediate.batch_size=16",
    ],
}


def run(arm: str, seed: int, options: argparse.Namespace) -> dict[str, dict[str, float]]:
    """Train and evaluate one arm with one seed; the scores by language."""
    data = Path(options.data)
    overrides = [
        f"name={arm}",
        f"seed={seed}",
        f"model={options.model}",
        f"out={options.out}",
        "threads=1",
        f"intermediate.tasks.0.data={data / 'intermediate' / 'qamr'}",
        f"target.tasks.0.data={data / 'panx'}",
        f"evaluate.tasks.0.data={data / 'panx'}",
        *options.override,
        *(text.replace("DATA", str(data)) for text in ARMS[arm]),  # an arm may leave out what was overridden
    ]
    command = [
        sys.executable,
        "-m",
        "harness",
        "train",
        str(HERE / "runs" / "panx.yaml"),
        *overrides,
        "--json",
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, cwd=HERE.parent)
    found: dict[str, dict[str, float]] = json.loads(done.stdout)["scores"]["panx"]["languages"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=["none", "qamr"])
    parser.add_argument("--override", nargs="*", default=[], help="for every arm: target.steps=20")
    options = parser.parse_args()
    scores = {arm: [run(arm, seed, options) for seed in options.seeds] for arm in options.arms}
    languages = list(next(iter(scores.values()))[0])
    print("arm".ljust(12), *(name.rjust(20) for name in languages))
    for arm, found in scores.items():
        cells = []
        for language in languages:
            values = [seed[language]["f1"] for seed in found]
            base = [seed[language]["f1"] for seed in scores.get("none", found)]
            gain = statistics.mean(values) - statistics.mean(base)
            spread = f" ±{(max(values) - min(values)) / 2:.1f}" if len(values) > 1 else ""
            cells.append(f"{statistics.mean(values):.1f}{spread} ({gain:+.1f})")
        print(arm.ljust(12), *(cell.rjust(20) for cell in cells))


if __name__ == "__main__":
    main()
