"""What differs between two versions: metrics with their direction, and everything that made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from tools.models.version import ModelVersion

# Words in a metric's name that show which way is better. Of a metric without such a word, neither way is called better.
LOWER: Final = ("loss", "perplexity", "error", "bits_per_byte", "seconds", "latency")
HIGHER: Final = ("accuracy", "f1", "precision", "recall", "auc", "per_second")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing of both versions. `verdict` is better, worse, same or changed, as the second stands to the first.

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
    found = [*_numbers("metric", first.metrics, second.metrics)]
    found += _numbers(
        "evaluation",
        first.evaluation.metrics if first.evaluation else {},
        second.evaluation.metrics if second.evaluation else {},
    )
    found += _values("data", first.lineage.data, second.lineage.data)
    single = (
        ("code", "sources", first.lineage.code, second.lineage.code),
        ("image", "training", first.lineage.image, second.lineage.image),
        ("image", "training digest", first.lineage.image_digest, second.lineage.image_digest),
        ("image", "serving", first.inference.image, second.inference.image),
        ("parent", "model", first.lineage.parent, second.lineage.parent),
        ("artifact", "sha256", first.artifact.sha256, second.artifact.sha256),
    )
    found += [_row(what, name, one or None, other or None) for what, name, one, other in single if one or other]
    if hyperparameters:
        found += _values("hyperparameter", *hyperparameters)
    else:
        found.append(_row("hyperparameter", "digest", first.lineage.hyperparameters, second.lineage.hyperparameters))
    found.append(_number("size", "bytes", first.artifact.bytes, second.artifact.bytes, lower=True))
    return found


def better(name: str) -> str:
    """Which way a metric gets better: lower, higher, or "" where its name does not say."""
    last = name.lower()
    if any(word in last for word in HIGHER):
        return "higher"
    return "lower" if any(word in last for word in LOWER) else ""


def _numbers(what: str, first: Mapping[str, float], second: Mapping[str, float]) -> Iterator[Row]:
    for name in sorted(first.keys() | second.keys()):
        one, other = first.get(name), second.get(name)
        if one is None or other is None or not better(name):
            yield _row(what, name, one, other)
        else:
            yield _number(what, name, one, other, lower=better(name) == "lower")


def _number(what: str, name: str, first: float, second: float, *, lower: bool) -> Row:
    verdict = "same" if first == second else "better" if (second < first) == lower else "worse"
    return Row(what=what, name=name, first=first, second=second, verdict=verdict)


def _values(what: str, first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Row]:
    for name in sorted(first.keys() | second.keys()):
        yield _row(what, name, first.get(name), second.get(name))


def _row(what: str, name: str, first: Any, second: Any) -> Row:
    return Row(what=what, name=name, first=first, second=second, verdict="same" if first == second else "changed")
