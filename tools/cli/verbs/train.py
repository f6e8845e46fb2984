"""`slipway train`: one job of a stack that is up, started on demand, followed to its end, its model registered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tools.cli.options import Json, Local, stack_named
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say
from tools.flows.ending import Ending

if TYPE_CHECKING:
    from tools.flows.deployed import Deployed
    from tools.flows.train import Trained
    from tools.jobs.definition import JobDefinition


def run(
    name: Annotated[str, typer.Argument(help="The job, as slipway:training.jobs names it.", show_default=False)] = "",
    stack: Annotated[str, typer.Option(help="The stack: local, dev, prod, or any Pulumi.<stack>.yaml.")] = "local",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Show its progress until it has ended.")] = False,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="A hyperparameter of this run only; may be repeated.")
    ] = None,
    attach: Annotated[str, typer.Option("--job", "--attach", metavar="JOB", help="Follow a job that runs already.")] = "",
    stop: Annotated[str, typer.Option("--stop", metavar="JOB", help="Stop a job: it leaves a checkpoint and ends.")] = "",
    register: Annotated[bool, typer.Option(help="Register the model of a job that was followed to its end.")] = True,
    local: Local = False,
    as_json: Json = False,
) -> None:
    """Run a training job of a stack that is up. Exit code 3 when its request violates a policy, 4 when it may pass the ceiling.

    Example: slipway train digits --follow
    """
    with errors_said(as_json=as_json, stack=stack):
        from tools.flows import train
        from tools.flows.deployed import deployed

        given = overrides(settings or [])
        if given and (attach or stop):
            raise ValueError("--set is for a job that is started; leave it out with --job and --stop")
        found = deployed(stack_named(stack, local=local))
        if stop:
            leave(_stop(found, stop, as_json=as_json))
        if not (name or attach):
            raise ValueError(
                f"name a job: {', '.join(sorted(found.jobs)) or 'this stack has none'}; `slipway train --help` has more"
            )
        job = found.job(name) if name else train.job_of_run(found, attach)
        if job is None or attach:
            leave(_followed(found, job, attach, register=register, as_json=as_json))
        started = _start(found, job, given, as_json=as_json)
        if follow:
            leave(_followed(found, job, started, register=register, as_json=as_json))
        leave(_left_alone(found, job, started, as_json=as_json))


def overrides(settings: list[str]) -> dict[str, str]:
    """Hyperparameters of `--set key=value`. Raises ValueError for what has no `=` and for a key given twice."""
    found: dict[str, str] = {}
    for setting in settings:
        key, equals, value = setting.partition("=")
        if not equals or not key.isidentifier():
            raise ValueError(f"--set {setting!r} sets nothing; write KEY=VALUE, as in --set epochs=3")
        if key in found:
            raise ValueError(f"--set {key} is there twice; keep one")
        found[key] = value
    return found


def _start(found: Deployed, job: JobDefinition, given: dict[str, str], *, as_json: bool) -> str:
    """The name of the run that was started. Leaves where it may not run, or a job that it needs failed."""
    from tools.cli.show.job_line import JobLines
    from tools.flows import train
    from tools.flows.job_needs import NeedFailed
    from tools.flows.job_verdict import Refused

    begun = train.start(found, job, given, progress=JobLines())
    if isinstance(begun, Refused):
        for line in (*begun.lines, "nothing was started"):
            say(f"error: {line}")
        if as_json:
            answer({"stack": found.stack.name, "error": {"code": begun.ending, "lines": list(begun.lines)}})
        leave(begun.ending)
    if isinstance(begun, NeedFailed):
        say(f"error: {job.name} was not started, for {begun.need.job} did not complete")
        leave(_told(found, None, train.not_completed(found, begun.need), as_json=as_json))
    return begun.name


def _left_alone(found: Deployed, job: JobDefinition, name: str, *, as_json: bool) -> Ending:
    from tools.flows import train
    from tools.flows.documents.jobs import job_document

    if as_json:
        answer(job_document(train.now(found, name)))
    else:
        print(name)
        say(f"it runs; to follow it: ./slipway train {job.name} --follow --job {name}{found.stack.option}")
        say(f"to stop it: ./slipway train --stop {name}{found.stack.option}")
    return Ending.DONE


def _followed(found: Deployed, job: JobDefinition | None, name: str, *, register: bool, as_json: bool) -> Ending:
    """Follows the job to its end and tells what came of it; how the verb ends."""
    from tools.cli.show.job_line import JobLines
    from tools.flows import train
    from tools.flows.documents.jobs import job_document

    try:
        trained = train.follow(found, job, name, keep=register, progress=JobLines())
    except KeyboardInterrupt:
        say(f"{name} runs on; to follow it again: ./slipway train --follow --job {name}{found.stack.option}")
        say(f"to stop it: ./slipway train --stop {name}{found.stack.option}")
        if as_json:
            answer(job_document(train.now(found, name)))
        return Ending.FAILED
    return _told(found, job if register else None, trained, as_json=as_json)


def _told(found: Deployed, job: JobDefinition | None, trained: Trained, *, as_json: bool) -> Ending:
    from tools.cli.show import job as page

    if trained.not_registered:
        say(f"error: the model is not registered: {trained.not_registered}")
    if as_json:
        answer(trained.to_json())
    if trained.result.failure:
        page.failed(trained)
    elif not as_json:
        page.trained(trained, found.stack, job)
    return trained.ending


def _stop(found: Deployed, name: str, *, as_json: bool) -> Ending:
    from tools.flows import train
    from tools.flows.documents.jobs import job_document
    from tools.jobs.result import result_of

    view = train.stop(found, name)
    if as_json:
        answer(job_document(result_of(view, found.runner.region)))
    elif view.ended:
        say(f"{name} has ended already ({view.status})")
    else:
        say(f"{name} is stopping: it has 120 s to leave a checkpoint")
    return Ending.DONE
