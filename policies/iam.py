"""IAM policy documents as data: scalar and list forms, wildcards, NotAction, NotResource, principals and conditions.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tools.plan.reader import Undecided
from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, Secret

VERSIONS: Final = frozenset({"2012-10-17", "2008-10-17"})

# Condition keys that confine the principals of "*" to an account, an organisation, a network or a source.
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html ("the meaning of public")
_CONFINING_KEYS: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:principalservicename",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceorgid",
        "aws:sourceorgpaths",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:sourceip",
        "aws:userid",
        "kms:calleraccount",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "sns:endpoint",
    }
)
_WORLD: Final = frozenset({"*", "0.0.0.0/0", "::/0", "arn:aws:*", "arn:*"})


class DocumentError(ValueError):
    """A text that is no IAM policy document; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One test of a statement, operator and key in lower case: ("stringequals", "aws:sourceaccount", ("123456789012",))."""

    operator: str
    key: str
    values: tuple[str, ...]

    @property
    def demands(self) -> bool:
        """Whether a request that lacks the key, or has another value, is refused: true of no negation and of no `IfExists`."""
        return not (
            self.operator.startswith(("forallvalues:", "null"))
            or "not" in self.operator.split(":")[-1]
            or self.operator.endswith("ifexists")
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement. `principals` maps a kind (aws, service, federated) to its values; `*` alone is {"aws": ("*",)}."""

    effect: str
    sid: str = ""
    actions: tuple[str, ...] = ()
    not_actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    not_resources: tuple[str, ...] = ()
    principals: Mapping[str, tuple[str, ...]]
    not_principals: bool = False
    conditions: tuple[Condition, ...] = ()

    @property
    def label(self) -> str:
        """How a message calls it."""
        return f"statement {self.sid or '(no Sid)'}"

    @property
    def allows(self) -> bool:
        return self.effect == "Allow"

    def covers(self, action: str) -> bool:
        """Whether the statement is about this action (`iam:PassRole`)."""
        if self.not_actions:
            return not any(matches(pattern, action) for pattern in self.not_actions)
        return any(matches(pattern, action) for pattern in self.actions)

    @property
    def every_action(self) -> bool:
        return any(action.strip("*") in ("", ":") for action in self.actions)

    @property
    def every_resource(self) -> bool:
        return bool(self.not_resources) or any(is_every_resource(resource) for resource in self.resources)

    @property
    def public(self) -> bool:
        """Whether anyone at all may be meant: Principal "*" (or an Allow to all but some) that no condition confines."""
        anyone = self.not_principals or "*" in self.principals.get("aws", ()) or "*" in self.principals.get("federated", ())
        return anyone and not any(
            condition.key in _CONFINING_KEYS and condition.demands and condition.values and not _WORLD & set(condition.values)
            for condition in self.conditions
        )

    def demanded(self, key: str) -> tuple[str, ...]:
        """The values that conditions demand of a key; () where nothing does."""
        return tuple(
            value
            for condition in self.conditions
            if condition.key == key.lower() and condition.demands
            for value in condition.values
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    version: str
    statements: tuple[Statement, ...]

    def allowing(self) -> Iterable[Statement]:
        return (statement for statement in self.statements if statement.allows)


def parse(value: Any, path: str = "policy") -> Document:
    """A document from its JSON text or its object. Raises Undecided(path) for an unknown, DocumentError for anything else."""
    while isinstance(value, Secret):
        value = value.value
    if value is UNKNOWN:
        raise Undecided(path)
    if isinstance(value, str):
        if ENGINE_UNKNOWN in value:
            raise Undecided(path)
        return _parse_text(value)
    return _document(_known(value, path))


@lru_cache(maxsize=4096)
def _parse_text(text: str) -> Document:
    try:
        return _document(json.loads(text))
    except (json.JSONDecodeError, RecursionError) as error:
        raise DocumentError(f"it is no JSON ({error})") from error


def _document(value: Any) -> Document:
    if not isinstance(value, Mapping):
        raise DocumentError(f"a policy document is an object, got {type(value).__name__}")
    version = value.get("Version", "2008-10-17")
    if version not in VERSIONS:
        raise DocumentError(f"Version must be 2012-10-17, got {version!r:.40}")
    statements = value.get("Statement")
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, (list, tuple)) or not statements:
        raise DocumentError("Statement must be an object or a list of at least one")
    return Document(version=version, statements=tuple(_statement(item, number) for number, item in enumerate(statements)))


def _statement(item: Any, number: int) -> Statement:
    where = f"Statement {number}"
    if not isinstance(item, Mapping):
        raise DocumentError(f"{where} must be an object, got {type(item).__name__}")
    if item.get("Effect") not in ("Allow", "Deny"):
        raise DocumentError(f"{where}: Effect must be Allow or Deny, got {item.get('Effect')!r:.40}")
    if ("Action" in item) == ("NotAction" in item):
        raise DocumentError(f"{where}: give Action or NotAction, one of them")
    if "Resource" in item and "NotResource" in item:
        raise DocumentError(f"{where}: give Resource or NotResource, not both")
    return Statement(
        effect=item["Effect"],
        sid=str(item.get("Sid", "")),
        actions=_texts(item, "Action", where),
        not_actions=_texts(item, "NotAction", where),
        resources=_texts(item, "Resource", where),
        not_resources=_texts(item, "NotResource", where),
        principals=_principals(item.get("Principal"), where),
        not_principals="NotPrincipal" in item and item["Effect"] == "Allow",
        conditions=tuple(_conditions(item.get("Condition") or {}, where)),
    )


def _texts(item: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = item.get(key, ())
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, (list, tuple)) or not all(isinstance(text, str) for text in values) or (key in item and not values):
        raise DocumentError(f"{where}: {key} must be a string or a list of strings, got {value!r:.60}")
    return tuple(values)


def _principals(value: Any, where: str) -> dict[str, tuple[str, ...]]:
    if value is None:
        return {}
    if value == "*":
        return {"aws": ("*",)}
    if not isinstance(value, Mapping):
        raise DocumentError(f'{where}: Principal must be "*" or an object, got {value!r:.60}')
    return {str(kind).lower(): _texts(value, kind, f"{where}, Principal") for kind in value}


def _conditions(value: Any, where: str) -> Iterable[Condition]:
    if not isinstance(value, Mapping) or not all(isinstance(tests, Mapping) for tests in value.values()):
        raise DocumentError(f"{where}: Condition must map operators to keys to values, got {value!r:.60}")
    for operator, tests in value.items():
        for key, wanted in tests.items():
            values = wanted if isinstance(wanted, (list, tuple)) else (wanted,)
            yield Condition(operator=str(operator).lower(), key=str(key).lower(), values=tuple(_as_text(item) for item in values))


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _known(value: Any, path: str) -> Any:
    """An object with its secrets opened; raises Undecided where anything inside is unknown."""
    while isinstance(value, Secret):
        value = value.value
    if value is UNKNOWN or (isinstance(value, str) and ENGINE_UNKNOWN in value):
        raise Undecided(path)
    if isinstance(value, Mapping):
        return {key: _known(item, path) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_known(item, path) for item in value]
    return value


def matches(pattern: str, text: str) -> bool:
    """IAM's own matching: `*` is any run of characters, `?` is one, case does not count in actions."""
    pattern, text = pattern.lower(), text.lower()
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    return _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join(".*" if char == "*" else "." if char == "?" else re.escape(char) for char in pattern), re.DOTALL)


def is_every_resource(resource: str) -> bool:
    """`*`, `arn:aws:*`, `arn:aws:s3:::*`... : a pattern that leaves the service's resources open."""
    parts = resource.split(":", 5)
    if parts[0] != "arn":
        return resource != "" and set(resource) <= set("*?:")
    rest = parts[5] if len(parts) == 6 else ""
    return parts[-1] == "*" if len(parts) < 6 else set(rest) <= set("*/") and rest != ""
