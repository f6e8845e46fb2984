"""What a resource's tags and names say about it: the value of a tag, a word, whether it is for production."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from tools.plan.reader import Block
from tools.plan.view import Plan, ResourceView

PRODUCTION: Final = frozenset({"prod", "production"})
# The properties that may hold a resource's name on AWS, or the start of it.
_NAMES: Final = ("bucket", "name", "namePrefix", "bucketPrefix")


def is_production(resource: ResourceView, plan: Plan) -> bool:
    """Whether a resource is meant for production: its Environment tag says so or, where it has none, the stack's name."""
    environment = known_tag(resource, "Environment") or plan.stack.rsplit("/", 1)[-1].split("-")[0]
    return environment.lower() in PRODUCTION


def tags_of(resource: ResourceView) -> dict[str, Any]:
    """The values of a resource's tags, the provider's default tags (which it adds as `tagsAll`) among them; any of them may be
    unknown. Raises Undecided where a whole map of them is."""
    block = Block.of(resource)
    found: dict[str, Any] = {}
    for source in ("tagsAll", "tags"):
        value = block.value(source)
        if isinstance(value, Mapping):
            found.update(value)
    return found


def tag_of(resource: ResourceView, key: str) -> str:
    """The text of a tag, "" where there is none. Raises Undecided where it is not known yet."""
    return Block(tags_of(resource).get(key), f"tags.{key}").in_words().strip()


def has_tag(resource: ResourceView, key: str) -> bool:
    """Whether a tag is given, be it unknown. Raises Undecided where it is not known which tags there are."""
    return Block(tags_of(resource).get(key)).given()


def known_tag(resource: ResourceView, key: str) -> str:
    """The text of a tag, "" where there is none or it is not known yet."""
    block = Block.of(resource)
    for source in ("tags", "tagsAll"):
        value = block.value(source, unknown=None)
        if isinstance(value, Mapping) and key in value and (text := Block(value[key]).text(unknown=None)) is not None:
            return text
    return ""


def name_says(resource: ResourceView, *words: str) -> bool:
    """Whether one of these words is among those of the resource's logical name, its name or its Name and Tier tags."""
    block = Block.of(resource)
    texts = [resource.name, known_tag(resource, "Name"), known_tag(resource, "Tier")]
    texts += [block.text(key, unknown="") for key in _NAMES]
    found = {word for text in texts for word in re.findall(r"[a-z0-9]+", text.lower())}
    return not found.isdisjoint(words)
