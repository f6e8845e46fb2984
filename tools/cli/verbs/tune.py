"""`slipway tune`: a hyperparameter search whose trials are training jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tools.cli.options import Json, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say
from tools.flows.ending import Ending


def run(
    name: Annotated[str, typer.Argument(help="The training job, by its name in the stack file.")],
    stack: Annotated[str, typer.Option("--stack", help="The stack that the job belongs to.")] = "local",
    local: Annotated[bool, typer.Option("--local", help="The stack's rehearsal in the local cloud.")] = False,
    trials: Annotated[
        int, typer.Option(min=1, max=999, help="Trials in all, those of an earlier run of the study included.")
    ] = 12,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Jobs that run at once.")] = 2,
    metric: Annotated[str, typer.Option(help="The job's final metric that decides.")] = "test_loss",
    minimize: Annotated[
        bool | None, typer.Option("--minimize/--maximize", help="Which way is better (default: by the name).")
    ] = None,
    space: Annotated[Path | None, typer.Option(help="A YAML or JSON file of ranges (default: the job's `search`).")] = None,
    fixed: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A hyperparameter of every trial; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the sampler: the same seed suggests the same, one trial at a time.")] = 0,
    study: Annotated[str, typer.Option(help="A name of its own, for another study of the same (default: the job's).")] = "",
    restart: Annotated[bool, typer.Option("--restart", help="Forget what the study found and begin anew.")] = False,
    prune: Annotated[
        bool, typer.Option("--prune/--no-prune", help="Stop a job whose loss is worse than the others' median.")
    ] = True,
    max_cost_usd: Annotated[
        float | None, typer.Option(min=0.0, help="Start no trial that would make all of them cost more.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Search for better hyperparameters: trials are training jobs, several at once. Ctrl-C stops them; the same command goes on.

    Example: slipway tune digits --trials 8 --metric test_accuracy --max-cost-usd 2
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.cli.show import tuning as page
        from tools.cli.show.job_line import JobLines
        from tools.flows.deployed import deployed
        from tools.flows.documents.jobs import tune_document
        from tools.flows.job_verdict import Refused
        from tools.flows.tune import SearchOrder, tune

        there = deployed(stack_named(stack, local=local))
        order = SearchOrder(
            job=name,
            metric=metric,
            minimize=minimize,
            space=space,
            fixed=tuple(fixed or ()),
            seed=seed,
            study=study,
            trials=trials,
            parallel=parallel,
            prune=prune,
            max_cost_usd=max_cost_usd,
            restart=restart,
        )
        found = tune(there, order, progress=JobLines())
        if isinstance(found, Refused):
            for line in found.lines:
                say(f"error: {line}")
            if as_json:
                answer({"stack": stack, "error": {"code": found.ending, "lines": list(found.lines)}})
            leave(found.ending)
        if as_json:
            answer(tune_document(found))
        else:
            page.outcome(found, train=f"./slipway train {name}{there.stack.option}")
        leave(Ending.DONE if found.best and found.ended != "interrupted" else Ending.FAILED)
