"""Whether a container image says which image it is."""

from __future__ import annotations

from typing import Final

from policies.rule import PASS, Fail, Verdict

MOVING_TAGS: Final = frozenset({"latest", "stable", "main", "master", "edge", "nightly"})


def pinned(image: str) -> Verdict:
    """PASS for a digest or a tag that is not one of those that move; "" (no image) passes too."""
    if not image or "@sha256:" in image:
        return PASS
    _, colon, tag = image.rsplit("/", 1)[-1].partition(":")
    if not colon or not tag:
        return Fail(f"image {image} has no tag, so it is latest")
    return Fail(f"image {image} has the moving tag {tag}") if tag.lower() in MOVING_TAGS else PASS
