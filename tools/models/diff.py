"""What differs between two versions: metrics with their direction, and everything that made them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from tools.models.version import ModelVersion

# Words in a metric's name that show which way is better. Of a metric without such a word, neither way is called better.
LOWER: Final = ("loss", "perplexity", "error", "bits_per_byte", "seconds", "latency")
HIGHER: Final = ("accuracy", "f1", "precision", "recall", "auc", "per_second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing of both versions. `verdict` is better, worse, same or changed, as the second stands to the first; unknown where
    one of the two did not record it, so that nobody can say.

    `what` is metric, evaluation, data, code, image, hyperparameter, size, ...; values are None where a version has none.
    """

    what: str
    name: str
    first: Any
    second: Any
    verdict: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def rows(
    first: ModelVersion, second: ModelVersion, hyperparameters: tuple[Mapping[str, str], Mapping[str, str]] | None = None
) -> list[Row]:
    """Everything of both, changed or not. `hyperparameters` are both jobs' own, where they are still known; else digests."""
    # Of a version that others registered no job is known, and so nothing of what went into it.
    known = bool(first.lineage.training_job and second.lineage.training_job)
    found = [*_numbers("metric", first.metrics, second.metrics)]
    found += _numbers(
        "evaluation",
        first.evaluation.metrics if first.evaluation else {},
        second.evaluation.metrics if second.evaluation else {},
    )
    found += _values("data", first.lineage.data, second.lineage.data, known=known)
    single = (
        ("code", "sources", first.lineage.code, second.lineage.code, False),
        ("image", "training", first.lineage.image, second.lineage.image, False),
        ("image", "training digest", first.lineage.image_digest, second.lineage.image_digest, False),
        ("image", "serving", first.inference.image, second.inference.image, False),
        ("parent", "model", first.lineage.parent, second.lineage.parent, known),
        ("artifact", "address", *_addresses(first, second), True),
        ("artifact", "sha256", first.artifact.sha256, second.artifact.sha256, False),
    )
    found += [
        _row(what, name, one or None, other or None, absent=absent) for what, name, one, other, absent in single if one or other
    ]
    containers = (first.inference.containers, second.inference.containers)
    if containers != (1, 1):
        found.append(_row("image", "containers", *containers, absent=True))
    if hyperparameters:
        found += _values("hyperparameter", *hyperparameters, known=True)
    else:
        digests = (first.lineage.hyperparameters or None, second.lineage.hyperparameters or None)
        found.append(_row("hyperparameter", "digest", *digests, absent=False))
    found.append(_number("size", "bytes", first.artifact.bytes, second.artifact.bytes, lower=True))
    if first.arn != second.arn:
        return found
    # What a version lacks it lacks the same as itself.
    return [
        replace(row, verdict="same") if row.verdict == "unknown" and str(row.first) == str(row.second) else row for row in found
    ]


def _addresses(first: ModelVersion, second: ModelVersion) -> tuple[str, str]:
    """Both artifacts' addresses, where no digest of either says whether they are the same."""
    told = first.artifact.sha256 or second.artifact.sha256
    return ("", "") if told else (first.artifact.uri, second.artifact.uri)


def better(name: str) -> str:
    """Which way a metric gets better: lower, higher, or "" where its name does not say."""
    last = name.lower()
    if any(word in last for word in HIGHER):
        return "higher"
    return "lower" if any(word in last for word in LOWER) else ""


def _numbers(what: str, first: Mapping[str, float], second: Mapping[str, float]) -> Iterator[Row]:
    for name in sorted(first.keys() | second.keys()):
        one, other = first.get(name), second.get(name)
        if not better(name):
            yield _row(what, name, one, other, absent=False)
        else:
            yield _number(what, name, one, other, lower=better(name) == "lower")


def _number(what: str, name: str, first: float | None, second: float | None, *, lower: bool) -> Row:
    if first is None or second is None or math.isnan(first) or math.isnan(second):
        verdict = "unknown"
    else:
        verdict = "same" if first == second else "better" if (second < first) == lower else "worse"
    return Row(what=what, name=name, first=first, second=second, verdict=verdict)


def _values(what: str, first: Mapping[str, str], second: Mapping[str, str], *, known: bool) -> Iterator[Row]:
    for name in sorted(first.keys() | second.keys()):
        yield _row(what, name, first.get(name), second.get(name), absent=known)


def _row(what: str, name: str, first: Any, second: Any, *, absent: bool) -> Row:
    """`absent`: a missing value means that there is none; else that nobody recorded it."""
    unsure = not absent and (first is None or second is None)
    return Row(
        what=what,
        name=name,
        first=first,
        second=second,
        verdict="unknown" if unsure else "same" if first == second else "changed",
    )
