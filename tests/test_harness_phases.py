"""Phases are kept by content: found again if nothing changed, trained once by whoever comes first."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import pytest

from harness.phases import Phase, bare_code, code_version, content, digest, lock
from morphaug.errors import MorphaugError


def work(folder: Path) -> dict[str, object]:
    (folder / "weights").write_bytes(b"w" * 100)
    (folder / "tokenizer").mkdir()
    (folder / "tokenizer" / "vocabulary").write_text("a b c")
    return {"loss": 1.5}


def test_a_phase_is_trained_once_and_found_again(tmp_path: Path) -> None:
    phase = Phase(tmp_path / "phases", {"data": "x", "lr": 1})
    record, cached = phase.train(work)
    assert (record["loss"], record["key"], cached) == (1.5, phase.key, False)
    assert sorted(record["files"]) == ["tokenizer/vocabulary", "weights"]
    names = sorted(p.name for p in phase.root.iterdir())
    assert names == sorted([phase.key, f"{phase.key}.lock"])

    def never(folder: Path) -> dict[str, object]:
        raise AssertionError(f"trained again in {folder}")

    again, cached = Phase(tmp_path / "phases", {"lr": 1, "data": "x"}).train(never)
    assert (again, cached) == (record, True)
    phase.verify()


def test_everything_that_made_it_is_in_the_key(tmp_path: Path) -> None:
    made_of = {"data": ["a"], "settings": {"lr": 1e-5, "seed": 0}, "parent": None}
    key = Phase(tmp_path, made_of).key
    for other in (
        {**made_of, "data": ["b"]},
        {**made_of, "parent": "p"},
        {**made_of, "settings": {"lr": 1e-5, "seed": 1}},
    ):
        assert Phase(tmp_path, other).key != key
    assert len(digest(made_of)) == len(code_version()) == 16


def test_an_interrupted_phase_leaves_no_result_and_goes_on_in_its_folder(tmp_path: Path) -> None:
    phase = Phase(tmp_path, {"a": 1})

    def interrupted(folder: Path) -> dict[str, object]:
        (folder / "checkpoint").write_text("step 5")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        phase.train(interrupted)
    assert not phase.finished()

    def goes_on(folder: Path) -> dict[str, object]:
        assert (folder / "checkpoint").read_text() == "step 5"
        (folder / "checkpoint").unlink()
        return work(folder)

    record, cached = phase.train(goes_on)
    assert not cached
    assert "checkpoint" not in record["files"]


def test_a_damaged_result_is_told_from_a_whole_one(tmp_path: Path) -> None:
    phase = Phase(tmp_path, {"a": 1})
    phase.train(work)
    (phase.folder / "weights").write_bytes(b"x" * 100)
    assert phase.record()["loss"] == 1.5
    with pytest.raises(MorphaugError, match=r"weights is not what was trained; delete .*trained again"):
        phase.verify()
    (phase.folder / "weights").write_bytes(b"w" * 99)
    with pytest.raises(MorphaugError, match="weights is not what was trained"):
        phase.train(work)


def _slow(folder: Path) -> dict[str, object]:
    time.sleep(0.5)
    with (folder.parent / "times").open("a") as stream:
        stream.write("trained\n")
    return {}


def _arm(root: Path, lines: multiprocessing.Queue[object]) -> None:
    said: list[str] = []
    _, cached = Phase(root, {"a": 1}).train(_slow, say=said.append)
    lines.put((cached, len(said)))


def test_two_processes_train_a_shared_phase_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    lines: multiprocessing.Queue[object] = context.Queue()
    arms = [context.Process(target=_arm, args=(tmp_path, lines)) for _ in range(2)]
    for arm in arms:
        arm.start()
    got = sorted(lines.get(timeout=30) for _ in arms)
    for arm in arms:
        arm.join()
    assert [cached for cached, _ in got] == [False, True]
    assert (tmp_path / "times").read_text() == "trained\n"


def test_who_waits_is_told_for_whom(tmp_path: Path) -> None:
    path = tmp_path / "key.lock"
    with lock(path):
        pass
    with lock(path, say=pytest.fail):
        assert path.read_text().isdigit()


def test_content_is_a_hash_of_bytes_and_names(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x")
    before = content(tmp_path)
    assert content(tmp_path) == before
    (tmp_path / "a").rename(tmp_path / "b")
    assert content(tmp_path) != before
    with pytest.raises(MorphaugError, match="no such file or folder"):
        content(tmp_path / "none")


def test_a_comment_is_no_new_version_of_the_code() -> None:
    code = 'def half(x):\n    """Say."""\n    return x / 2  # why\n'
    assert bare_code(code) == bare_code('"""Module."""\ndef half(x):\n    return (x / 2)\n')
    assert bare_code(code) != bare_code(code.replace("2", "3"))
