"""The `unimorph` package and morphaug share one copy of a table."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from morphaug import resources

ROWS = "Hund\tHund\tN;NOM;SG\nHund\tHunde\tN;NOM;PL\nHund\tHunden\tN;DAT;PL\n"


def test_both_read_the_same_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if find_spec("unimorph") is None:
        pytest.skip("the unimorph package is not installed")
    (tmp_path / "deu").mkdir()
    (tmp_path / "deu" / "deu").write_text(ROWS, encoding="utf-8")
    monkeypatch.setenv("UNIMORPH", str(tmp_path))
    assert resources.paradigms("deu").forms("Hund", "N;NOM;PL") == ("Hunde",)
    code = "import unimorph; print(unimorph.inflect_word('Hund', lang='deu', features='N;NOM;PL'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.split() == ["Hund", "Hunde", "N;NOM;PL"]
