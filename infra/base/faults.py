"""From a raw mapping to a model and the list of everything wrong with it, all at once and in our own words."""

from __future__ import annotations

import copy
import difflib
import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from infra.base.provider_keys import AWS_PROVIDER_KEYS
from infra.base.section import MISSING, Fault, Section

Model = TypeVar("Model", bound=Section)
_HIDDEN: Final = "[secret]"
# A wrong key may still hold a credential: by its name, or by what it looks like, its value stays out of the message.
_SECRET_KEY: Final = re.compile(r"secret|token|passw|credential|private|api.?key|access.?key", re.IGNORECASE)
_SECRET_VALUE: Final = re.compile(
    r"AKIA[A-Z0-9]{12}|ASIA[A-Z0-9]{12}|-----BEGIN|\bhf_[\w-]{8}|\bsk-[\w-]{8}|\bgh[pousr]_[\w-]{8}|\bxox[abp]-|eyJ[\w-]{10}"
)
_MODEL_ERROR: Final = re.compile(r"^Value error, ")
# Values that make the rest of a broken file checkable; they never reach a stack.
_STAND_INS: Final[dict[str, Any]] = {
    "aws:region": "us-east-1",
    "slipway:accountId": "000000000000",
    "slipway:environment": "dev",
    "slipway:owner": "owner",
    "slipway:costCenter": "cost",
    "slipway:network": {"cidr": "10.0.0.0/16"},
    "slipway:network.cidr": "10.0.0.0/16",
    "slipway:cost": {"ceilingMonthlyUsd": 1, "budgetMonthlyUsd": 1, "alertEmails": ["a@example.com"]},
    "slipway:cost.ceilingMonthlyUsd": 1,
    "slipway:cost.budgetMonthlyUsd": 1,
    "slipway:cost.alertEmails": ["a@example.com"],
    "slipway:identity.ci.repository": "owner/name",
}


def collect(
    model: type[Model], raw: Mapping[str, Any], *, secret_keys: frozenset[str] = frozenset()
) -> tuple[Model | None, list[Fault]]:
    """`raw` as a `model`, and every fault in it: of single values, and between values even where single ones are wrong.

    Provider keys (`aws:profile`, ...) and other projects' namespaces are left alone. The model is None where there is a fault.
    """
    own = {key: value for key, value in raw.items() if key not in AWS_PROVIDER_KEYS and not _foreign(key)}
    readable, faults = _without_encrypted(own)
    whole: Model | None = None
    healed = copy.deepcopy(readable)
    for attempt in range(4):
        try:
            whole = model.model_validate(healed)
            break
        except ValidationError as error:
            details = error.errors(include_url=False)
        if attempt == 0:
            independent = [detail for detail in details if not _follows(detail, details)]
            faults += _one_a_place([_fault(model, healed, detail, secret_keys) for detail in independent])
        _heal(healed, details)
    if whole is not None:
        reported = {fault.path for fault in faults}
        faults += [fault for fault in whole.all_faults() if not _stands_in(fault.path, reported)]
    return (None if faults else whole), _unique(faults)


def path_of(location: tuple[int | str, ...]) -> str:
    """`("slipway:cost", "alertEmails", 0)` as `slipway:cost.alertEmails[0]`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else (f".{part}" if text else str(part))
    return text


def _foreign(key: str) -> bool:
    """Whether a key belongs to another provider or to Pulumi itself: `kubernetes:context`, `pulumi:tags`."""
    namespace, colon, _ = str(key).partition(":")
    return bool(colon) and namespace in {"kubernetes", "pulumi"}


def _stands_in(path: str, reported: set[str]) -> bool:
    """Whether a cross-check's fault only follows from a value that was replaced, at that path or above or below it."""
    return any(
        path == other or path.startswith((other + ".", other + "[")) or other.startswith((path + ".", path + "["))
        for other in reported
    )


def _follows(detail: ErrorDetails, details: list[ErrorDetails]) -> bool:
    """Whether a list is too short only because its entries are wrong."""
    where = detail["loc"]
    return detail["type"] == "too_short" and any(other["loc"][: len(where)] == where != other["loc"] for other in details)


def _unique(faults: list[Fault]) -> list[Fault]:
    return list({(fault.path, fault.message): fault for fault in faults}.values())


def _without_encrypted(raw: Mapping[str, Any]) -> tuple[dict[str, Any], list[Fault]]:
    """`raw` with each `{secure: ...}` put out of sight; only `slipway:secrets.values` may be encrypted."""
    faults: list[Fault] = []

    def walk(value: Any, path: str) -> Any:
        if isinstance(value, Mapping) and set(value) == {"secure"}:
            if not path.startswith("slipway:secrets.values."):
                faults.append(
                    Fault(path, _HIDDEN, "is encrypted, but is no secret; only slipway:secrets.values may be: set it plainly")
                )
                return _STAND_INS.get(path, MISSING)
            return SecretStr("[encrypted]")
        if isinstance(value, Mapping):
            walked = {key: walk(item, f"{path}.{key}" if path else str(key)) for key, item in value.items()}
            return {key: item for key, item in walked.items() if item is not MISSING}
        if isinstance(value, (list, tuple)):
            return [walk(item, f"{path}[{number}]") for number, item in enumerate(value)]
        return value

    return walk(raw, ""), faults


def _in_file(raw: Any, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of a location that the file has: pydantic adds `[key]`, and the names of a union's types."""
    holder = raw
    for number, part in enumerate(location):
        there = part in holder if isinstance(holder, dict) else isinstance(holder, list) and part in range(len(holder))
        if not there:
            return location[:number]
        holder = holder[part]
    return location


def _one_a_place(faults: list[Fault]) -> list[Fault]:
    """One fault for a value that fits none of a union's types, where pydantic reports one for each type."""
    by_path: dict[str, list[Fault]] = {}
    for fault in faults:
        by_path.setdefault(fault.path, []).append(fault)
    return [
        found[0] if len(found) == 1 else found[0]._replace(message="is of no type that is taken here; see docs/settings.md")
        for found in by_path.values()
    ]


def _heal(raw: dict[str, Any], details: list[ErrorDetails]) -> None:
    """Puts a stand-in, or nothing, where a value is wrong, so that what is right can still be checked."""
    # Deepest and last first: taking an item out of a list moves those after it.
    for detail in sorted(details, key=lambda item: [str(part).zfill(6) for part in item["loc"]], reverse=True):
        location = list(_in_file(raw, detail["loc"]))
        if detail["type"] == "missing" and path_of(detail["loc"]) in _STAND_INS:
            location = list(detail["loc"])
        if not location:
            continue
        holder: Any = raw
        for part in location[:-1]:
            holder = holder[part]
        last, path = location[-1], path_of(tuple(location))
        if isinstance(holder, dict):
            if path in _STAND_INS and detail["type"] != "extra_forbidden":
                holder[last] = copy.deepcopy(_STAND_INS[path])
            else:
                holder.pop(last, None)
        elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
            del holder[last]


def _fault(model: type[BaseModel], raw: Any, detail: ErrorDetails, secret_keys: frozenset[str]) -> Fault:
    kind = detail["type"]
    location = detail["loc"] if kind == "missing" else _in_file(raw, detail["loc"])
    path = path_of(location)
    value = MISSING if kind == "missing" else detail["input"]
    top = str(location[0]) if location else ""
    if value is not MISSING:
        if top in secret_keys or top == "slipway:secrets" or _looks_secret(path, value):
            value = _HIDDEN
        elif isinstance(value, (Mapping, list, tuple)) and value:
            # There may be anything in it, and the path says where to look.
            value = "(a map)" if isinstance(value, Mapping) else "(a list)"
    return Fault(path, value, _message(model, detail))


def _looks_secret(path: str, value: Any) -> bool:
    return bool(_SECRET_KEY.search(path) or (isinstance(value, str) and _SECRET_VALUE.search(value)))


def _message(model: type[BaseModel], detail: ErrorDetails) -> str:
    kind, context, message = detail["type"], detail.get("ctx", {}), detail["msg"]
    if kind == "missing":
        return "is missing and has no default; add it"
    if kind == "extra_forbidden":
        key, known = str(detail["loc"][-1]), _known_keys(model, detail["loc"][:-1])
        # The namespace is left out of the comparison: it would make every key look alike.
        bare = {name.rpartition(":")[2]: name for name in known}
        near = difflib.get_close_matches(key.rpartition(":")[2], bare, n=1, cutoff=0.6)
        if near:
            return f"unknown key; did you mean {bare[near[0]]}?"
        return f"unknown key; known are {', '.join(sorted(known))}"
    if kind == "value_error":
        return _MODEL_ERROR.sub("", message)
    if kind == "string_type" and isinstance(detail["input"], int):
        return "must be text; put it in quotes"
    if kind in {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}:
        words = {"greater_than": "above", "greater_than_equal": "at least", "less_than": "below", "less_than_equal": "at most"}
        limit = next(context[name] for name in ("gt", "ge", "lt", "le") if name in context)
        return (
            f"must be {words[kind]} {limit:g}; raise it"
            if kind.startswith("greater")
            else f"must be {words[kind]} {limit:g}; lower it"
        )
    return f"{message[:1].lower()}{message[1:]}; see docs/settings.md"


def _known_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that the model at `location` takes."""
    current: type[BaseModel] = model
    for part in location:
        field = next((field for name, field in current.model_fields.items() if part in (name, field.alias)), None)
        if field is None:
            continue
        current = _model_in(field.annotation) or current
    return [field.alias or name for name, field in current.model_fields.items()]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The model in an annotation such as `X`, `X | None`, `tuple[X, ...]` or `dict[str, X]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model_in(argument))), None)
