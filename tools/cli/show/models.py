"""Models for people: a table of versions, one version in full, a comparison."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from tools.cli.terminal.console import console
from tools.models.diff import Row
from tools.models.version import APPROVED, REJECTED, ModelVersion

_STATUS: Final = {APPROVED: ("approved", "green"), REJECTED: ("rejected", "red")}
_VERDICTS: Final = {"better": "green", "worse": "red", "changed": "yellow", "unknown": "yellow", "same": "dim"}
# What nobody recorded: versions that others registered lack sizes, metrics and lineage.
NOT_RECORDED: Final = "unknown"
# Metrics on a line of the table, those on held-out data where there are any; all of them are in `show`.
SHOWN_METRICS: Final = 3
# On a terminal a table has its width; in a file it is as wide as its lines, and no line is broken.
FILE_WIDTH: Final = 1000


def table(versions: Sequence[ModelVersion]) -> None:
    """One line a version. A metric of the evaluation comes before one of training."""
    from rich.table import Table
    from rich.text import Text

    rows = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("model", "status", "created", "metrics", "size", "trained by"):
        rows.add_column(column, overflow="fold")
    for each in versions:
        word, style = status_of(each)
        created = f"{each.created:%Y-%m-%d %H:%M}" if each.created else ""
        trained_by = each.lineage.training_job or NOT_RECORDED
        rows.add_row(each.name, Text(word, style), created, _metrics(each), size(each.artifact.bytes), trained_by)
    _print_table(rows)


def version(each: ModelVersion, waits: Iterable[str]) -> None:
    """Everything, a line a fact; at the end what stands in the way of approving it."""
    word, style = status_of(each)
    out = console()
    out.print(f"[bold]{each.name}[/]  [{style}]{word}[/]", highlight=False)
    for name, value in _facts(each):
        out.print(f"  {name:<16} {value}", markup=False)
    waiting(waits)


def evaluated(each: ModelVersion, waits: Sequence[str], *, approve: str) -> None:
    """What an evaluation found, and what comes next."""
    out = console()
    out.print(f"[bold]{each.name}[/] was evaluated by {each.evaluation.job if each.evaluation else ''}", highlight=False)
    for name, value in sorted((each.evaluation.metrics if each.evaluation else {}).items()):
        out.print(f"  {name:<24} {value:.6g}{_before(each.metrics, name, value)}", markup=False)
    waiting(waits)
    if not waits and each.status != APPROVED:
        out.print(f"it may be approved: {approve}", markup=False)


def waiting(waits: Iterable[str]) -> None:
    out = console()
    for line in waits:
        out.print("[yellow]not to be approved[/]: ", end="")
        out.print(line, markup=False)


def difference(first: ModelVersion, second: ModelVersion, rows: Sequence[Row]) -> None:
    """A line a difference: what, before, after, and whether that is better."""
    from rich.table import Table
    from rich.text import Text

    if not rows:
        console().print(f"{first.name} and {second.name} are the same", markup=False)
        return
    shown = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", first.name, second.name, ""):
        shown.add_column(column, overflow="fold")
    for row in rows:
        missing = NOT_RECORDED if row.verdict == NOT_RECORDED else "-"
        values = (_value(row, value, missing) for value in (row.first, row.second))
        shown.add_row(f"{row.what} {row.name}", *values, Text(row.verdict, _VERDICTS[row.verdict]))
    _print_table(shown)


def status_of(each: ModelVersion) -> tuple[str, str]:
    """The status in a word, and its colour; one that nobody decided on says what it waits for."""
    return _STATUS.get(each.status, ("pending" if each.evaluation else "not evaluated", "yellow"))


def size(count: float | None) -> str:
    """Bytes as people write them."""
    if count is None:
        return NOT_RECORDED
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError("the last unit returns")


def _print_table(table: Any) -> None:
    out = console()
    if not out.is_terminal:
        out.width = FILE_WIDTH
    out.print(table, soft_wrap=False)


def _metrics(each: ModelVersion) -> str:
    metrics: dict[str, float] = {**each.metrics, **(each.evaluation.metrics if each.evaluation else {})}
    held_out = sorted(name for name in metrics if name.startswith("test_"))
    first = (held_out or sorted(metrics))[:SHOWN_METRICS]
    return ", ".join(f"{name} {metrics[name]:.4g}" for name in first) or NOT_RECORDED


def _before(trained: Mapping[str, float], name: str, value: float) -> str:
    before = trained.get(name)
    return "" if before is None else f"  ({before:.6g} when it was trained)" if before != value else "  (as when it was trained)"


def _facts(each: ModelVersion) -> Iterator[tuple[str, str]]:
    yield "arn", each.arn
    if each.created:
        yield "created", f"{each.created:%Y-%m-%d %H:%M:%S %Z}"
    if each.approval.reason:
        yield "decided", f"{each.approval.by}: {each.approval.reason}" if each.approval.by else each.approval.reason
    for name, number in sorted(each.metrics.items()):
        yield "trained", f"{name} {number:.6g}"
    if not each.metrics:
        yield "trained", f"metrics {NOT_RECORDED}"
    if each.evaluation:
        for name, number in sorted(each.evaluation.metrics.items()):
            yield "evaluated", f"{name} {number:.6g}"
        yield "evaluated by", each.evaluation.job
        yield "evaluated on", each.evaluation.data
        yield "report", each.evaluation.statistics
    yield (
        "artifact",
        f"{each.artifact.uri or NOT_RECORDED}  {size(each.artifact.bytes)}{' (a folder)' if each.artifact.folder else ''}",
    )
    single = (("sha256", each.artifact.sha256), ("etag", each.artifact.etag), ("statistics", each.statistics))
    yield from ((name, value) for name, value in single if value)
    made = each.lineage
    lineage = (
        ("trained by", made.training_job or NOT_RECORDED),
        *(("data", f"{channel} {uri}") for channel, uri in made.data.items()),
        ("code", made.code),
        ("image", made.image),
        ("image digest", made.image_digest),
        ("hyperparameters", made.hyperparameters),
        ("parent", made.parent),
        ("promoted from", made.promoted_from),
        ("served with", f"{each.inference.image or NOT_RECORDED}{_of_several(each.inference.containers)}"),
        ("reads", ", ".join(each.inference.content_types)),
        ("on", ", ".join(each.inference.instance_types)),
    )
    yield from ((name, value) for name, value in lineage if value)


def _of_several(containers: int) -> str:
    return f"  (the first of {containers} containers)" if containers > 1 else ""


def _value(row: Row, value: Any, missing: str) -> str:
    if row.what == "size" or value is None:
        return missing if value is None else size(value)
    return f"{value:.6g}" if isinstance(value, float) else str(value)
