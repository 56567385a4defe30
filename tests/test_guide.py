"""The guide shows what the commands print today."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def test_the_guide_shows_real_output(sample_home: Path) -> None:
    spec = importlib.util.spec_from_file_location("refresh", ROOT / "docs" / "refresh.py")
    assert spec is not None
    assert spec.loader is not None
    refresh = importlib.util.module_from_spec(spec)
    sys.modules["refresh"] = refresh
    spec.loader.exec_module(refresh)
    text = refresh.GUIDE.read_text(encoding="utf-8")
    assert text.count("```console") >= 10
    assert refresh.refreshed(text, sample_home) == text
