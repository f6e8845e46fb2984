"""`slipway report`: a page about training jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, Local
from tools.cli.terminal import answer, errors_said, say


def run(
    jobs: Annotated[
        list[str], typer.Argument(help="Training jobs: names as SageMaker has them, or the stack's (the newest run).")
    ],
    stack: Annotated[str, typer.Option(help="The stack in whose cloud they ran.")] = "local",
    out: Annotated[Path | None, typer.Option(help="The file to write (default: JOB.html here).")] = None,
    local: Local = False,
    as_json: Json = False,
) -> None:
    """Write a page about training jobs: settings, metrics, cost, failure, lineage, and the loss of all in one plot.

    Example: slipway report digits --out digits.html
    """
    with errors_said(as_json=as_json, stack=stack):
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
