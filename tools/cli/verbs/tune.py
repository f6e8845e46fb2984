"""`slipway tune`: a hyperparameter search whose trials are training jobs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tools.cli.options import Json
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
        from tools.cli import training
        from tools.cli.deployed import deployed
        from tools.cli.tuning import guard, prepare, show
        from tools.jobs.submit import models_of
        from tools.tuning.kept import KeptStudy, alone
        from tools.tuning.search import AWS_SECONDS, LOCAL_SECONDS, search

        here = deployed(stack, local=local)
        ready = prepare(here, name, metric=metric, minimize=minimize, space=space, fixed=fixed or [], seed=seed, study=study)
        needs = training.open_needs(here, ready.job)
        code, lines = guard(here, ready, needs, trials=trials, budget=max_cost_usd)
        if code:
            _refused(stack, code, lines, as_json=as_json)
        with alone(ready.path):
            if restart:
                ready.path.unlink(missing_ok=True)
            kept = KeptStudy(ready.path, ready.space, minimize=ready.minimize, seed=seed)
            failed = training.run_needs(here, needs)
            if failed is not None:
                _refused(
                    stack,
                    Ending.FAILED,
                    [f"no trial was started, for {failed.job} did not complete: {failed.failure}"],
                    as_json=as_json,
                )
            known = len(kept.rows())
            begun = f"goes on after {known} trials" if known else f"up to {trials} trials, {parallel} at once"
            say(f"study {ready.study}: {begun}")
            outcome = search(
                kept,
                ready.trials(here, kept.life, models_of(here.clients, ready.job, here.jobs)),
                ready.plan(trials=trials, parallel=parallel, prune=prune, max_cost_usd=max_cost_usd),
                say=say,
                pause=LOCAL_SECONDS if here.local else AWS_SECONDS,
            )
        if as_json:
            answer(outcome.to_json())
        else:
            show(outcome, train=f"./slipway train {name}{here.options}")
        leave(Ending.DONE if outcome.best and outcome.ended != "interrupted" else Ending.FAILED)


def _refused(stack: str, code: int, lines: list[str], *, as_json: bool) -> NoReturn:
    for line in lines:
        say(f"error: {line}")
    if as_json:
        answer({"stack": stack, "error": {"code": code, "lines": lines}})
    leave(code)
