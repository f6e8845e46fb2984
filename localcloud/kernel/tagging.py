"""Tags in all of AWS's forms: on create, by tag and untag operations, read back."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jmespath

from localcloud.kernel.context import Call, Context
from localcloud.kernel.spec import Tags


@dataclass(frozen=True, slots=True)
class IgnoredTags:
    """The provider's `ignoreTags`: tags that others set and look after. They are not seen, so nothing is ever done about them."""

    keys: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()

    def hides(self, key: str) -> bool:
        return key in self.keys or key.startswith(self.prefixes)

    def without(self, tags: Mapping[str, str]) -> dict[str, str]:
        """The tags that are not ignored."""
        return {key: value for key, value in tags.items() if not self.hides(key)}


def with_tags(call: Call, tags: Tags, wanted: Mapping[str, str]) -> Call:
    """The create call with the tags in the form it takes."""
    member, _, resource_type = tags.create.partition(":")
    value: Any = encode(tags, wanted)
    if resource_type:
        value = [*call.params.get(member, ()), {"ResourceType": resource_type, "Tags": value}]
    return dataclasses.replace(call, params={**call.params, member: lambda _: value})


def encode(tags: Tags, wanted: Mapping[str, str]) -> Any:
    if tags.form == "map":
        return dict(wanted)
    key, value = {"lower": ("key", "value"), "kms": ("TagKey", "TagValue")}.get(tags.form, ("Key", "Value"))
    return [{key: name, value: text} for name, text in sorted(wanted.items())]


def decode(found: Any) -> dict[str, str]:
    if isinstance(found, Mapping):
        return {str(key): str(value) for key, value in found.items()}
    return {
        str(item.get("Key", item.get("key", item.get("TagKey")))): str(
            item.get("Value", item.get("value", item.get("TagValue", "")))
        )
        for item in found or ()
    }


def change(context: Context, tags: Tags, old: Mapping[str, str], new: Mapping[str, str]) -> None:
    """Adds what is new or different, removes what is gone; nothing else is touched."""
    if tags.change is not None:
        tags.change(context, dict(new))
        return
    client = context.client()
    target = {tags.target[0]: context.fill(tags.target[1])}
    gone = {key: value for key, value in old.items() if key not in new}
    if gone:
        keys: Any = [{"Key": key} for key in sorted(gone)] if tags.remove_member == "Tags" else sorted(gone)
        getattr(client, tags.remove)(**target, **{tags.remove_member: keys})
    added = {key: value for key, value in new.items() if old.get(key) != value}
    if added:
        getattr(client, tags.add)(**target, **{tags.add_member: encode(tags, added)})


def read(context: Context, tags: Tags, data: Any, outputs: Mapping[str, Any]) -> dict[str, str]:
    """The tags that the resource has now, AWS's own (`aws:`) left out."""
    if tags.list_op:
        context.state = {**context.state, **outputs}
        found = getattr(context.client(), tags.list_op)(**{tags.target[0]: context.fill(tags.target[1])})
        found = jmespath.search(tags.list_path, found)
    else:
        found = jmespath.search(tags.read or "Tags", data)
    return {key: value for key, value in decode(found).items() if not key.startswith("aws:")}
