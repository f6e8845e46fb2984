"""What the page of `slipway report` says about a training job, gathered from SageMaker, its log and the model registry."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from tools.jobs.clients import Clients, connect
from tools.jobs.cost import cost_usd, hourly_usd
from tools.jobs.definition import JobDefinition
from tools.jobs.submit import runs
from tools.jobs.view import JobView, describe, tags
from tools.report.job_page import JobFacts

LOG_LINES: Final = 40


def reach(stack: str, *, local: bool) -> tuple[Clients, Mapping[str, JobDefinition]]:
    """Clients of the stack's cloud, and its jobs: none where it is not up, for jobs of others have pages too."""
    from tools.cli.deployed import deployed
    from tools.flows.stack_settings import settings_of

    try:
        found = deployed(stack, local=local)
    except ValueError as error:
        environment = _local_cloud(error) if local or stack == "local" else None
        return connect(settings_of(stack).region, environment), {}
    return found.clients, found.jobs


def _local_cloud(why: ValueError) -> dict[str, str]:
    """What reaches the local cloud where it runs, whatever is up in it; raises `why` where it does not."""
    from localcloud import client
    from tools.engine.home import home_path

    cloud = client.find(home_path())
    if cloud is None:
        raise why
    return cloud.environment()


def views_of(clients: Clients, known: Mapping[str, JobDefinition], names: Sequence[str]) -> list[JobView]:
    """The jobs of these names, each once. Raises ValueError for one that is not there."""
    views = [_newest(clients, known[name]) if name in known else describe(clients, name) for name in names]
    return list({view.name: view for view in views}.values())


def _newest(clients: Clients, job: JobDefinition) -> JobView:
    if view := next(runs(clients, job), None):
        return view
    raise ValueError(f"job {job.name} has not run yet; run `./slipway train {job.name}`")


def facts_of(clients: Clients, view: JobView, lines: Sequence[str]) -> JobFacts:
    """What the page tells of one job."""
    cost = cost_usd(view, clients.region)
    told = "" if cost is None else f", {cost:,.4f} USD"
    return JobFacts(
        name=view.name,
        status=view.status,
        summary=f"{view.phase if not view.ended else ''} in {view.seconds:,.0f} s on {_machines(view)}{told}".strip(),
        failure=view.failure,
        sections={
            "Metrics": [(name, f"{value:.6g}") for name, value in view.metrics.items()],
            "Settings": sorted((name, str(value)) for name, value in view.hyperparameters.items()),
            "Run": list(_run(clients, view)),
            "Lineage": list(_lineage(clients, view)),
            "Tags": sorted(_tags(clients, view).items()),
        },
        log_tail=lines[-LOG_LINES:],
    )


def _machines(view: JobView) -> str:
    return f"{view.instance_count} x {view.instance_type}"


def _run(clients: Clients, view: JobView) -> Iterator[tuple[str, str]]:
    yield "created", f"{view.created:%Y-%m-%d %H:%M:%S} UTC"
    yield "machines", f"{_machines(view)}, {view.volume_gb:g} GiB each{', spot' if view.spot else ''}"
    hourly = hourly_usd(view.instance_type, view.instance_count, clients.region, view.volume_gb)
    yield "price", "not known" if hourly is None else f"{hourly:,.4f} USD an hour"
    yield "longest run", f"{view.max_runtime_seconds:,.0f} s"
    # Values of the environment may be anything; that there are some is enough to know where to look.
    if names := sorted(view.raw.get("Environment") or {}):
        yield "environment", f"{', '.join(names)} (values are not shown)"
    for name in ("EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"):
        yield name, "yes" if view.raw.get(name) else "no"


def _lineage(clients: Clients, view: JobView) -> Iterator[tuple[str, str]]:
    yield "arn", view.arn
    yield "image", view.image
    if view.definition:
        yield "definition", view.definition
    for name, uri in view.channels.items():
        yield f"data: {name}", uri
    if checkpoints := (view.raw.get("CheckpointConfig") or {}).get("S3Uri"):
        yield "checkpoints", checkpoints
    if view.artifact:
        yield "artifact", view.artifact
        if version := _version(clients, view.artifact):
            yield "model version", f"{version.group} version {version.version}, {version.status}"


def _version(clients: Clients, artifact: str) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError

    from tools.models.errors import RegistryError
    from tools.models.registry import version_of_artifact

    with contextlib.suppress(RegistryError, BotoCoreError, ClientError):  # the page is of use without it
        return version_of_artifact(clients, artifact)
    return None


def _tags(clients: Clients, view: JobView) -> dict[str, str]:
    from botocore.exceptions import BotoCoreError, ClientError

    with contextlib.suppress(BotoCoreError, ClientError):  # as above
        return tags(clients, view)
    return {}
