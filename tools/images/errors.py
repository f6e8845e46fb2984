"""The error of this package, with a message for a person."""

from __future__ import annotations


class ImageError(ValueError):
    """An image could not be built, described or pushed. The command line prints the message and exits 1."""
