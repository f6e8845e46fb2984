"""What AWS asks of tags, whatever is tagged: at most 50, keys of 128 characters, values of 256, and no key of AWS's own.

https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from catalog.limits import TAG_KEY, TAG_VALUE, TAGS_A_RESOURCE
from localcloud.kernel.recorded import Refusal

# The members that hold the tags of a request which tags.
_MEMBERS: Final = frozenset({"Tags", "tags", "TagSpecifications", "Tagging", "ResourceTags", "TagList", "tagList"})
# Operations whose tags select, or are taken away.
_NO_TAGGING: Final = ("Delete", "Describe", "Get", "List", "Remove", "Search", "Untag")
_RESERVED: Final = "aws: prefixed tag key names are not allowed for external use."
# Service -> (code, words) for a reserved key; for too many tags; the code of a key or value that is too long.
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
# https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
_OWN: Final[Mapping[str, tuple[tuple[str, str], tuple[str, str], str]]] = {
    "ec2": (
        ("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use"),
        ("TagLimitExceeded", "The maximum number of Tags for a resource has been reached."),
        "InvalidParameterValue",
    ),
    "s3": (
        ("InvalidTag", "System tags cannot be added/updated by requester"),
        ("BadRequest", f"Bucket tag count cannot be greater than {TAGS_A_RESOURCE}"),
        "InvalidTag",
    ),
    "ecr": (
        ("InvalidTagParameterException", _RESERVED),
        ("TooManyTagsException", f"A resource can have at most {TAGS_A_RESOURCE} tags"),
        "InvalidTagParameterException",
    ),
    "kms": (
        ("TagException", _RESERVED),
        ("LimitExceededException", f"A resource can have at most {TAGS_A_RESOURCE} tags"),
        "TagException",
    ),
}


def obey_tags(service: str, operation: str, params: Mapping[str, Any], code: str) -> None:
    """Raises the Refusal of tags that AWS does not take; `code` is what the service says of any other wrong value."""
    named = _MEMBERS & params.keys()
    if not named or operation.startswith(_NO_TAGGING):
        return
    reserved, many, long = _OWN.get(
        service, ((code, _RESERVED), (code, f"A resource can have at most {TAGS_A_RESOURCE} tags"), code)
    )
    for member in named:
        for tags in _sets(params[member]):
            if len(tags) > TAGS_A_RESOURCE:
                raise Refusal(*many)
            for key, value in tags:
                if key.lower().startswith("aws:"):
                    raise Refusal(*reserved)
                if len(key) > TAG_KEY:
                    raise Refusal(long, f"Tag key exceeds the maximum length of {TAG_KEY} characters")
                if len(value) > TAG_VALUE:
                    raise Refusal(long, f"Tag value exceeds the maximum length of {TAG_VALUE} characters")


def _sets(value: Any) -> Iterator[list[tuple[str, str]]]:
    """The sets of tags in a member: a list, a map, S3's TagSet, or EC2's one set for each thing that is made."""
    if isinstance(value, Mapping):
        if "TagSet" in value:
            yield from _sets(value["TagSet"])
        else:
            yield [(str(key), item) for key, item in value.items() if isinstance(item, str)]
    elif isinstance(value, list) and value and isinstance(value[0], Mapping) and "Tags" in value[0]:
        for each in value:
            yield from _sets(each.get("Tags"))
    elif isinstance(value, list):
        found = []
        for each in value:
            if isinstance(each, Mapping):
                key = each.get("Key") or each.get("TagKey") or each.get("key") or ""
                text = each.get("Value") or each.get("TagValue") or each.get("value") or ""
                found.append((str(key), str(text)))
        yield found
