"""``python -m harness``: the same as the console script."""

from morphaug.app.cli import harness_main

harness_main()
