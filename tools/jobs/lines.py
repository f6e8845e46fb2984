"""The numbers in the lines that a workload prints: `name=value;`, as the metric definitions of a job read them too."""

from __future__ import annotations

import math
import re
from typing import Final

# The same form as `metric_regex` of a job's metric definitions, for every name at once.
_PAIR: Final = re.compile(r"\b([A-Za-z_]\w*)=([-+0-9.eE]+);")


def values_of(line: str) -> dict[str, float]:
    """The finite numbers of one line by name: `step=10; train_loss=2.1;` is {"step": 10.0, "train_loss": 2.1}."""
    found: dict[str, float] = {}
    for name, told in _PAIR.findall(line):
        try:
            value = float(told)
        except ValueError:
            continue
        if math.isfinite(value):
            found[name] = value
    return found
