"""The search space: which hyperparameters are tried, and between what; checked before anything starts.

A range is what the stack file's `search` or a file given with `--space` says of one hyperparameter:
`{low: 0.0001, high: 0.01, log: true}`, `{low: 16, high: 128, step: 16}` or `{choices: [16, 32, 64]}`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final

from catalog import jobs
from workloads.catalog import hyperparameter_faults, settings_class

Value = str | int | float | bool
_KEYS: Final = ("low", "high", "log", "step", "choices")


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """What one hyperparameter may be: one of `choices`, or a number from `low` to `high`.

    Whole where `low` and `high` are; `log` draws evenly over orders of magnitude, `step` only every so much above `low`.
    """

    name: str
    low: int | float = 0
    high: int | float = 0
    log: bool = False
    step: int | float | None = None
    choices: tuple[Value, ...] = ()

    @property
    def whole(self) -> bool:
        return isinstance(self.low, int) and isinstance(self.high, int)

    @property
    def samples(self) -> tuple[Value, ...]:
        """Values that stand for all: every choice, or both ends and the first value above the lower one."""
        if self.choices:
            return self.choices
        first = self.low + (self.step or (1 if self.whole else 0))
        return tuple(dict.fromkeys((self.low, min(first, self.high), self.high)))

    def to_json(self) -> dict[str, Any]:
        """As it is written in a file."""
        if self.choices:
            return {"choices": list(self.choices)}
        told: dict[str, Any] = {"low": self.low, "high": self.high}
        return told | ({"log": True} if self.log else {}) | ({} if self.step is None else {"step": self.step})


def read_space(path: Path) -> dict[str, Any]:
    """The ranges in a YAML or JSON file, unchecked. Raises ValueError for what is neither or no mapping."""
    import yaml

    text = path.read_text(encoding="utf-8")
    try:
        found = json.loads(text) if path.suffix == ".json" else yaml.safe_load(text)
    except (ValueError, yaml.YAMLError) as error:
        raise ValueError(f"{path} is not {'JSON' if path.suffix == '.json' else 'YAML'}: {error}") from None
    if not isinstance(found, Mapping):
        raise ValueError(f"{path} holds {type(found).__name__}; write one range a hyperparameter, such as {_EXAMPLE}")
    return dict(found)


def parse(space: Mapping[str, Any], *, source: str) -> tuple[Range, ...]:
    """The ranges, sorted by name, so that the order in a file changes nothing. One ValueError names every fault."""
    if not space:
        raise ValueError(f"{source} names no hyperparameter to search; write one range each, such as {_EXAMPLE}")
    found, faults = [], []
    for name, told in sorted(space.items()):
        wrong = list(_faults(str(name), told))
        faults += [f"{source}: {name}: {fault}" for fault in wrong]
        if not wrong:
            found.append(_range(str(name), told))
    if faults:
        raise ValueError("\n".join(faults))
    return tuple(found)


def fitted(space: tuple[Range, ...], *, workload: str) -> tuple[Range, ...]:
    """The ranges in the kind of number that the workload's settings have, where they are known.

    A stack's outputs do not tell 1.0 from 1, so how it was written does not tell whether a number may be broken.
    """
    settings = settings_class(workload)
    kinds = {item.name: str(item.type) for item in fields(settings)} if settings else {}
    return tuple(_as_kind(item, kinds.get(item.name, "")) for item in space)


def _as_kind(item: Range, kind: str) -> Range:
    numbers = [number for number in (item.low, item.high, item.step) if number is not None]
    if (
        item.choices
        or kind not in ("int", "float")
        or (kind == "int" and not all(float(number).is_integer() for number in numbers))
    ):
        return item
    number = int if kind == "int" else float
    return replace(item, low=number(item.low), high=number(item.high), step=None if item.step is None else number(item.step))


def check(space: tuple[Range, ...], *, workload: str, fixed: Mapping[str, Any]) -> None:
    """Holds the space against the workload's own settings, over the job's other hyperparameters (`fixed`).

    Every choice, both ends and the value beside the lower end are tried. One ValueError names every fault. A workload of
    somebody else's says nothing of its settings, and nothing is checked.
    """
    faults = hyperparameter_faults(workload, fixed)
    if faults:
        raise ValueError(f"the job's own hyperparameters are not what workload {workload} takes: {faults}")
    found = [
        f"{item.name}: {fault}"
        for item in space
        for value in item.samples
        if (fault := hyperparameter_faults(workload, {**fixed, item.name: value}))
    ]
    if found:
        raise ValueError("\n".join(dict.fromkeys(found)))


def _faults(name: str, told: Any) -> Iterator[str]:
    if name in jobs.OURS:
        yield "is set by the stack and cannot be searched; take it out"
    if not isinstance(told, Mapping):
        yield f"is {told!r}, not a range; write it as {_EXAMPLE}"
        return
    given = {key: value for key, value in told.items() if value is not None and value not in ((), [])}
    if unknown := sorted(set(given) - set(_KEYS)):
        yield f"has {', '.join(unknown)}; a range has {', '.join(_KEYS)}"
    if "choices" in given:
        yield from _choice_faults(given)
        return
    if not {"low", "high"} <= set(given):
        yield "needs low and high, or choices"
        return
    for key in ("low", "high", "step"):
        if key in given and not _number(given[key]):
            yield f"{key} is {given[key]!r}; give a finite number"
            return
    low, high, step = given["low"], given["high"], given.get("step")
    if not isinstance(given.get("log", False), bool):
        yield f"log is {given['log']!r}; give true or false"
    if not low < high:
        yield f"low is {low:g} and high {high:g}; low must be below high"
    if given.get("log") and not low > 0:
        yield f"low is {low:g}; with log it must be above 0"
    if given.get("log") and step is not None:
        yield "has both log and step; take one"
    if step is not None and not 0 < step <= high - low:
        yield f"step is {step:g}; it must be above 0 and at most {high - low:g}"


def _choice_faults(given: Mapping[str, Any]) -> Iterator[str]:
    choices = given["choices"]
    if beside := sorted(set(given) - {"choices", "log"} | ({"log"} if given.get("log") else set())):
        yield f"has choices and {', '.join(beside)}; choices stand alone"
    if not isinstance(choices, (list, tuple)) or not all(isinstance(choice, (str, int, float, bool)) for choice in choices):
        yield f"choices is {choices!r}; list texts, numbers or true and false"
    elif len({(type(choice), choice) for choice in choices}) < max(2, len(choices)):
        yield f"choices is {list(choices)!r}; list two different values or more"


def _range(name: str, told: Mapping[str, Any]) -> Range:
    if told.get("choices"):
        return Range(name=name, choices=tuple(told["choices"]))
    low, high, step = told["low"], told["high"], told.get("step")
    if not all(isinstance(value, int) for value in (low, high, *([] if step is None else [step]))):
        low, high, step = float(low), float(high), None if step is None else float(step)
    return Range(name=name, low=low, high=high, log=bool(told.get("log")), step=step)


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


_EXAMPLE: Final = "`learning_rate: {low: 0.0001, high: 0.01, log: true}`"


def value_of(text: str) -> tuple[str, Any]:
    """`name=value` with the value read as JSON where it is (3, 0.1, true), else as the text it is. ValueError without a name."""
    name, equals, told = text.partition("=")
    if not equals or not name.strip():
        raise ValueError(f"--set {text!r} is no name=value; write one like epochs=3")
    try:
        return name.strip(), json.loads(told)
    except ValueError:
        return name.strip(), told
