"""The ranges of a hyperparameter tuning job: read, checked as SageMaker checks them, and drawn from.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning-define-ranges.html
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from localcloud.services.sagemaker.shared import RequestError, invalid

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_ParameterRanges.html: ranges of all kinds together.
RANGES_LIMIT = 30
RANDOM_SEED_LIMIT = 4_294_967_295


class Trial(Protocol):
    """What is drawn from: optuna's trial."""

    def suggest_int(self, name: str, low: int, high: int, *, log: bool = False) -> int: ...
    def suggest_float(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...
    def suggest_categorical(self, name: str, choices: Sequence[str]) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    """One hyperparameter: `values` of a categorical one, else all from `low` to `high` by their `scaling`."""

    name: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    scaling: str = "Linear"

    @property
    def count(self) -> float:
        """How many values there are; infinite for a continuous one."""
        if self.values:
            return len(self.values)
        return self.high - self.low + 1 if self.whole else 1 if self.low == self.high else math.inf

    def draw(self, trial: Trial) -> str:
        """A value as SageMaker hands it to a training job: always text."""
        log = self.scaling == "Logarithmic"
        if self.values:
            return str(trial.suggest_categorical(self.name, self.values))
        if self.whole:
            return str(trial.suggest_int(self.name, int(self.low), int(self.high), log=log))
        if self.scaling == "ReverseLogarithmic":
            # Drawn evenly over the orders of magnitude of what is missing to 1.
            value = 1 - trial.suggest_float(self.name, 1 - self.high, 1 - self.low, log=True)
            return repr(min(max(value, self.low), self.high))
        return repr(trial.suggest_float(self.name, self.low, self.high, log=log))


def read(told: Mapping[str, Any], static: Mapping[str, str]) -> tuple[Range, ...]:
    """The ranges of a `ParameterRanges`. Raises RequestError with the first fault."""
    found = [
        *(_numbers(item, whole=True) for item in told.get("IntegerParameterRanges") or ()),
        *(_numbers(item, whole=False) for item in told.get("ContinuousParameterRanges") or ()),
        *(
            Range(name=item["Name"], values=tuple(map(str, item["Values"])))
            for item in told.get("CategoricalParameterRanges") or ()
        ),
    ]
    if told.get("AutoParameters"):
        raise refused("AutoParameters", "name a range for each hyperparameter")
    if not found:
        raise invalid("At least one hyperparameter range must be specified.")
    if len(found) > RANGES_LIMIT:
        raise invalid(f"{len(found)} hyperparameter ranges are specified; at most {RANGES_LIMIT} can be.")
    names = [item.name for item in found]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"The hyperparameter {name} has more than one range.")
        if name in static:
            raise invalid(f"The hyperparameter {name} has a range and is among StaticHyperParameters; it can be one of them.")
    return tuple(found)


def combinations(ranges: Sequence[Range]) -> float:
    return math.prod(item.count for item in ranges)


def grid(ranges: Sequence[Range]) -> Iterator[dict[str, str]]:
    """Every combination of categorical ranges, in their order."""
    for values in itertools.product(*(item.values for item in ranges)):
        yield {item.name: value for item, value in zip(ranges, values, strict=True)}


def refused(what: str, way_out: str) -> RequestError:
    """The answer to a part of tuning that is not run here: named, and never counted as done."""
    return invalid(f"{what} is not run in the local cloud; {way_out}")


def _numbers(item: Mapping[str, Any], *, whole: bool) -> Range:
    name, scaling = item["Name"], item.get("ScalingType") or "Auto"
    low, high = (_number(item[key], name, key, int if whole else float) for key in ("MinValue", "MaxValue"))
    if low > high:
        raise invalid(f"The range of {name} has MinValue {item['MinValue']} over MaxValue {item['MaxValue']}.")
    if scaling == "Logarithmic" and not low > 0:
        raise invalid(f"Logarithmic scaling of {name} needs a range of values greater than 0; MinValue is {item['MinValue']}.")
    if scaling == "ReverseLogarithmic":
        if whole:
            raise invalid(f"ReverseLogarithmic scaling is for continuous ranges; {name} is an integer range.")
        if not 0 <= low <= high < 1:
            raise invalid(f"ReverseLogarithmic scaling of {name} needs a range within 0 <= x < 1.0.")
    return Range(name=name, low=low, high=high, whole=whole, scaling="Linear" if scaling == "Auto" else scaling)


def _number(text: Any, name: str, key: str, kind: Callable[[str], float]) -> float:
    try:
        value = kind(str(text).strip())
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise invalid(f"The range of {name} has {key} '{text}', which is no {'integer' if kind is int else 'number'}.")
    return value
