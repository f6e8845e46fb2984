"""The checks that many rules share: a flag is on, something is set, a companion is there, an image is pinned."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card
from policies.verdict import PASS, Fail, Unknown, Verdict
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

# Tags that a registry's users move from image to image.
MOVING_TAGS: Final = frozenset({"latest", "stable", "main", "master", "edge", "nightly"})


def is_on(resource: ResourceView, path: str, otherwise: str) -> Verdict:
    """PASS where the flag at this path is true."""
    return PASS if Block.of(resource).flag(path) else Fail(otherwise)


def is_set(resource: ResourceView, path: str, otherwise: str) -> Verdict:
    """PASS where something is set at this path."""
    return PASS if Block.of(resource).has(path) else Fail(otherwise)


def has_companion(owner: ResourceView, plan: LinkedPlan, card: Card, otherwise: str) -> Verdict:
    """PASS where a resource of this type points to the owner, UNKNOWN where one may be the owner's."""
    companions = plan.companions(owner, card)
    if companions.found:
        return PASS
    return Unknown(companions.by) if companions.possible else Fail(otherwise)


def pinned(image: str) -> Verdict:
    """PASS for a digest or a tag that is not one of those that move; "" (no image) passes too."""
    if not image or "@sha256:" in image:
        return PASS
    _, colon, tag = image.rsplit("/", 1)[-1].partition(":")
    if not colon or not tag:
        return Fail(f"image {image} has no tag, so it is latest")
    return Fail(f"image {image} has the moving tag {tag}") if tag.lower() in MOVING_TAGS else PASS
