"""Typological data augmentation for cross-lingual transfer."""

__version__ = "0.1.0"
