"""What can go wrong with an image, said to a person."""

from __future__ import annotations


class ImageError(ValueError):
    """The image could not be built, described or pushed. The message says what, and the way out; the command line exits 1."""
