"""Generation end to end: the same bytes however it is run, every label right, every loss counted."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from morphaug import generate as generation
from morphaug.conllu import read_sentences
from morphaug.data import data_file
from morphaug.errors import MissingResource, MorphaugError, UnknownName
from morphaug.generate import Job, generate
from morphaug.shards import STATE, safe_name

ENGLISH = data_file("samples", "english")
PARSES = f"conllu:{ENGLISH}"

pytestmark = pytest.mark.usefixtures("sample_home")


def job(out: Path, **changes: Any) -> Job:
    settings: dict[str, Any] = {
        "task": "classification",
        "inputs": (str(ENGLISH / "nli.jsonl"),),
        "targets": ("fin",),
        "recipes": ("pseudo",),
        "out": out,
        "parser": PARSES,
    }
    return Job(**(settings | changes))


def rows(out: Path, target: str = "fin", recipe: str = "pseudo") -> list[dict[str, Any]]:
    """The records of a stream, all shards in a row."""
    lines = [
        line
        for part in sorted((out / target / safe_name(recipe)).iterdir())
        for line in part.read_text(encoding="utf-8").splitlines()
    ]
    return [json.loads(line) for line in lines]


def rejects(out: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / "rejects.jsonl").read_text(encoding="utf-8").splitlines()]


def files(out: Path) -> dict[str, bytes]:
    """Everything a run wrote, but for the part of the manifest that may differ from run to run."""
    found = {p.relative_to(out).as_posix(): p.read_bytes() for p in sorted(out.rglob("*")) if p.is_file()}
    report = json.loads(found.pop("manifest.json"))
    del report["run"]
    return {**found, "manifest": json.dumps(report).encode()}


def write_jsonl(path: Path, records: list[Any]) -> str:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return str(path)


def nli(count: int) -> list[dict[str, Any]]:
    """The shipped premises and hypotheses in new pairs: any number of records whose texts have parses."""
    lines = (ENGLISH / "nli.jsonl").read_text(encoding="utf-8").splitlines()
    given = [json.loads(line) for line in lines]
    return [
        {
            "id": f"n{i}",
            "premise": given[i % len(given)]["premise"],
            "hypothesis": given[(i // len(given)) % len(given)]["hypothesis"],
            "label": i % 3,
        }
        for i in range(count)
    ]


# -- what comes out ---------------------------------------------------------------------------------


def test_a_record_keeps_its_label_and_gets_a_note(tmp_path: Path) -> None:
    report = generate(job(tmp_path / "out"))
    before = [json.loads(line) for line in (ENGLISH / "nli.jsonl").read_text(encoding="utf-8").splitlines()]
    after = rows(tmp_path / "out")
    assert [r["label"] for r in after] == [r["label"] for r in before]
    assert [r["morphaug"]["source_id"] for r in after] == [r["id"] for r in before]
    assert all(a["premise"] != b["premise"] for a, b in zip(after, before, strict=True))
    assert after[0]["id"] == "nli-01:fin:pseudo:0"
    assert report["records"] == {"read": len(before), "examples": len(before), "rejected": {}}
    assert report == json.loads((tmp_path / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"fin", "manifest.json", "rejects.jsonl"}


def test_every_answer_stands_where_it_says(tmp_path: Path) -> None:
    recipes = ("duplicate", "reorder", "morph", "synthetic", "lexicon+inflect", "pseudo", "noise:pseudo")
    targets = ("fin", "swh", "tur")
    settings = {
        "task": "span-qa",
        "inputs": (str(ENGLISH / "qa.jsonl"),),
        "targets": targets,
        "recipes": recipes,
    }
    report = generate(job(tmp_path / "out", **settings, variants=2))
    source = [json.loads(line) for line in (ENGLISH / "qa.jsonl").read_text(encoding="utf-8").splitlines()]
    answerable = {r["id"] for r in source if r["answers"]["text"]}
    answers = 0
    for target in targets:
        for recipe in recipes:
            for record in rows(tmp_path / "out", target, recipe):
                given = record["answers"]
                assert bool(given["text"]) == (record["morphaug"]["source_id"] in answerable)
                for text, start in zip(given["text"], given["answer_start"], strict=True):
                    assert record["context"][start : start + len(text)] == text
                    answers += 1
    assert answers > 400
    for stream in report["streams"]:
        assert stream["out"] + sum(stream["rejected"].values()) == 2 * report["records"]["examples"]


def test_duplicate_is_the_input_itself(tmp_path: Path) -> None:
    generate(job(tmp_path / "out", recipes=("duplicate",)))
    before = [json.loads(line) for line in (ENGLISH / "nli.jsonl").read_text(encoding="utf-8").splitlines()]
    for new, old in zip(rows(tmp_path / "out", recipe="duplicate"), before, strict=True):
        assert {k: v for k, v in new.items() if k not in ("id", "morphaug")} == {
            k: v for k, v in old.items() if k != "id"
        }


def test_recipes_differ_and_the_manifest_says_by_how_much(tmp_path: Path) -> None:
    recipes = ("duplicate", "reorder", "lexicon", "pseudo")
    report = generate(job(tmp_path / "out", recipes=recipes))
    assert len(report["differences"]) == 6
    for entry in report["differences"]:
        a, b = (rows(tmp_path / "out", recipe=name) for name in entry["recipes"])
        differ = sum(
            (x["premise"], x["hypothesis"]) != (y["premise"], y["hypothesis"])
            for x, y in zip(a, b, strict=True)
        )
        assert entry["compared"] == len(a)
        assert entry["different"] == differ
        assert differ > 0
    shares = {s["recipe"]: s for s in report["streams"]}
    assert shares["duplicate"]["changed"] == 0
    assert shares["duplicate"]["edit_rate"] == 0
    assert shares["pseudo"]["edit_rate"] > shares["reorder"]["edit_rate"] > 0
    assert shares["reorder"]["lexicon_coverage"] is None
    assert shares["pseudo"]["lexicon_coverage"] > 0.9
    assert sum(shares["pseudo"]["rungs"].values()) == pytest.approx(1, abs=0.001)


def test_variants_and_rate(tmp_path: Path) -> None:
    report = generate(job(tmp_path / "out", variants=3, rate=0.3, recipes=("noise:lexicon", "lexicon")))
    made = rows(tmp_path / "out", recipe="lexicon")
    ids = [r["id"] for r in made]
    assert len(set(ids)) == len(ids) == 3 * report["records"]["examples"]
    assert len({r["premise"] for r in made[:3]}) > 1
    rates = {s["recipe"]: s["edit_rate"] for s in report["streams"]}
    assert 0 < rates["lexicon"] < 0.6


def test_a_treebank_keeps_its_sentences(tmp_path: Path) -> None:
    source = ENGLISH / "tagging.conllu"
    generate(
        job(tmp_path / "out", task="conllu", inputs=(str(source),), parser="auto", targets=("fin", "tur"))
    )
    before = [s for _, s in read_sentences(source)]
    for target in ("fin", "tur"):
        (part,) = (tmp_path / "out" / target / "pseudo").iterdir()
        assert part.name == "part-00000.conllu"
        after = list(read_sentences(part))
        assert [s.id for _, s in after] == [s.id for s in before]
        for (block, new), old in zip(after, before, strict=True):
            misc = dict(
                item.split("=", 1) for row in block.words() for item in row[9].split("|") if "=" in item
            )
            assert set(misc["Src"].split(",")) <= {str(t.id) for t in old.tokens}
            assert new.tokens
    assert any(
        "ssa" in t.form
        for _, s in read_sentences(tmp_path / "out/fin/pseudo/part-00000.conllu")
        for t in s.tokens
    )


def test_provenance_names_sources_of_every_word(tmp_path: Path) -> None:
    generate(job(tmp_path / "out", provenance=True))
    for record in rows(tmp_path / "out"):
        words = record["morphaug"]["provenance"]["premise"]
        assert "".join(w["text"] + w["space"] for w in words) == record["premise"]
        assert any(w["rules"] for w in words)


def test_native_output_is_the_format_of_the_input(tmp_path: Path) -> None:
    settings = {"task": "tagging", "format": "native"}
    generate(job(tmp_path / "out", inputs=(str(ENGLISH / "tagging.conll"),), **settings))
    (part,) = (tmp_path / "out/fin/pseudo").iterdir()
    assert part.suffix == ".conll"
    again = job(
        tmp_path / "again", inputs=(str(part),), recipes=("duplicate",), parser=FreshTrees(), **settings
    )
    assert generate(again)["records"]["rejected"] == {}
    assert (tmp_path / "again/fin/duplicate/part-00000.conll").read_bytes() == part.read_bytes()


def test_a_table_keeps_its_columns(tmp_path: Path) -> None:
    source = tmp_path / "nli.tsv"
    source.write_text(
        "".join(f"{r['premise']}\t{r['hypothesis']}\t{r['label']}\n" for r in nli(12)), encoding="utf-8"
    )
    columns = ("premise", "hypothesis", "label")
    generate(job(tmp_path / "out", inputs=(str(source),), columns=columns, format="native"))
    (part,) = (tmp_path / "out/fin/pseudo").iterdir()
    lines = [line.split("\t") for line in part.read_text(encoding="utf-8").splitlines()]
    assert [line[2] for line in lines] == [str(r["label"]) for r in nli(12)]
    assert {len(line) for line in lines} == {3}


def test_squad_in_squad_out(tmp_path: Path) -> None:
    lines = (ENGLISH / "qa.jsonl").read_text(encoding="utf-8").splitlines()
    flat = [json.loads(line) for line in lines]
    document = {
        "data": [
            {
                "title": "t",
                "paragraphs": [
                    {
                        "context": r["context"],
                        "qas": [
                            {
                                "id": r["id"],
                                "question": r["question"],
                                "answers": [
                                    {"text": t, "answer_start": s}
                                    for t, s in zip(
                                        r["answers"]["text"], r["answers"]["answer_start"], strict=True
                                    )
                                ],
                            }
                        ],
                    }
                ],
            }
            for r in flat
        ]
    }
    source = tmp_path / "squad.json"
    source.write_text(json.dumps(document), encoding="utf-8")
    generate(job(tmp_path / "out", task="span-qa", inputs=(str(source),), format="native"))
    (part,) = (tmp_path / "out/fin/pseudo").iterdir()
    made = json.loads(part.read_text(encoding="utf-8"))
    answers = [
        (p["context"], a)
        for d in made["data"]
        for p in d["paragraphs"]
        for qa in p["qas"]
        for a in qa["answers"]
    ]
    assert len(answers) > 10
    assert all(c[a["answer_start"] :].startswith(a["text"]) for c, a in answers)


def test_parquet(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    generate(job(tmp_path / "out", format="parquet"))
    table = parquet.read_table(tmp_path / "out/fin/pseudo/part-00000.parquet")
    generate(job(tmp_path / "lines"))
    assert table.to_pylist() == rows(tmp_path / "lines")


# -- the same bytes however it is run -----------------------------------------------------------------


@pytest.fixture
def many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Three hundred records among which one in ten is bad, and small chunks."""
    monkeypatch.setattr(generation, "CHUNK", 8)
    monkeypatch.setattr(generation, "GROUP", 32)
    records: list[Any] = nli(140)
    for at in range(0, 140, 10):
        records.insert(at + at // 10, [{"id": f"b{at}", "premise": "It rains."}, "no object", {}][at % 3])
    records.append({"id": "n3", "premise": "The end.", "hypothesis": "The end.", "label": 0})
    return {"inputs": (write_jsonl(tmp_path / "many.jsonl", records),), "recipes": ("pseudo", "noise:morph")}


def test_workers_change_nothing(tmp_path: Path, many: dict[str, Any]) -> None:
    generate(job(tmp_path / "one", **many, shard_size=50))
    generate(job(tmp_path / "three", **many, shard_size=50, workers=3))
    assert files(tmp_path / "one") == files(tmp_path / "three")


def test_shard_size_changes_only_the_cuts(tmp_path: Path, many: dict[str, Any]) -> None:
    for size in (7, 1000):
        generate(job(tmp_path / str(size), **many, shard_size=size))
    assert len(list((tmp_path / "7/fin/pseudo").iterdir())) == 20
    for recipe in many["recipes"]:
        assert rows(tmp_path / "7", recipe=recipe) == rows(tmp_path / "1000", recipe=recipe)
    assert rejects(tmp_path / "7") == rejects(tmp_path / "1000")


def test_order_of_the_input_changes_no_record(tmp_path: Path) -> None:
    records = nli(60)
    generate(job(tmp_path / "a", inputs=(write_jsonl(tmp_path / "a.jsonl", records),), variants=2, rate=0.5))
    random.Random(1).shuffle(records)
    generate(job(tmp_path / "b", inputs=(write_jsonl(tmp_path / "b.jsonl", records),), variants=2, rate=0.5))
    by_id = [{r["id"]: r for r in rows(tmp_path / name)} for name in "ab"]
    assert len(by_id[0]) == 120
    assert by_id[0] == by_id[1]


def test_hash_seed_changes_nothing(tmp_path: Path, sample_home: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from morphaug.generate import Job, generate;"
        f"generate(Job('span-qa', ({str(ENGLISH / 'qa.jsonl')!r},), ('fin', 'swh', 'tur'),"
        f" ('pseudo', 'synthetic', 'noise:pseudo'), Path(sys.argv[1]), parser={PARSES!r}, variants=2, rate=0.7))"
    )
    for seed in ("1", "2"):
        env = {**os.environ, "PYTHONHASHSEED": seed, "MORPHAUG_HOME": str(sample_home)}
        subprocess.run([sys.executable, "-c", code, str(tmp_path / seed)], env=env, check=True)
    assert files(tmp_path / "1") == files(tmp_path / "2")


def test_seed_changes_draws(tmp_path: Path) -> None:
    for seed in (0, 1):
        generate(job(tmp_path / str(seed), seed=seed, rate=0.5))
    assert rows(tmp_path / "0") != rows(tmp_path / "1")


# -- interruption -------------------------------------------------------------------------------------


class Interrupting:
    """Stops a run after so many examples."""

    def __init__(self, after: int) -> None:
        self.after = after

    def __call__(self, examples: int, _: int) -> None:
        if examples >= self.after:
            raise KeyboardInterrupt


@pytest.mark.parametrize(("after", "workers"), [(1, 1), (25, 1), (77, 2), (139, 1)])
def test_a_resumed_run_writes_the_same_bytes(
    tmp_path: Path, many: dict[str, Any], after: int, workers: int
) -> None:
    generate(job(tmp_path / "whole", **many, shard_size=20))
    part = job(tmp_path / "part", **many, shard_size=20, workers=workers)
    with pytest.raises(KeyboardInterrupt):
        generate(part, Interrupting(after))
    assert not (tmp_path / "part/manifest.json").exists()
    finished = sorted((tmp_path / "part/fin/pseudo").glob("part-*"))
    assert after // 20 <= len(finished) < 8
    with pytest.raises(MorphaugError, match="--resume"):
        generate(part)
    stamps = [p.stat().st_mtime_ns for p in finished]
    generate(job(tmp_path / "part", **many, shard_size=20, resume=True))
    assert [p.stat().st_mtime_ns for p in finished] == stamps, "finished shards are not written again"
    assert files(tmp_path / "part") == files(tmp_path / "whole")


def test_resume_refuses_another_plan(tmp_path: Path, many: dict[str, Any]) -> None:
    with pytest.raises(KeyboardInterrupt):
        generate(job(tmp_path / "out", **many, shard_size=20), Interrupting(30))
    before = sorted(p.name for p in (tmp_path / "out" / STATE).iterdir())
    for change, named in (({"seed": 5}, "seed"), ({"rate": 0.5}, "rate"), ({"shard_size": 21}, "shard_size")):
        with pytest.raises(MorphaugError, match=f"cannot resume .*{named} was"):
            generate(job(tmp_path / "out", **{**many, "shard_size": 20, **change}, resume=True))
    source = Path(many["inputs"][0])
    source.write_text(source.read_text(encoding="utf-8") + "{}\n", encoding="utf-8")
    with pytest.raises(MorphaugError, match="inputs was"):
        generate(job(tmp_path / "out", **many, shard_size=20, resume=True))
    assert sorted(p.name for p in (tmp_path / "out" / STATE).iterdir()) == before


def test_resume_of_a_complete_run_does_nothing(tmp_path: Path) -> None:
    report = generate(job(tmp_path / "out"))
    stamp = (tmp_path / "out/manifest.json").stat().st_mtime_ns
    assert generate(job(tmp_path / "out", resume=True)) == report
    assert (tmp_path / "out/manifest.json").stat().st_mtime_ns == stamp


def test_resume_begins_where_nothing_is(tmp_path: Path) -> None:
    generate(job(tmp_path / "out", resume=True))
    assert len(rows(tmp_path / "out")) == 12


def test_a_lost_shard_is_made_again(tmp_path: Path, many: dict[str, Any]) -> None:
    generate(job(tmp_path / "whole", **many, shard_size=20))
    with pytest.raises(KeyboardInterrupt):
        generate(job(tmp_path / "out", **many, shard_size=20), Interrupting(70))
    (tmp_path / "out/fin/pseudo/part-00001.jsonl").unlink()
    generate(job(tmp_path / "out", **many, shard_size=20, resume=True))
    assert files(tmp_path / "out") == files(tmp_path / "whole")


@pytest.mark.parametrize("kind", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_signal_leaves_what_resume_needs_and_no_process(
    tmp_path: Path, sample_home: Path, kind: signal.Signals
) -> None:
    source = write_jsonl(
        tmp_path / "in.jsonl", nli(144) + [{**r, "id": f"again {r['id']}"} for r in nli(144)]
    )
    settings = ["-t", "classification", "-i", source, "-l", "fin,tur", "-r", "pseudo,synthetic"]
    settings += ["--parser", PARSES, "--shard-size", "20", "--workers", "2"]
    command = [sys.executable, "-m", "morphaug", "generate", *settings, "-o", str(tmp_path / "out")]
    env = {**os.environ, "MORPHAUG_HOME": str(sample_home)}
    run = subprocess.Popen(command, env=env, stderr=subprocess.PIPE, text=True)
    first = tmp_path / "out/tur/synthetic/part-00001.jsonl"
    deadline = time.monotonic() + 60
    while not first.exists():
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    children = _children(run.pid)
    run.send_signal(kind)
    _, err = run.communicate(timeout=30)
    if kind is not signal.SIGKILL:
        assert run.returncode == 130
        assert err == f"interrupted; the same command with --resume goes on in {tmp_path / 'out'}\n"
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children):
        assert time.monotonic() < deadline, "a worker outlives its parent"
        time.sleep(0.05)
    assert not (tmp_path / "out/manifest.json").exists()
    same = {
        "inputs": (source,),
        "targets": ("fin", "tur"),
        "recipes": ("pseudo", "synthetic"),
        "shard_size": 20,
    }
    generate(job(tmp_path / "out", **same, resume=True))
    generate(job(tmp_path / "whole", **same))
    assert files(tmp_path / "out") == files(tmp_path / "whole")


def _children(pid: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == pid:
            found.append(int(stat.parent.name))
    return found


# -- what goes wrong ----------------------------------------------------------------------------------


def test_losses_are_counted_and_listed(tmp_path: Path, many: dict[str, Any]) -> None:
    report = generate(job(tmp_path / "out", **many))
    listed = rejects(tmp_path / "out")
    assert report["records"]["read"] == 155
    assert sum(report["records"]["rejected"].values()) == len([r for r in listed if "target" not in r]) == 15
    assert report["records"]["rejected"]["duplicate_id"] == 1
    again = next(r for r in listed if r["reason"] == "duplicate_id")
    assert again["id"] == "n3"
    assert again["place"].endswith(":155")
    for reject in listed:
        assert reject["reason"]
        assert reject["place"]


def test_records_without_ids_get_them_from_their_content(tmp_path: Path) -> None:
    records = [{k: v for k, v in r.items() if k != "id"} for r in nli(12)]
    records += [records[0], records[0]]
    generate(job(tmp_path / "out", inputs=(write_jsonl(tmp_path / "in.jsonl", records),)))
    ids = [r["morphaug"]["source_id"] for r in rows(tmp_path / "out")]
    assert ids[-2:] == [f"{ids[0]}-2", f"{ids[0]}-3"]
    assert len(set(ids)) == 14
    generate(job(tmp_path / "less", inputs=(write_jsonl(tmp_path / "less.jsonl", records[5:7]),)))
    assert [r["morphaug"]["source_id"] for r in rows(tmp_path / "less")] == ids[5:7]


def test_a_text_without_a_parse_costs_its_record(tmp_path: Path) -> None:
    records = nli(5)
    records[2]["premise"] = "Nobody has parsed this."
    generate(job(tmp_path / "out", inputs=(write_jsonl(tmp_path / "in.jsonl", records),)))
    (reject,) = rejects(tmp_path / "out")
    assert (reject["id"], reject["reason"]) == ("n2", "not_parsed")
    assert "Nobody has parsed this." in reject["detail"]
    assert len(rows(tmp_path / "out")) == 4


def test_parses_of_other_texts_are_an_error_at_once(tmp_path: Path) -> None:
    records = [{"premise": f"Unknown {i}.", "hypothesis": "No.", "label": 0} for i in range(5)]
    with pytest.raises(MorphaugError, match=r"Unknown 0\."):
        generate(job(tmp_path / "out", inputs=(write_jsonl(tmp_path / "in.jsonl", records),)))
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"recipes": ("psuedo",)}, UnknownName, "recipe 'psuedo'.*pseudo"),
        ({"targets": ("finish",)}, UnknownName, "language 'finish'.*innish"),
        ({"task": "qa"}, UnknownName, "task 'qa'.*span-qa"),
        ({"fields": {"premiss": "a"}}, UnknownName, "premiss.*premise"),
        ({"parser": "stnza"}, UnknownName, "parser 'stnza'.*stanza"),
        ({"input_format": "jsnl"}, UnknownName, "format 'jsnl'.*jsonl"),
        ({"inputs": ("nowhere.jsonl",)}, MorphaugError, "nowhere.jsonl"),
        ({"targets": ("hun",)}, MissingResource, "morphaug resources fetch hun"),
        ({"variants": 0}, MorphaugError, "variants is 0"),
        ({"rate": 1.5}, MorphaugError, "rate is 1.5"),
        ({"targets": ()}, MorphaugError, "name a target"),
        ({"recipes": ("a b", "a:b"), "recipe_file": "own.yaml"}, MorphaugError, "two recipes"),
        ({"inputs": ("empty.jsonl",)}, MorphaugError, "empty"),
        ({"format": "native", "inputs": ("trees.conllu",)}, MorphaugError, "cannot hold"),
    ],
)
def test_a_mistake_is_one_line_and_writes_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: dict[str, Any],
    error: type[MorphaugError],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty.jsonl").touch()
    Path("trees.conllu").write_bytes((ENGLISH / "nli.conllu").read_bytes())
    Path("own.yaml").write_text('"a b": [order]\n"a:b": [order]\n')
    if "recipe_file" in change:
        change = {**change, "recipe_file": Path(change["recipe_file"])}
    with pytest.raises(error, match=message) as caught:
        generate(job(tmp_path / "out", **change))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    for resume in (False, True):
        with pytest.raises(MorphaugError, match=r"not empty|nothing to resume"):
            generate(job(tmp_path, resume=resume))
    assert [p.name for p in tmp_path.iterdir() if p.name != "morphaug-home"] == ["notes.txt"]


def test_a_fault_of_an_operator_costs_one_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from morphaug import recipes

    true = recipes.derive

    def faulty(sentences: Any, recipe: Any, target: Any, key: Any, *rest: Any) -> Any:
        if key.example == "nli-04":
            raise IndexError("list index out of range")
        return true(sentences, recipe, target, key, *rest)

    monkeypatch.setattr(recipes, "derive", faulty)
    report = generate(job(tmp_path / "out"))
    assert report["streams"][0]["rejected"] == {"internal_error": 1}
    assert "IndexError: list index out of range" in rejects(tmp_path / "out")[0]["detail"]


def test_own_recipes_and_their_noise(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("cases: {steps: [case, inflect], about: only cases}\n")
    report = generate(job(tmp_path / "out", recipes=("cases", "noise:cases"), recipe_file=own))
    assert [s["recipe"] for s in report["streams"]] == ["cases", "noise:cases"]
    assert (tmp_path / "out/fin/noise-cases/part-00000.jsonl").is_file()
    cases, noise = report["streams"]
    assert noise["edit_rate"] == pytest.approx(cases["edit_rate"], abs=0.1)


def test_a_recipe_that_translates_needs_a_lexicon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from morphaug.resources import import_table

    monkeypatch.setenv("MORPHAUG_HOME", str(tmp_path / "other-home"))
    import_table("tur", [data_file("samples", "tur", "unimorph.tsv")])
    for recipe in ("pseudo", "noise:lexicon"):
        with pytest.raises(MissingResource, match="morphaug resources fetch tur --lexicon"):
            generate(job(tmp_path / "out", targets=("tur",), recipes=("reorder", recipe)))
        assert not (tmp_path / "out").exists()
    generate(job(tmp_path / "out", targets=("tur",), recipes=("reorder", "morph")))


@pytest.mark.parametrize("task", ["classification", "span-qa", "tagging", "conllu"])
def test_damaged_input_gives_rejects_or_one_line_never_a_wrong_label(tmp_path: Path, task: str) -> None:
    name = {
        "classification": "nli.jsonl",
        "span-qa": "qa.jsonl",
        "tagging": "tagging.conll",
        "conllu": "qa.conllu",
    }[task]
    whole = (ENGLISH / name).read_bytes()
    luck = random.Random(task)
    junk = [b"\xff", b"\x00", b'"', b"{", b"}", b"\t", b"\n", b"\r", b"\r\n", b"-1", b"0", "🙂".encode()]
    junk += ["e\u0301\u0327".encode(), b"\xed\xa0\x80", b" ", b"null", b"[" * 3000, b"x" * 1_000_000]
    kept, messages = 0, []
    for turn in range(30):
        text = bytearray(whole)
        for _ in range(luck.choice((1, 3, 20))):
            at = luck.randrange(len(text))
            text[at : at + luck.choice((0, 0, 1, 30))] = luck.choice(junk)
        if turn % 5 == 0:
            del text[luck.randrange(len(text)) :]
        source = tmp_path / name
        source.write_bytes(text)
        trees: Any = "auto" if task == "conllu" else FreshTrees()
        out = tmp_path / f"out{turn}"
        try:
            report = generate(job(out, task=task, inputs=(str(source),), parser=trees, targets=("tur",)))
        except MorphaugError as error:
            messages.append(str(error))
            assert not out.exists()
            continue
        counted = sum(report["records"]["rejected"].values()) + report["streams"][0]["out"]
        counted += sum(report["streams"][0]["rejected"].values())
        assert counted == report["records"]["read"]
        assert "internal_error" not in report["streams"][0]["rejected"], rejects(out)
        kept += report["streams"][0]["out"]
        if task == "conllu":
            continue
        for record in rows(out, "tur"):
            for answer, start in zip(
                *record.get("answers", {"text": (), "answer_start": ()}).values(), strict=True
            ):
                assert record["context"][start : start + len(answer)] == answer
            assert len(record.get("tokens", ())) == len(record.get("tags", ()))
    assert kept > 50
    assert not any("\n" in message for message in messages)


def test_limit(tmp_path: Path) -> None:
    report = generate(job(tmp_path / "out", limit=5))
    assert report["records"]["read"] == len(rows(tmp_path / "out")) == 5


class FreshTrees:
    """A parser of one's own: each token hangs on the first."""

    name = "flat"

    def parse(self, texts: Any) -> Any:
        from morphaug.trees import Sentence, Token

        out = []
        for text in texts:
            words = text.split(" ") if isinstance(text, str) else list(text)
            tokens = [
                Token(i, w, w.lower(), "NOUN", {}, 0 if i == 1 else 1, "obj", " ", (i,))
                for i, w in enumerate(words, 1)
            ]
            tokens[-1].space = ""
            out.append([Sentence(tokens)])
        return out


def test_memory_is_flat(tmp_path: Path) -> None:
    """Fifteen hundred more records must not show in the memory of the process."""
    import tracemalloc

    peaks = []
    for count in (300, 1800):
        source = write_jsonl(tmp_path / f"{count}.jsonl", nli(count))
        settings = {"inputs": (source,), "recipes": ("duplicate",), "shard_size": 300}
        tracemalloc.start()
        generate(job(tmp_path / str(count), **settings))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 700_000
