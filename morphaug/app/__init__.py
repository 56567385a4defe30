"""Where the command line lives in a checkout.

``cli.py`` stands at the top of the repository. A wheel carries it as ``morphaug/app/cli.py`` and leaves
this file out; in a checkout or an editable install this file makes the same import find the same module.
"""

from pathlib import Path

__path__.append(str(Path(__file__).resolve().parents[2]))
