"""What `doctor`, `local` and `test` print with `--json`: the machine, and the local cloud on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, NotRequired, TypedDict, cast

if TYPE_CHECKING:
    from tools.flows.diagnosis import Finding
    from tools.flows.linting import Checked


class FindingDocument(TypedDict):
    """One thing that was looked at."""

    name: Annotated[str, "What."]
    ok: Annotated[bool, "Whether it is as it should be."]
    found: Annotated[str, "What was found."]
    needed: Annotated[bool, "Whether anything fails without it."]
    way_out: Annotated[str, "How to mend it."]


class DoctorDocument(TypedDict):
    """What was found on this machine."""

    healthy: Annotated[bool, "False where something needed is missing (exit code 1)."]
    findings: Annotated[list[FindingDocument], "Everything looked at, in the order in which `up` needs it."]


class CloudDocument(TypedDict):
    """Where the local cloud is."""

    endpoint: Annotated[str, "Its address for any AWS SDK."]
    provider_port: Annotated[int, "The port of its Pulumi provider `aws`."]
    providers: Annotated[dict[str, int], "The ports of its Pulumi providers, by name."]
    pid: Annotated[int, "Its process."]
    epoch: Annotated[str, "Which life of it this is; states belong to one."]


class CloudJobDocument(TypedDict):
    """A training job that runs in the local cloud."""

    name: Annotated[str, "Its name in SageMaker."]
    region: Annotated[str, "Its region."]
    status: Annotated[str, "Its TrainingJobStatus."]
    secondary_status: Annotated[str, "Its SecondaryStatus."]
    hosts: Annotated[int, "How many hosts run."]
    hosts_asked: Annotated[int, "How many hosts it asked for."]
    pids: Annotated[list[int], "The processes of its hosts."]


class CloudVariantDocument(TypedDict):
    """A variant of an endpoint of the local cloud."""

    weight: Annotated[float, "Its share of the requests."]
    servers_asked: Annotated[int, "How many servers it asked for."]
    servers: Annotated[int, "How many it has."]
    ready: Annotated[int, "How many of them answer."]
    restarts: Annotated[int, "How often a server of its was started again."]
    pids: Annotated[list[int], "The processes of its servers."]


class CloudEndpointDocument(TypedDict):
    """An endpoint of the local cloud."""

    name: Annotated[str, "Its name in SageMaker."]
    region: Annotated[str, "Its region."]
    status: Annotated[str, "Its EndpointStatus."]
    config: Annotated[str | None, "Its EndpointConfig; null before it has one."]
    notes: Annotated[list[str], "What a person must know of it."]
    variants: Annotated[dict[str, CloudVariantDocument], "Its variants by name."]


class CloudLimitsDocument(TypedDict):
    """How much runs at once on this machine."""

    cores: Annotated[int, "Cores."]
    hosts_per_job: Annotated[int, "Hosts of one job."]
    jobs: Annotated[int, "Jobs."]
    servers: Annotated[int, "Servers of endpoints."]


class CloudRuntimeDocument(TypedDict):
    """What really runs."""

    jobs: Annotated[list[CloudJobDocument], "Training jobs."]
    endpoints: Annotated[list[CloudEndpointDocument], "Endpoints."]
    pids: Annotated[list[int], "The processes of all of them."]
    limits: Annotated[CloudLimitsDocument, "How much runs at once."]
    capture_dropped: Annotated[int, "Requests that were answered and, for lack of time, not captured."]


class LocalStatusDocument(TypedDict):
    """The local cloud; all but `running` only where it runs."""

    running: Annotated[bool, "Whether it runs (exit code 1 where not)."]
    endpoint: NotRequired[Annotated[str, "Its address for any AWS SDK."]]
    provider_port: NotRequired[Annotated[int, "The port of its Pulumi provider `aws`."]]
    providers: NotRequired[Annotated[dict[str, int], "The ports of its Pulumi providers, by name."]]
    pid: NotRequired[Annotated[int, "Its process."]]
    epoch: NotRequired[Annotated[str, "Which life of it this is; states belong to one."]]
    uptime_seconds: NotRequired[Annotated[float, "How long it has run."]]
    peak_memory_mib: NotRequired[Annotated[int, "The most memory that its process had."]]
    port_was_taken: NotRequired[Annotated[int | None, "The port that it wanted and that was taken; null where it has it."]]
    resources: NotRequired[Annotated[dict[str, int], "How many resources it has, by stack."]]
    sagemaker: NotRequired[Annotated[CloudRuntimeDocument, "The jobs and endpoints that run."]]


class OperationsDocument(TypedDict):
    """Every operation of every service that the local cloud's endpoint answers, each in one list, as `service:Operation`."""

    done: Annotated[list[str], "What they ask for really happens."]
    kept: Annotated[list[str], "What they ask for is recorded and given back; nothing behaves."]
    refused: Annotated[list[str], "They are refused by name, in the service's own error form."]


class CoverageDocument(TypedDict):
    """What the local cloud has: resource types, and operations of AWS's services."""

    emulated: Annotated[list[str], "Types that behave as AWS's do."]
    recorded: Annotated[list[str], "Types that are remembered and have no behaviour."]
    operations: Annotated[OperationsDocument, "Operations of AWS's services, by what becomes of them."]


class LocalStopDocument(TypedDict):
    """The local cloud stopped."""

    stopped: Annotated[bool, "False where it was not running."]


class LocalResetDocument(TypedDict):
    """The local cloud emptied."""

    reset: Annotated[bool, "False where it was not running."]


class TestPhaseDocument(TypedDict):
    """One part of the tests."""

    tests: Annotated[str, "Which."]
    passed: Annotated[bool, "Whether all passed."]
    seconds: Annotated[float, "How long they took."]


class TestDocument(TypedDict):
    """The tests."""

    passed: Annotated[bool, "Whether all passed."]
    phases: Annotated[list[TestPhaseDocument], "Those that were run, to the first that failed."]


class LintCheckDocument(TypedDict):
    """One check of the source."""

    check: Annotated[str, "Which."]
    passed: Annotated[bool, "Whether it found nothing."]
    seconds: Annotated[float, "How long it took."]
    output: Annotated[str, "What it found; empty for nothing."]


class LintDocument(TypedDict):
    """The source checked."""

    passed: Annotated[bool, "Whether no check found anything."]
    checks: Annotated[list[LintCheckDocument], "Every check."]


class SetupDocument(TypedDict):
    """The packages of this checkout."""

    environment: Annotated[str, "The folder they are in."]
    groups: Annotated[dict[str, bool], "Whether each group beyond what every verb needs is installed."]


def lint_document(found: tuple[Checked, ...]) -> LintDocument:
    """The document of the checks of the source."""
    return {
        "passed": all(one.passed for one in found),
        "checks": [{"check": one.check, "passed": one.passed, "seconds": one.seconds, "output": one.output} for one in found],
    }


def doctor_document(findings: list[Finding], *, healthy: bool) -> DoctorDocument:
    """The document of a diagnosis."""
    return {"healthy": healthy, "findings": [cast(FindingDocument, finding.to_json()) for finding in findings]}


def local_status_document(cloud: Mapping[str, object]) -> LocalStatusDocument:
    """The document of the local cloud that runs, of what it says of itself."""
    return cast(LocalStatusDocument, {"running": True, **cloud})


def coverage_document(told: Mapping[str, object]) -> CoverageDocument:
    """The document of the types that the local cloud says it has."""
    return cast(CoverageDocument, told)
