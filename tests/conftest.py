"""What every test gets: no network, a home of its own, and the real data where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

# A library that looks for a network finds none at once, instead of trying for half a minute.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's cache."""
    monkeypatch.setenv("MORPHAUG_HOME", str(tmp_path / "morphaug-home"))
    monkeypatch.delenv("UNIMORPH", raising=False)


def _folder(variable: str, what: str) -> Path:
    value = os.environ.get(variable)
    if not value:
        pytest.skip(f"{variable} is not set: {what} is not part of the repository")
    folder = Path(value)
    if not folder.is_dir():
        pytest.fail(f"{variable}={value} is not a folder")
    return folder


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of real data (UniMorph, treebanks, task sets)."""
    return _folder("MORPHAUG_TEST_DATA", "real data")


@pytest.fixture(scope="session")
def test_model() -> Path:
    """The folder of a small English Stanza pipeline."""
    return _folder("MORPHAUG_TEST_MODEL", "a Stanza model")


@pytest.fixture(scope="session")
def _sample_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped tables and lexicons, compiled once."""
    from morphaug.demo import own_home, shipped_languages, take_samples

    home = tmp_path_factory.mktemp("sample-home")
    with own_home(home):
        for code in shipped_languages():
            take_samples(code)
    return home


@pytest.fixture
def sample_home(_own_home: None, _sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home in which the shipped tables and lexicons are installed, shared by all tests of a process: only read it."""
    monkeypatch.setenv("MORPHAUG_HOME", str(_sample_home))
    return _sample_home
