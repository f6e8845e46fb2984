"""The base of every workload's settings: a dataclass whose fields hold the default, the limits and the meaning of each.

Hyperparameters, the command line and `--help` all use them. It imports no PyTorch, so that tools that start jobs read it in
milliseconds.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from typing import Any, Final, Self

from workloads.contract import SDK_PREFIX, parse_hyperparameter
from workloads.errors import HyperparameterError

# Hyperparameters that the launcher reads before the workload starts.
LAUNCHER_KEYS: Final = frozenset({"workload", "processes_per_host"})
DEVICES: Final = ("auto", "cpu", "cuda")


def within(low: float, high: float, group: str, meaning: str) -> dict[str, Any]:
    """Metadata of a field that holds a number."""
    return {"low": low, "high": high, "group": group, "meaning": meaning}


def one_of(choices: tuple[str, ...], group: str, meaning: str) -> dict[str, Any]:
    """Metadata of a field that holds one of a few texts."""
    return {"choices": choices, "group": group, "meaning": meaning}


def about(group: str, meaning: str) -> dict[str, Any]:
    """Metadata of a field that holds a switch or a text."""
    return {"group": group, "meaning": meaning}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The base class of a workload's settings, whose fields have metadata by `within`, `one_of` or `about`."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> Self:
        """Check values (JSON-parsed) and fill in defaults.

        `sagemaker_*` and the launcher's keys are left alone. Raises one `HyperparameterError` that names every fault.
        """
        known = {item.name: item for item in fields(cls)}
        own = {key: value for key, value in values.items() if not key.startswith(SDK_PREFIX) and key not in LAUNCHER_KEYS}
        faults = [_unknown(key, own[key], known) for key in sorted(own.keys() - known.keys())]
        taken: dict[str, Any] = {}
        for key in sorted(own.keys() & known.keys()):
            fault, value = _check(key, own[key], str(known[key].type), known[key].metadata)
            faults += [fault] if fault else []
            taken[key] = value
        settings = None if faults else cls(**taken)
        if settings is not None:
            faults = settings.faults()
        if settings is None or faults:
            raise HyperparameterError("; ".join(faults))
        return settings

    def faults(self) -> list[str]:
        """The faults of settings that exclude each other, each with the way out."""
        return []

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def add_arguments(parser: argparse.ArgumentParser, kind: type[Settings]) -> None:
    """A flag for every setting; the value is checked by `from_mapping`, so both ways in say the same."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for item in fields(kind):
        name = item.metadata["group"]
        group = groups[name] if name in groups else groups.setdefault(name, parser.add_argument_group(name))
        default = repr(item.default) if item.default == "" else str(item.default)
        group.add_argument(
            f"--{item.name.replace('_', '-')}",
            dest=item.name,
            type=parse_hyperparameter,
            metavar=str(item.type).upper(),
            help=f"{item.metadata['meaning']} ({_limits(str(item.type), item.metadata)}default {default.lower()})",
        )


def given_arguments(arguments: argparse.Namespace, kind: type[Settings]) -> dict[str, Any]:
    """The settings that the command line gives, not yet checked."""
    given = {item.name: getattr(arguments, item.name) for item in fields(kind)}
    return {key: value for key, value in given.items() if value is not None}


def _limits(kind: str, metadata: Mapping[str, Any]) -> str:
    if "choices" in metadata:
        return f"{' | '.join(metadata['choices'])}; "
    if "low" in metadata:
        return f"{_number(kind, metadata['low'])} to {_number(kind, metadata['high'])}; "
    return "true | false; " if kind == "bool" else ""


def _check(key: str, value: Any, kind: str, metadata: Mapping[str, Any]) -> tuple[str, Any]:
    """The fault ("" for none) and the value as the field's own type."""
    if "choices" in metadata:
        choices = metadata["choices"]
        return ("" if value in choices else f"{key} is {value!r}; choose one of {', '.join(choices)}"), value
    if kind == "bool":
        return ("" if isinstance(value, bool) else f"{key} is {value!r}; it must be true or false"), value
    if kind == "str":
        return ("" if isinstance(value, str) else f"{key} is {value!r}; it must be text"), value
    low, high = metadata["low"], metadata["high"]
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    if number and kind == "int" and float(value).is_integer() and low <= value <= high:
        return "", int(value)
    if number and kind == "float" and low <= value <= high:
        return "", float(value)
    what = "a whole number" if kind == "int" else "a number"
    return f"{key} is {value!r}; it must be {what} from {_number(kind, low)} to {_number(kind, high)}", value


def _number(kind: str, value: float) -> str:
    return str(int(value)) if kind == "int" else f"{value:g}"


def _unknown(key: str, value: Any, known: Mapping[str, Any]) -> str:
    close = get_close_matches(key, known, n=1)
    hint = f"did you mean {close[0]}?" if close else f"known ones are {', '.join(known)}"
    return f"{key} (given as {value!r}) is no hyperparameter of this workload; {hint}"
