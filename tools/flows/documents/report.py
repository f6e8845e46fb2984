"""What `report --json` prints."""

from __future__ import annotations

from typing import Annotated, Literal, TypedDict


class ReportDocument(TypedDict, total=False):
    """A report of a change or of a look at drift."""

    stack: Annotated[str, "The stack of the document that was read."]
    format: Annotated[Literal["markdown", "html"], "How it is written."]
    blocks: Annotated[list[str], "Of a change: what stands in its way, in words; empty for nothing."]
    drifted: Annotated[int, "Of a look at drift: how many resources differ."]
    file: Annotated[str, "The file that was written, with --out."]
    text: Annotated[str, "The report itself, without --out."]


class JobReportDocument(TypedDict):
    """A page about training jobs."""

    file: Annotated[str, "The page that was written."]
    jobs: Annotated[list[str], "The jobs on it, by their names in SageMaker."]
    plotted: Annotated[list[str], "Those whose log has a loss to draw."]
