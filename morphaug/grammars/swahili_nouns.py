"""Swahili nouns: the class of a noun from a short list or from its shape, its plural, its locative."""

from __future__ import annotations

VOWELS = "aeiou"
