"""How fast two models are beside each other: the same inputs, in turn, in the same minute of the same process.

A figure of one model alone says as much about the machine's load as about the model. So the two take turns, the order swapped
every round, every call is timed by itself, and what decides is each model's cheapest call, in seconds that the calling thread
really ran (on a GPU: that passed until it was done). Whoever else uses the machine can only make a call dearer, so the cheapest
of many is nearest to what the model costs. The noise is measured too: how far the cheapest calls of two halves of the rounds are
apart, nothing on a quiet machine. Rounds are added until the noise is small. Latency and throughput are reported as the median.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

import torch

# A model's turn lasts at least this long, or two calls. A call is timed alone, since a longer stretch would be interrupted.
TURN_SECONDS: Final = 0.004
FEWEST_CALLS: Final = 2
WARM_UP_SECONDS: Final = 0.05
# Rounds are added in sets of the first number until the noise is below QUIET, up to so many sets.
QUIET: Final = 0.03
MOST_SETS: Final = 4
# No more rounds are added after so long: a machine that is this busy will not become quiet.
MOST_SECONDS: Final = 20.0
# The most noise that a gate forgives: on a machine noisier than this a slower model must not pass for a fast one.
MOST_NOISE: Final = 0.10


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Both models on one input of `rows` rows: what each call cost, turn by turn, and the median latency of each, in seconds."""

    rows: int
    original: tuple[tuple[float, ...], ...]
    compressed: tuple[tuple[float, ...], ...]
    latency: tuple[float, float]

    @property
    def speedup(self) -> float:
        """Above 1: the compressed model is faster."""
        return _cheapest(self.original) / _cheapest(self.compressed)

    @property
    def noise(self) -> float:
        """Relative: how far apart the cheapest calls of two halves of the same model's turns are, of the noisier model."""
        return max(_disagreement(self.original), _disagreement(self.compressed))

    def as_dict(self) -> dict[str, float]:
        """Median latencies in milliseconds, rows a second at the median, and the ratio of the cheapest calls with its noise."""
        found: dict[str, float] = {"rows": self.rows, "rounds": len(self.original), "speedup": self.speedup, "noise": self.noise}
        both = zip(("original", "compressed"), (self.original, self.compressed), self.latency, strict=True)
        for name, turns, latency in both:
            found |= {
                f"{name}_ms": latency * 1e3,
                f"{name}_cheapest_ms": _cheapest(turns) * 1e3,
                f"{name}_rows_per_second": self.rows / latency,
                f"{name}_calls": sum(map(len, turns)),
            }
        return found


def compare(
    original: Callable[[torch.Tensor], torch.Tensor],
    compressed: Callable[[torch.Tensor], torch.Tensor],
    inputs: Mapping[int, torch.Tensor],
    *,
    rounds: int,
) -> list[Timing]:
    """Time both models on each input (rows -> tensor), `rounds` rounds or a few times as many while the noise is large."""
    return [_compare_one(original, compressed, rows, tensor, rounds) for rows, tensor in sorted(inputs.items())]


def slowest(timings: Sequence[Timing]) -> Timing:
    """The timing of the batch size that gained least: a promised speedup must hold there too."""
    return min(timings, key=lambda timing: timing.speedup)


def _compare_one(
    original: Callable[[torch.Tensor], torch.Tensor],
    compressed: Callable[[torch.Tensor], torch.Tensor],
    rows: int,
    tensor: torch.Tensor,
    rounds: int,
) -> Timing:
    models = (original, compressed)
    turns: tuple[list[tuple[float, ...]], list[tuple[float, ...]]] = ([], [])
    waits: tuple[list[float], list[float]] = ([], [])
    started = time.monotonic()
    with torch.inference_mode():
        calls = [max(FEWEST_CALLS, math.ceil(TURN_SECONDS / _warm_up(model, tensor))) for model in models]
        for round_ in range(rounds * MOST_SETS):
            for which in (0, 1) if round_ % 2 else (1, 0):
                turn = [_call(models[which], tensor) for _ in range(calls[which])]
                turns[which].append(tuple(cost for _, cost in turn))
                waits[which].extend(wait for wait, _ in turn)
            timing = Timing(
                rows=rows,
                original=tuple(turns[0]),
                compressed=tuple(turns[1]),
                latency=(median(waits[0]), median(waits[1])),
            )
            late = time.monotonic() - started > MOST_SECONDS
            if (round_ + 1) % rounds == 0 and (late or timing.noise < QUIET):
                break
    return timing


def _warm_up(model: Callable[[torch.Tensor], torch.Tensor], tensor: torch.Tensor) -> float:
    """Seconds a call takes once caches, allocators and compilers have seen it: the fastest of the warm-up's calls."""
    _call(model, tensor)
    fastest, until = math.inf, time.perf_counter() + WARM_UP_SECONDS
    while fastest == math.inf or time.perf_counter() < until:
        fastest = min(fastest, _call(model, tensor)[0])
    return fastest


def _call(model: Callable[[torch.Tensor], torch.Tensor], tensor: torch.Tensor) -> tuple[float, float]:
    """One call: the seconds that passed, and the seconds of computing that the comparison counts."""
    start, ran = time.perf_counter(), time.thread_time()
    model(tensor)
    if tensor.device.type == "cuda":
        torch.cuda.synchronize(tensor.device)  # the call only queues kernels
        passed = time.perf_counter() - start
        return passed, passed
    return time.perf_counter() - start, time.thread_time() - ran


def _cheapest(turns: Sequence[Sequence[float]]) -> float:
    return min(map(min, turns))


def _disagreement(turns: Sequence[Sequence[float]]) -> float:
    # Rounds 0, 1 | 2, 3 | ... : both orders of a round are in each half.
    halves = [_cheapest([turn for place, turn in enumerate(turns) if place // 2 % 2 == half]) for half in (0, 1)]
    return max(halves) / min(halves) - 1.0
