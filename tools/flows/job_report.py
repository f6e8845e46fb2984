"""What the page of `slipway report` says about a training job, gathered from SageMaker, its log and the model registry."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tools.engine.stack_ref import StackRef
from tools.jobs import history, life
from tools.jobs.clients import connect
from tools.jobs.cost import cost_usd, hourly_usd
from tools.jobs.definition import JobDefinition
from tools.jobs.lines import values_of
from tools.jobs.runners.sagemaker import SageMaker
from tools.jobs.view import JobView
from tools.models.errors import RegistryError
from tools.models.registry import version_of_artifact
from tools.models.version import ModelVersion
from tools.report.curves import curves_of
from tools.report.job_page import JobFacts, page
from tools.report.loss_plot import loss_plot

_LOG_LINES: Final = 40


@dataclass(frozen=True, kw_only=True, slots=True)
class JobReport:
    """The page about some runs: its HTML, their names, and the names of those whose loss is plotted."""

    html: str
    jobs: tuple[str, ...]
    plotted: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Reach:
    """What reaches the stack's cloud, and the stack's jobs: none where it is not up, for runs of others have pages too."""

    runner: SageMaker
    jobs: Mapping[str, JobDefinition]


def report(there: Reach, names: Sequence[str]) -> JobReport:
    """The page about runs, each named itself or by its job. Raises ValueError for one that is not there."""
    views = views_of(there, names)
    logs = [there.runner.log(view.name).lines() for view in views]
    curves = [curves_of(view.name, map(values_of, lines)) for view, lines in zip(views, logs, strict=True)]
    plotted = tuple(one.name for one in curves if not one.empty)
    facts = [facts_of(there.runner, view, lines) for view, lines in zip(views, logs, strict=True)]
    note = "Ran in the local cloud; what it cost is what AWS would have charged." if there.runner.local else ""
    return JobReport(
        html=page(facts, loss_plot(curves) if plotted else "", note=note),
        jobs=tuple(view.name for view in views),
        plotted=plotted,
    )


def reach(stack: StackRef) -> Reach:
    """What reaches the stack's cloud. Raises ValueError where the local cloud does not run."""
    from tools.flows.deployed import deployed
    from tools.flows.stack_settings import settings_of

    try:
        found = deployed(stack)
    except ValueError as error:
        environment = _local_cloud(error) if stack.local else None
        return Reach(runner=SageMaker(connect(settings_of(stack.name).region, environment)), jobs={})
    return Reach(runner=SageMaker(found.clients), jobs=found.jobs)


def _local_cloud(why: ValueError) -> dict[str, str]:
    """What reaches the local cloud where it runs, whatever is up in it; raises `why` where it does not."""
    from localcloud import client
    from tools.engine.home import home_path

    cloud = client.find(home_path())
    if cloud is None:
        raise why
    return cloud.environment()


def views_of(there: Reach, names: Sequence[str]) -> list[JobView]:
    """The runs of these names, each once. Raises ValueError for one that is not there."""
    views = [
        _newest(there.runner, there.jobs[name]) if name in there.jobs else life.require(there.runner, name) for name in names
    ]
    return list({view.name: view for view in views}.values())


def _newest(runner: SageMaker, job: JobDefinition) -> JobView:
    if view := next(history.runs(runner, job), None):
        return view
    raise ValueError(f"job {job.name} has not run yet; run `./slipway train {job.name}`")


def facts_of(runner: SageMaker, view: JobView, lines: Sequence[str]) -> JobFacts:
    """What the page tells of one run."""
    cost = cost_usd(view, runner.region)
    told = "" if cost is None else f", {cost:,.4f} USD"
    return JobFacts(
        name=view.name,
        status=view.status,
        summary=f"{view.phase if not view.ended else ''} in {view.seconds:,.0f} s on {_machines(view)}{told}".strip(),
        failure=view.failure,
        sections={
            "Metrics": [(name, f"{value:.6g}") for name, value in view.metrics.items()],
            "Settings": sorted((name, str(value)) for name, value in view.spec.hyperparameters.items()),
            "Run": list(_run(runner, view)),
            "Lineage": list(_lineage(runner, view)),
            "Tags": sorted(_tags(runner, view).items()),
        },
        log_tail=lines[-_LOG_LINES:],
    )


def _machines(view: JobView) -> str:
    return f"{view.spec.machines.count} x {view.spec.machines.instance_type}"


def _run(runner: SageMaker, view: JobView) -> Iterator[tuple[str, str]]:
    spec = view.spec
    yield "created", f"{view.created:%Y-%m-%d %H:%M:%S} UTC"
    yield "machines", f"{_machines(view)}, {spec.machines.volume_gb:g} GiB each{', spot' if spec.spot else ''}"
    hourly = hourly_usd(spec.machines, runner.region)
    yield "price", "not known" if hourly is None else f"{hourly:,.4f} USD an hour"
    yield "longest run", f"{spec.max_seconds:,.0f} s"
    # Values of the environment may be anything; that there are some is enough to know where to look.
    if names := sorted(spec.environment):
        yield "environment", f"{', '.join(names)} (values are not shown)"
    yield "EnableNetworkIsolation", "yes" if spec.isolated else "no"
    yield "EnableInterContainerTrafficEncryption", "yes" if spec.encrypt_traffic else "no"


def _lineage(runner: SageMaker, view: JobView) -> Iterator[tuple[str, str]]:
    yield "arn", view.arn
    yield "image", view.spec.image
    if view.spec.definition:
        yield "definition", view.spec.definition
    for name, uri in view.spec.channels.items():
        yield f"data: {name}", uri
    if view.spec.checkpoints:
        yield "checkpoints", view.spec.checkpoints
    if view.artifact:
        yield "artifact", view.artifact
        if version := _version(runner, view.artifact):
            yield "model version", f"{version.group} version {version.version}, {version.status}"


def _version(runner: SageMaker, artifact: str) -> ModelVersion | None:
    from botocore.exceptions import BotoCoreError, ClientError

    with contextlib.suppress(RegistryError, BotoCoreError, ClientError):  # the page is of use without it
        return version_of_artifact(runner.clients, artifact)
    return None


def _tags(runner: SageMaker, view: JobView) -> dict[str, str]:
    from botocore.exceptions import BotoCoreError, ClientError

    with contextlib.suppress(BotoCoreError, ClientError):  # the page is of use without them
        return runner.tags(view)
    return {}
