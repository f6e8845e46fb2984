"""Random values of every shape that a plan may contain, drawn from a seed: hypothesis takes fifty times as long."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import Any, Final

from tools.plan.view import ENGINE_UNKNOWN, UNKNOWN, Secret

_KINDS: Final[tuple[tuple[Any, ...], ...]] = (
    (0, 1, -1, 4, 70_000, 0.5, 10**30, 1e300, math.inf, -math.inf, math.nan),
    (None, True, False, "", ENGINE_UNKNOWN, UNKNOWN, Secret("x"), Secret(7), Secret(UNKNOWN), Secret(Secret([UNKNOWN]))),
)


def odd_value(random: Random, keys: Sequence[str], texts: Sequence[str], depth: int = 3) -> Any:
    """A value: one of these texts, a number, a flag, an unknown, a secret, a list, or an object with some of these keys."""
    kind = random.randrange(5 if depth else 3)
    if kind == 4:
        return {random.choice(keys): odd_value(random, keys, texts, depth - 1) for _ in range(random.randrange(5))}
    if kind == 3:
        return [odd_value(random, keys, texts, depth - 1) for _ in range(random.randrange(4))]
    return random.choice(texts if kind == 2 else _KINDS[kind])
