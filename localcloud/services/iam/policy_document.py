"""`aws.iam.get_policy_document`: statements, sources and overrides as one document, letter for letter as pulumi-aws prints it.

Source of every rule: terraform-provider-aws, internal/service/iam, policy_model.go and policy_document_data_source.go.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from localcloud.kernel.lookup import NoAnswer, hashcode

_OLD: Final = "2008-10-17"
_VERSIONS: Final = (_OLD, "2012-10-17")
_WRITING: Final = "writing IAM Policy Document: "
# The members of a statement in the order in which Go prints them.
_PLAIN: Final = ("Sid", "Effect")
_LISTS: Final = ("Action", "NotAction", "Resource", "NotResource")
_PRINCIPALS: Final = ("Principal", "NotPrincipal")
# Go's encoder writes these characters as their code, inside strings too.
_ESCAPED: Final = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}

Statement = dict[str, Any]
Document = dict[str, Any]


def rendered(args: Mapping[str, Any]) -> dict[str, str]:
    """The document as `json`, `minifiedJson`, and the `id` that Terraform makes of it. Raises NoAnswer."""
    for prop in ("overrideJson", "sourceJson"):
        if args.get(prop):
            raise NoAnswer(f'expected "{prop}" to be an empty string: got {args[prop]}')
    merged: Document = {}
    seen: set[str] = set()
    for number, text in enumerate(args.get("sourcePolicyDocuments") or ()):
        if text is None:
            continue
        source = _parsed("source", number, text)
        for index, statement in enumerate(source["Statement"]):
            sid = statement.get("Sid", "")
            if sid in seen:
                raise NoAnswer(
                    f"{_WRITING}merging source document {number}: duplicate Sid ({sid}) in source_policy_documents "
                    f"(statement {index}). Remove the Sid or ensure Sids are unique."
                )
            seen |= {sid} - {""}
        _merge(merged, source)
    _merge(merged, _own(args))
    for number, text in enumerate(args.get("overridePolicyDocuments") or ()):
        if text is not None:
            _merge(merged, _parsed("override", number, text))
    ordered = {key: merged[key] for key in ("Version", "Id", "Statement") if merged.get(key)}
    pretty = _go(json.dumps(ordered, indent=2, ensure_ascii=False))
    minified = _go(json.dumps(ordered, separators=(",", ":"), ensure_ascii=False))
    return {"id": hashcode(pretty), "json": pretty, "minifiedJson": minified, "version": args.get("version") or _VERSIONS[-1]}


def _go(text: str) -> str:
    return "".join(_ESCAPED.get(character, character) for character in text)


def _merge(into: Document, new: Document) -> None:
    """Adopts the id, lifts the version, and puts statements in the place of those with the same Sid."""
    if new.get("Id"):
        into["Id"] = new["Id"]
    into["Version"] = max(into.get("Version", ""), new.get("Version", ""))
    statements: list[Statement] = into.setdefault("Statement", [])
    for statement in new["Statement"]:
        places = [n for n, other in enumerate(statements) if statement.get("Sid") and other.get("Sid") == statement["Sid"]]
        if places:
            statements[places[0]] = statement
        else:
            statements.append(statement)


def _own(args: Mapping[str, Any]) -> Document:
    """The document that the arguments themselves describe."""
    version = args.get("version") or _VERSIONS[-1]
    if version not in _VERSIONS:
        raise NoAnswer(f"expected version to be one of {json.dumps(list(_VERSIONS))}, got {version}")
    statements = []
    seen: set[str] = set()
    for given in args.get("statements") or ():
        sid = given.get("sid") or ""
        if not re.fullmatch(r"[a-zA-Z0-9]*", sid):
            raise NoAnswer(f'invalid value for sid (must only include alphanumeric characters): "{sid}"')
        if sid in seen:
            raise NoAnswer(f"{_WRITING}duplicate Sid ({sid}). Remove the Sid or ensure the Sid is unique.")
        seen |= {sid} - {""}
        effect = given.get("effect") or "Allow"
        if effect not in ("Allow", "Deny"):
            raise NoAnswer(f'expected effect to be one of ["Allow", "Deny"], got {effect}')
        statements.append(_statement(given, sid, effect, version))
    return {"Version": version, "Id": args.get("policyId") or "", "Statement": statements}


def _statement(given: Mapping[str, Any], sid: str, effect: str, version: str) -> Statement:
    made: Statement = {"Sid": sid, "Effect": effect}
    for member, prop in zip(_LISTS, ("actions", "notActions", "resources", "notResources"), strict=True):
        values = [*(given.get(prop) or ())]
        made[member] = _set(values if prop.lower().endswith("actions") else _variables(values, version, prop))
    for member, prop in zip(_PRINCIPALS, ("principals", "notPrincipals"), strict=True):
        pairs = ((each["type"], _set(_variables(each["identifiers"], version, prop))) for each in given.get(prop) or ())
        made[member] = _principals(pairs)
    conditions = (
        (each["test"], each["variable"], _variables(each["values"], version, "condition"))
        for each in given.get("conditions") or ()
    )
    made["Condition"] = _conditions(conditions)
    return {key: value for key, value in made.items() if value}


def _set(values: Iterable[str]) -> str | list[str]:
    """One value as itself, several once each in reverse order: so Terraform prints a set."""
    unique = sorted(set(values), reverse=True)
    return unique[0] if len(unique) == 1 else unique


def _variables(values: Iterable[Any], version: str, prop: str) -> list[str]:
    """`&{aws:username}` is how Terraform writes `${aws:username}`."""
    found = [str(value) for value in values]
    for value in found:
        if version == _OLD and "&{" in value:
            raise NoAnswer(f"reading {prop}: found &{{ sequence in ({value}), which is not supported in document version {_OLD}")
    return [value.replace("&{", "${") for value in found]


def _principals(pairs: Iterable[tuple[str, str | list[str]]]) -> Any:
    """Principals by type. Only `{"*": "*"}` alone is the star: a role's trust takes `{"AWS": "*"}` and no star."""
    given = list(pairs)
    if len(given) == 1 and given[0][0] == "*" and given[0][1] in ("*", ["*"]):
        return "*"
    found: dict[str, Any] = {}
    for kind, identifiers in given:
        if isinstance(identifiers, str) and kind not in found:
            found[kind] = identifiers
            continue
        there = found.get(kind, [])
        more = [identifiers] if isinstance(identifiers, str) else sorted(identifiers, reverse=True)
        found[kind] = [*([there] if isinstance(there, str) else there), *more]
    return dict(sorted(found.items()))


def _conditions(triples: Iterable[tuple[str, str, list[str]]]) -> dict[str, dict[str, Any]]:
    """Conditions by test and variable, their values in order; one value as itself."""
    found: dict[str, dict[str, list[str]]] = {}
    for test, variable, values in triples:
        found.setdefault(test, {}).setdefault(variable, []).extend(values)
    return {
        test: {variable: values[0] if len(values) == 1 else values for variable, values in sorted(variables.items())}
        for test, variables in sorted(found.items())
    }


def _parsed(what: str, number: int, text: str) -> Document:
    """A document given as JSON, with its statements in the same form as our own."""
    where = f"{_WRITING}merging {what} document {number}: "
    try:
        document = json.loads(text)
    except ValueError as error:
        raise NoAnswer(f'"{what}PolicyDocuments.{number}" contains an invalid JSON: {error}') from None
    if not isinstance(document, dict) or not isinstance(document.get("Statement", []), list):
        kind = "array" if isinstance(document, list) else "object"
        raise NoAnswer(f"{where}json: cannot unmarshal {kind} into Go struct field iamPolicyDoc.Statement")
    return {
        "Version": document.get("Version", ""),
        "Id": document.get("Id", ""),
        "Statement": [_read(statement, where) for statement in document.get("Statement", [])],
    }


def _read(statement: Mapping[str, Any], where: str) -> Statement:
    made: Statement = {key: statement.get(key) for key in (*_PLAIN, *_LISTS)}
    for member in _PRINCIPALS:
        given = statement.get(member)
        if isinstance(given, str):
            made[member] = "*"
        elif isinstance(given, Mapping):
            made[member] = _principals((kind, value) for kind, value in given.items())
        elif given is not None:
            raise NoAnswer(f"{where}Unsupported data type for IAMPolicyStatementPrincipalSet")
    made["Condition"] = _conditions(
        (test, variable, _texts(values))
        for test, variables in (statement.get("Condition") or {}).items()
        for variable, values in variables.items()
    )
    return {key: value for key, value in made.items() if value}


def _texts(values: Any) -> list[str]:
    if isinstance(values, bool):
        return ["true" if values else "false"]
    return [str(value) for value in values] if isinstance(values, list) else [str(values)]
