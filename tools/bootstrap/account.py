"""The AWS account that bootstrap works on, by its boto3 clients, and helpers that compare its documents and tags with ours."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from infra.base.iam import Document, Statement
from tools.bootstrap.errors import BootstrapError
from tools.bootstrap.target import Target


@dataclass(slots=True, kw_only=True)
class Account:
    """The account of a target. `key_arn` is the state key's arn, "" until the key is found or made."""

    target: Target
    kms: Any
    s3: Any
    iam: Any
    key_arn: str = ""


def check_account(sts: Any, *, stack: str, account_id: str) -> None:
    """Raises ValueError where the credentials are not of the stack file's account, in which nothing may then be made."""
    found = str(sts.get_caller_identity()["Account"])
    if found != account_id:
        raise ValueError(
            f"these credentials are of account {found}, and Pulumi.{stack}.yaml is for {account_id} (slipway:accountId); nothing "
            "was touched. Take the other profile (AWS_PROFILE), or correct the file"
        )


def same_document(one: Any, other: Any) -> bool:
    """Whether two policy documents mean the same. AWS returns lists of one item as text, and lists in an order of its own."""
    return bool(_canonical(one) == _canonical(other))


def merged(found: Any, wanted: Document, *, replaced: Collection[str] = ()) -> Document:
    """`wanted` with the statements of `found` that are not ours: whose Sid is neither in `wanted` nor in `replaced`."""
    ours = {statement["Sid"] for statement in wanted["Statement"]} | set(replaced)
    return {**wanted, "Statement": [*wanted["Statement"], *(one for one in _statements(found) if one.get("Sid") not in ours)]}


def missing_tags(found: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """The wanted tags that are absent. A tag with another value is not missing: somebody else who uses it may have set it."""
    return {key: value for key, value in wanted.items() if not found.get(key)}


def tag_list(tags: Mapping[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    """Tags as a list of pairs. Most of AWS calls them Key and Value, KMS calls them TagKey and TagValue."""
    return [{key: name, value: text} for name, text in tags.items()]


def parsed(text: str | Mapping[str, Any], what: str) -> dict[str, Any]:
    """A document of AWS as a dict. boto3 returns IAM's documents as dicts already, and all others as text."""
    try:
        return dict(json.loads(text) if isinstance(text, str) else text)
    except ValueError as error:
        raise BootstrapError(f"{what} is no JSON: {error}; put it right by hand") from error


def _statements(document: Any) -> list[Statement]:
    found = document.get("Statement", []) if document else []
    return [dict(found)] if isinstance(found, Mapping) else list(found)


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _canonical(item) for key, item in value.items()}
    items = value if isinstance(value, list | tuple) else [value]
    deep = (_canonical(item) if isinstance(item, Mapping) else item for item in items)
    return sorted(deep, key=lambda item: json.dumps(item, sort_keys=True))
