"""Types that fit no other family: load balancers, functions, streams, workflows, builds, web ACLs, trails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalog.types import cloudtrail, codebuild, kinesis, lambda_, lb, sfn, wafv2
from tools.cost.bill import Ask, Charge, Row, Term, flat

FREE_LAMBDA_MB: Final = 128.0  # the smallest and default memory of a function, in MB


def _load_balancer(ask: Ask) -> Iterator[Charge]:
    kind = ask.text("loadBalancerType", "application")
    if kind not in ("application", "network"):
        ask.gaps.append(f"no price row for a load balancer of type {kind}")
        return
    yield from ask.charge("elb", kind, f"{kind} load balancer", ask.usage.hours)
    yield from ask.charge("elb", f"{kind}-lcu", "load units (assumed)", ask.usage.load_units)


def _function(ask: Ask) -> Iterator[Charge]:
    yield from ask.charge("lambda", "requests", "invocations (assumed)", ask.usage.lambda_requests / 1e6)
    arm = ask.text("architectures.0", "x86_64") == "arm64"
    gib = ask.number("memorySize", FREE_LAMBDA_MB) / 1024
    seconds = ask.usage.lambda_requests * ask.usage.lambda_seconds
    yield from ask.charge("lambda", "gb-second-arm64" if arm else "gb-second", f"{gib:g} GB (time assumed)", gib * seconds)


def _stream(ask: Ask) -> Iterator[Charge]:
    if ask.text("streamModeDetails.streamMode", "PROVISIONED") == "ON_DEMAND":
        yield from ask.charge("kinesis", "stream", "stream", ask.usage.hours)
        yield from ask.charge("kinesis", "ingest", "ingested (assumed)", ask.usage.stream_gb)
    else:
        yield from ask.charge("kinesis", "shard", "shards", ask.number("shardCount", 1) * ask.usage.hours)


def _state_machine(ask: Ask) -> Iterator[Charge]:
    if ask.text("type", "STANDARD") == "EXPRESS":
        yield from ask.charge("stepfunctions", "express", "requests (assumed)", ask.usage.transitions / 1e6)
        ask.gaps.append("no price row for the run time of express workflows")
    else:
        yield from ask.charge("stepfunctions", "transitions", "transitions (assumed)", ask.usage.transitions / 1000)


# CodeBuild's compute type -> the dimension of its price a minute. Larger types have no price row.
BUILD_MACHINES: Final = {"BUILD_GENERAL1_SMALL": "small", "BUILD_GENERAL1_MEDIUM": "medium", "BUILD_GENERAL1_LARGE": "large"}


def _builds(ask: Ask) -> Iterator[Charge]:
    machine, kind = ask.text("environment.computeType", ""), ask.text("environment.type", "LINUX_CONTAINER")
    if machine not in BUILD_MACHINES or kind != "LINUX_CONTAINER":
        ask.gaps.append(f"no price row for builds on {machine or 'an unknown machine'} ({kind})")
        return
    size = BUILD_MACHINES[machine]
    yield from ask.charge("codebuild", size, f"builds on {size} (minutes assumed)", ask.usage.build_minutes)


def _acl(ask: Ask) -> Iterator[Charge]:
    yield from ask.charge("wafv2", "acl", "web ACL", 1)
    yield from ask.charge("wafv2", "rule", "rules", len(ask.items("rules")))


ROWS: Final = (
    Row(card=lb.LOAD_BALANCER, charges=_load_balancer),
    Row(card=lambda_.FUNCTION, charges=_function),
    Row(card=kinesis.STREAM, charges=_stream),
    Row(card=sfn.STATE_MACHINE, charges=_state_machine),
    Row(card=wafv2.WEB_ACL, charges=_acl),
    Row(card=codebuild.PROJECT, charges=_builds),
    flat(
        cloudtrail.TRAIL,
        Term(service="cloudtrail", dimension="data", label="data events, one per bucket write", usage="s3_puts", per=100_000),
        note="the first copy of management events is free",
    ),
)
