"""The principals that a resource's policy names: AWS refuses a policy in which one of them is not there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from localcloud.kernel.account import ACCOUNT

_OWN: Final = re.compile(rf"arn:[a-z-]+:iam::{ACCOUNT}:(?P<kind>role|user)/(?:.*/)?(?P<name>[^/]+)")
# Roles that AWS itself makes when they are first needed: nobody can say that they are not there.
_MADE_BY_AWS: Final = ("role/aws-service-role/", "role/aws-reserved/")
_FORMS: Final = re.compile(r"\*|\d{12}|arn:[a-z-]+:(iam|sts)::(\d{12}|aws|cloudfront):.+|A[A-Z]{2}A[A-Z0-9]{12,}|[0-9a-f]{64}")


def document_of(text: Any) -> Mapping[str, Any] | None:
    """A policy as an object; None for a text that is none, which others refuse."""
    try:
        found = json.loads(text)
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, Mapping) else None


def statements(document: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The statements of a policy, which may be one object."""
    found = (document or {}).get("Statement", [])
    return [each for each in (found if isinstance(found, list) else [found]) if isinstance(each, Mapping)]


def texts(value: Any) -> list[str]:
    """One text or a list of them, as a list."""
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]


def principals(statement: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(kind, principal) of a statement's Principal: ("AWS", an arn), ("Service", a host), ("AWS", "*")."""
    named = statement.get("Principal", statement.get("NotPrincipal"))
    if isinstance(named, str):
        yield "AWS", named
    elif isinstance(named, Mapping):
        for kind, values in named.items():
            for value in texts(values):
                yield kind, value


def not_there(document: Mapping[str, Any] | None) -> tuple[str, str] | None:
    """(kind, principal) of the first principal that AWS does not know: a role or user of this account that nobody has made, or
    a text that names nobody."""
    for statement in statements(document):
        for kind, value in principals(statement):
            if (kind == "AWS" and not _known(value)) or (
                kind == "Service" and ".amazonaws.com" not in value and "." not in value
            ):
                return kind, value
    return None


def _known(principal: str) -> bool:
    if not _FORMS.fullmatch(principal):
        return False
    found = _OWN.fullmatch(principal)
    if found is None or any(made in principal for made in _MADE_BY_AWS):
        return True
    from moto.iam.models import iam_backends

    backend: Any = iam_backends[ACCOUNT]["aws"]
    there = backend.roles if found["kind"] == "role" else backend.users
    return any(each.arn == principal for each in list(there.values()))
