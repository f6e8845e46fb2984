"""`slipway report`: a change for who reviews it, drift for who mends it, or a page about training jobs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from tools.cli.options import Json, Local, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say, short_lived
from tools.flows.ending import Ending

if TYPE_CHECKING:
    from tools.engine.stack_ref import StackRef
    from tools.flows.change_report import Reported
    from tools.flows.documents.report import ReportDocument


class Form(StrEnum):
    """How a change is written: for a comment, or as a page."""

    markdown = "markdown"
    html = "html"


def run(
    jobs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Training jobs: names as SageMaker has them, or the stack's (the newest run). None: the stack's change.",
            show_default=False,
        ),
    ] = None,
    stack: Annotated[str, typer.Option(help="The stack that changes, or in whose cloud the jobs ran.")] = "local",
    out: Annotated[Path | None, typer.Option(help="The file to write (default: stdout; of jobs JOB.html here).")] = None,
    form: Annotated[
        Form | None, typer.Option("--format", help="Of a change (default: what the name of --out says, else markdown).")
    ] = None,
    saved: Annotated[
        Path | None,
        typer.Option("--from", help="What `preview --json`, `up --json` or `refresh --json` printed, instead of a preview now."),
    ] = None,
    preflight: Annotated[Path | None, typer.Option(help="What `preflight --json` printed, to tell with the change.")] = None,
    ask: Annotated[
        bool, typer.Option("--ask-account", help="Of a preview now: run the preflight as well, and tell it with the change.")
    ] = False,
    note: Annotated[str, typer.Option(help="A line for the foot of a change: the commit, the run.")] = "",
    local: Local = False,
    as_json: Json = False,
) -> None:
    """Write what a change does, costs and breaks, for a pull request; or, of jobs, a page: settings, metrics, cost, loss.

    Of what `refresh --json` printed (--from): an issue that tells what was changed outside, by resource and property.

    A report is written whatever the verdict is: exit code 0. 1: the preview failed (the report says why). 2: a wrong file.

    Example: slipway report --stack prod --local --format markdown
    """
    with errors_said(as_json=as_json, stack=stack):
        if jobs:
            if form is not None or saved is not None or preflight is not None or note or ask:
                raise ValueError(
                    "--format, --from, --preflight, --ask-account and --note are of a change; "
                    "leave them out, or the names of jobs"
                )
            _jobs(jobs, stack_named(stack, local=local), out, as_json=as_json)
            return
        if ask and (saved is not None or preflight is not None):
            raise ValueError("--ask-account is of a preview now; leave it out, or --from and --preflight")
        html = form == Form.html if form is not None else out is not None and out.suffix in (".html", ".htm")
        reported = _reported(stack, saved, local=local, ask=ask)
        from tools.flows.change_report import written, written_look

        if reported.is_look:
            if html or preflight is not None:
                raise ValueError("drift is told in Markdown only: name an .md file, and leave --format html and --preflight out")
            text, look = written_look(reported, note=note)
            _write(text, out, {"stack": look.stack, "format": "markdown", "drifted": len(look.drifted)}, as_json=as_json)
            return
        text, change = written(reported, preflight, html=html, note=note)
        form_name: Literal["html", "markdown"] = "html" if html else "markdown"
        document: ReportDocument = {"stack": change.stack, "format": form_name, "blocks": list(change.blocks)}
        _write(text, out, document, as_json=as_json)
        if saved is None and change.faults:
            leave(Ending.FAILED)


def _reported(stack: str, saved: Path | None, *, local: bool, ask: bool) -> Reported:
    """What is to be written about: the saved document, else a preview now."""
    from tools.flows.change_report import of_file, of_preview

    if saved is not None:
        return of_file(saved)
    from tools.cli.terminal.run_progress import RunProgress

    short_lived()
    return of_preview(stack_named(stack, local=local), progress=RunProgress(), ask_account=ask)


def _write(text: str, out: Path | None, document: ReportDocument, *, as_json: bool) -> None:
    """Writes a report to its file or to stdout, and answers what was written."""
    if out is not None:
        out.write_text(text, encoding="utf-8")
    if as_json:
        where: ReportDocument = {"file": str(out)} if out is not None else {"text": text}
        answer({**document, **where})
    else:
        print(text if out is None else out, end="" if out is None else "\n")


def _jobs(jobs: list[str], stack: StackRef, out: Path | None, *, as_json: bool) -> None:
    """Writes the page about training jobs, and answers where it is."""
    from tools.flows.job_report import reach, report

    found = report(reach(stack), jobs)
    target = out or Path(f"{found.jobs[0]}.html")
    target.write_text(found.html, encoding="utf-8")
    if as_json:
        answer({"file": str(target), "jobs": list(found.jobs), "plotted": list(found.plotted)})
    else:
        print(target)
        if not found.plotted:
            say("no loss was found in the log, so there is no plot")
