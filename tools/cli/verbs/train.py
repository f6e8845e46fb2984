"""`slipway train`: one job of a stack that is up, started on demand, followed to its end, its model registered."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from tools.cli.options import Json, Local
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave, say
from tools.flows.ending import Ending


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
        from tools.cli.deployed import deployed

        given = overrides(settings or [])
        if given and (attach or stop):
            raise ValueError("--set is for a job that is started; leave it out with --job and --stop")
        found = deployed(stack, local=local)
        if stop:
            leave(_stop(found, stop, as_json=as_json))
        if not (name or attach):
            raise ValueError(
                f"name a job: {', '.join(sorted(found.jobs)) or 'this stack has none'}; `slipway train --help` has more"
            )
        job = _job_of(found, name, attach)
        started = attach or _start(found, job, given, as_json=as_json)
        if not (follow or attach):
            leave(_left_alone(found, job, started, as_json=as_json))
        leave(_followed(found, job, started, register=register, as_json=as_json))


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


def _job_of(found: Any, name: str, attach: str) -> Any:
    """The job's definition: by its name or, for one that runs, by whose name that job's begins with."""
    from tools.jobs.definition import named
    from tools.jobs.view import describe

    if name:
        return named(found.jobs, name)
    describe(found.clients, attach)
    mine = [job for job in found.jobs.values() if attach.startswith(f"{job.name_prefix}-")]
    return max(mine, key=lambda job: len(job.name_prefix), default=None)


def _start(found: Any, job: Any, given: dict[str, str], *, as_json: bool) -> str:
    """Runs what the job needs, judges its request, sends it; the name of the job that now runs. Leaves where it may not run."""
    from tools.cli import training
    from tools.jobs import submit
    from tools.jobs.definition import build
    from workloads.catalog import hyperparameter_faults

    own = {**job.request["HyperParameters"], **given}
    if fault := hyperparameter_faults(job.workload, own):
        raise ValueError(f"{fault}; nothing was started")
    needs = training.open_needs(found, job)
    name = submit.fresh_name(found.clients, job)
    # Models are looked for after the needs have run: one of those may make them.
    channels = {} if needs else submit.models_of(found.clients, job, found.jobs)
    request = build(job, name, hyperparameters=given, channels=channels)
    judged = training.judge([*training.planned(found, needs), request], found)
    for line in judged.lines():
        say(f"error: {line}" if judged.code else f"{job.name}: {line}")
    if judged.code:
        say("error: nothing was started")
        if as_json:
            answer({"stack": found.stack, "error": {"code": judged.code, "lines": judged.lines()}})
        leave(judged.code)
    failed = training.run_needs(found, needs)
    if failed is not None:
        say(f"error: {job.name} was not started, for {failed.job} did not complete")
        leave(_told(found, None, failed, as_json=as_json))
    if needs:
        request = build(job, name, hyperparameters=given, channels=submit.models_of(found.clients, job, found.jobs))
    return submit.submit(found.clients, request)


def _left_alone(found: Any, job: Any, name: str, *, as_json: bool) -> int:
    from tools.jobs.result import result_of
    from tools.jobs.view import describe

    if as_json:
        answer(result_of(describe(found.clients, name), found.clients.region).to_json())
    else:
        print(name)
        say(f"it runs; to follow it: ./slipway train {job.name} --follow --job {name}{found.options}")
        say(f"to stop it: ./slipway train --stop {name}{found.options}")
    return 0


def _followed(found: Any, job: Any, name: str, *, register: bool, as_json: bool) -> int:
    """Follows the job to its end and tells what came of it; the exit code."""
    from tools.cli.job_line import JobLine
    from tools.jobs.follow import follow
    from tools.jobs.result import result_of
    from tools.jobs.view import describe

    try:
        with JobLine(job.name if job else name).shown() as line:
            result = follow(found.clients, name, on=line)
    except KeyboardInterrupt:
        say(f"{name} runs on; to follow it again: ./slipway train --follow --job {name}{found.options}")
        say(f"to stop it: ./slipway train --stop {name}{found.options}")
        if as_json:
            answer(result_of(describe(found.clients, name), found.clients.region).to_json())
        return Ending.FAILED
    return _told(found, job if register else None, result, as_json=as_json)


def _told(found: Any, job: Any, result: Any, *, as_json: bool) -> int:
    """Registers the model where `job` has a group, and prints the result; the exit code."""
    from dataclasses import replace

    from tools.cli import show_job

    code = 0 if result.status == "Completed" else Ending.FAILED
    if code == 0 and job is not None and job.group:
        try:
            result = replace(result, version=_register(found, job, result.job))
        except ValueError as error:
            say(f"error: the model is not registered: {error}")
            code = Ending.FAILED
    if as_json:
        answer(result.to_json())
    if code and result.failure:
        show_job.failure(found, result)
    elif not as_json:
        show_job.summary(found, job, result)
    return code


def _register(found: Any, job: Any, name: str) -> dict[str, Any]:
    """The version that the job's model is registered as; approval is pending. Raises ValueError where it cannot be."""
    from tools.jobs.view import describe
    from tools.models import register

    raw = describe(found.clients, name).raw
    version = register(found.clients, group=job.group, job=raw, serving_image=str(found.outputs["servingImageUri"]))
    told: dict[str, Any] = version.to_json()
    return told


def _stop(found: Any, name: str, *, as_json: bool) -> int:
    from tools.jobs import submit
    from tools.jobs.result import result_of
    from tools.jobs.view import describe

    submit.stop(found.clients, name)
    view = describe(found.clients, name)
    if as_json:
        answer(result_of(view, found.clients.region).to_json())
    elif view.ended:
        say(f"{name} has ended already ({view.status})")
    else:
        say(f"{name} is stopping: it has 120 s to leave a checkpoint")
    return 0
