"""What a resource says of itself beside its own properties: its tags, the words of its name, and whether it is for production."""

from __future__ import annotations

import re
from typing import Final

from tools.plan.reader import Block
from tools.plan.view import Plan, ResourceView

PRODUCTION: Final = frozenset({"prod", "production"})
# Where a resource's name on AWS, or the start of it, may stand.
_NAMES: Final = ("bucket", "name", "namePrefix", "bucketPrefix")


def is_production(resource: ResourceView, plan: Plan) -> bool:
    """Whether a resource is meant for production: its Environment tag says so or, where it has none, the stack's name."""
    environment = known_tag(resource, "Environment") or plan.stack.rsplit("/", 1)[-1].split("-")[0]
    return environment.lower() in PRODUCTION


def tags_of(resource: ResourceView) -> dict[str, Block]:
    """The tags of a resource, the provider's default tags (which it adds as `tagsAll`) among them. Raises Undecided where a
    whole map of them is not known; one tag alone raises when it is read."""
    block = Block.of(resource)
    return {**block.entries("tagsAll"), **block.entries("tags")}


def tag_of(resource: ResourceView, key: str) -> str:
    """The text of a tag, "" where there is none. Raises Undecided where it is not known yet."""
    tag = tags_of(resource).get(key)
    return tag.in_words().strip() if tag else ""


def known_tag(resource: ResourceView, key: str) -> str:
    """The text of a tag, "" where there is none or it is not known yet."""
    for source in ("tags", "tagsAll"):
        tag = Block.of(resource).entries(source, unknown={}).get(key)
        if tag and (said := tag.text(unknown=None)) is not None:
            return said
    return ""


def name_says(resource: ResourceView, *words: str) -> bool:
    """Whether one of these words is among those of the resource's logical name, its name or its Name and Tier tags."""
    block = Block.of(resource)
    texts = [resource.name, known_tag(resource, "Name"), known_tag(resource, "Tier")]
    texts += [block.text(key, unknown="") for key in _NAMES]
    said = {word for text in texts for word in re.findall(r"[a-z0-9]+", text.lower())}
    return not said.isdisjoint(words)
