"""Run the guide's commands again and write their output into it.

    python docs/refresh.py

Each block of the form

    ```console
    $ morphaug recipes
    ...
    ```

is replaced by what the command prints, in a folder with the shipped resources installed. A test compares.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GUIDE = ROOT / "docs" / "guide.md"
_BLOCK = re.compile(r"```console\n\$ (morphaug [^\n]*)\n.*?```", re.DOTALL)


def output(command: str, folder: Path, home: Path) -> str:
    """What a command prints to a terminal 100 columns wide, without trailing blanks."""
    env = {
        **os.environ,
        "MORPHAUG_HOME": str(home),
        "COLUMNS": "100",
        "NO_COLOR": "1",
        "PYTHONPATH": str(ROOT),
    }
    words = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(
        words, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    lines = (done.stdout + done.stderr).strip("\n").splitlines()
    return "\n".join(line.rstrip() for line in lines)


def refreshed(text: str, home: Path) -> str:
    """The guide with every block's output made anew, in order, in one fresh folder."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "resources").symlink_to(ROOT / "resources")

        def again(match: re.Match[str]) -> str:
            command = match.group(1)
            return f"```console\n$ {command}\n{output(command, folder, home)}\n```"

        return _BLOCK.sub(again, text)


def main() -> None:
    from morphaug.demo import own_home, shipped_languages, take_samples

    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        with own_home(home):
            for code in shipped_languages():
                take_samples(code)
        GUIDE.write_text(refreshed(GUIDE.read_text(encoding="utf-8"), home), encoding="utf-8")


if __name__ == "__main__":
    main()
