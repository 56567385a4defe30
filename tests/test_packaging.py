"""What a wheel carries, and that it works far from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
HEAVY = ("torch", "numpy", "pandas", "stanza", "spacy", "datasets", "pyarrow", "typer", "rich", "yaml")


def project() -> dict[str, object]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_folder_of_the_package_is_listed() -> None:
    folders = {p.parent for top in ("morphaug", "harness") for p in (ROOT / top).rglob("*.py")}
    names = {".".join(p.relative_to(ROOT).parts) for p in folders}
    assert set(project()["tool"]["setuptools"]["packages"]) == names | {"morphaug.shipped"}  # type: ignore[index]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from a copy of the tree: a build folder left in the checkout would leak old files."""
    source = tmp_path_factory.mktemp("source")
    for name in ("morphaug", "harness", "resources"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("cli.py", "pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source / name)
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out), str(source)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = out.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with nothing but the installed wheel."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-compile"]
    subprocess.run([*command, "--disable-pip-version-check", "--target", str(folder), str(wheel)], check=True)
    return folder


def elsewhere(site: Path, tmp_path: Path, *command: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": str(site), "PYTHONSAFEPATH": "1", "COLUMNS": "100"}
    return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True)


def test_wheel_holds_the_resources_and_the_licences(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert "morphaug/app/cli.py" in names
    assert "morphaug/py.typed" in names
    for path in (ROOT / "resources").rglob("*"):
        if path.is_file():
            assert f"morphaug/shipped/{path.relative_to(ROOT / 'resources').as_posix()}" in names
    assert {Path(n).name for n in names if "/licenses/" in n} == {"LICENSE", "NOTICE"}


def test_no_generic_name_lands_in_site_packages(site: Path) -> None:
    assert {p.name.partition("-")[0] for p in site.iterdir()} == {"morphaug", "harness", "bin"}


def test_installed_command_works_from_another_folder(site: Path, tmp_path: Path) -> None:
    code = (
        "import morphaug, morphaug.app.cli as cli; from morphaug.data import data_file;"
        "print(morphaug.__file__, cli.__file__, data_file(), sep='\\n')"
    )
    shown = elsewhere(site, tmp_path, sys.executable, "-c", code)
    assert shown.returncode == 0, shown.stderr
    for line in shown.stdout.splitlines():
        assert Path(line).is_relative_to(site), line
        assert Path(line).exists()
    helped = elsewhere(site, tmp_path, sys.executable, str(site / "bin" / "morphaug"), "--help")
    assert helped.returncode == 0, helped.stderr
    assert "generate" in helped.stdout


def test_uriel_is_found_beside_the_script_that_lang2vec_installs(tmp_path: Path) -> None:
    (tmp_path / "lang2vec.py").write_text("raise SystemExit('this is no package')")
    (tmp_path / "script.py").write_text("from morphaug.uriel import files; print(*files())")
    command = [sys.executable, str(tmp_path / "script.py")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "features.npz" in shown.stdout


def test_import_is_light() -> None:
    code = (
        "import sys, time; t = time.process_time(); import morphaug; t = time.process_time() - t;"
        f"print(t, *[m for m in {HEAVY!r} if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, *heavy = shown.stdout.split()
    assert not heavy
    assert float(seconds) < 0.3


def test_help_is_quick_because_commands_import_what_they_need() -> None:
    code = (
        "import sys; from morphaug.app.cli import main; sys.argv = ['morphaug', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*[m for m in ('numpy', 'torch', 'pandas', 'stanza', 'yaml', 'marisa_trie') if m in sys.modules], file=sys.stderr)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stderr.strip() == ""


def test_constraints_hold_every_direct_dependency() -> None:
    meta = project()["project"]
    assert isinstance(meta, dict)
    extras = meta["optional-dependencies"]
    wanted = [
        *meta["dependencies"],
        *(d for name in extras if name != "docs" for d in extras[name]),
    ]
    pinned = {
        line.partition("==")[0].lower()
        for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
        if "==" in line
    }
    names = {d.partition(";")[0].split("[")[0].split(">")[0].split("=")[0].strip().lower() for d in wanted}
    assert names - {"morphaug"} <= pinned
    assert "torch" in pinned
