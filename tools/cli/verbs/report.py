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
            _jobs(jobs, stack, out, local=local, as_json=as_json)
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


def _jobs(jobs: list[str], stack: str, out: Path | None, *, local: bool, as_json: bool) -> None:
    from tools.cli.job_report import facts_of, reach, views_of
    from tools.jobs.lines import values_of
    from tools.jobs.logs import Log
    from tools.report.curves import curves_of
    from tools.report.job_page import page
    from tools.report.loss_plot import loss_plot

    clients, known = reach(stack, local=local)
    views = views_of(clients, known, jobs)
    logs = [Log(clients, view.name).lines() for view in views]
    curves = [curves_of(view.name, map(values_of, lines)) for view, lines in zip(views, logs, strict=True)]
    plot = "" if all(one.empty for one in curves) else loss_plot(curves)
    told = [facts_of(clients, view, lines) for view, lines in zip(views, logs, strict=True)]
    target = out or Path(f"{views[0].name}.html")
    note = "Ran in the local cloud; what it cost is what AWS would have charged." if clients.local else ""
    target.write_text(page(told, plot, note=note), encoding="utf-8")
    if as_json:
        answer(
            {
                "file": str(target),
                "jobs": [view.name for view in views],
                "plotted": [one.name for one in curves if not one.empty],
            }
        )
    else:
        print(target)
        if not plot:
            say("no loss was found in the log, so there is no plot")
