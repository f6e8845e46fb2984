"""When two IAM policy documents are one to AWS, and so to pulumi-aws: by statements and sets, not by text.

Source of the rules: github.com/hashicorp/awspolicyequivalence, by which the genuine provider compares every policy.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

_SETS: Final = ("Action", "NotAction", "Resource", "NotResource")
_ROOT: Final = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
# What a document without a version is; source: IAM user guide, "IAM JSON policy elements: Version".
_OLDEST: Final = "2008-10-17"


def same_policy(left: Any, right: Any) -> bool:
    """Whether two documents, as JSON texts, mean the same; texts that are no policies must be equal."""
    try:
        return bool(_document(left) == _document(right))
    except (AttributeError, TypeError, ValueError):
        return bool(left == right)


def _document(text: Any) -> Any:
    document = json.loads(text or "null")
    if not isinstance(document, Mapping):
        return document
    statements = document.get("Statement", [])
    found = {_text(_statement(each)) for each in (statements if isinstance(statements, list) else [statements])}
    return document.get("Version") or _OLDEST, document.get("Id") or "", len(_listed(statements)), found


def _statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {key: _set(statement[key]) for key in _SETS if _listed(statement.get(key))}
    made["Sid"] = statement.get("Sid") or ""
    made["Effect"] = str(statement.get("Effect", "")).lower()
    for key in ("Principal", "NotPrincipal"):
        if statement.get(key):
            made[key] = _principals(statement[key])
    made["Condition"] = {
        test: {variable: _set(values) for variable, values in variables.items()}
        for test, variables in (statement.get("Condition") or {}).items()
    }
    return made


def _principals(given: Any) -> Any:
    """Who is meant, by type: an account is its root, and AWS gives back either."""
    if not isinstance(given, Mapping):
        return _set(given)
    return {kind: sorted({_account(each) for each in _listed(values)}) for kind, values in given.items() if _listed(values)}


def _account(principal: Any) -> str:
    found = _ROOT.fullmatch(str(principal))
    return found[1] if found else str(principal)


def _set(values: Any) -> list[str]:
    return sorted({"true" if each is True else "false" if each is False else str(each) for each in _listed(values)})


def _listed(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [] if values is None else [values]


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
