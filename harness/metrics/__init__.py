"""Scores that equal the official scripts' to the last digit, with every example's outcome beside the average.

All scores are in percent and of one language; ``macro`` averages over languages. Nothing here knows models:
gold labels and predictions go in, a ``Score`` comes out.
"""

from harness.metrics.score import Score, macro

__all__ = ["Score", "macro"]
