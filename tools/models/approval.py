"""Approval: what an evaluation must show, who decided, and why."""

from __future__ import annotations

import getpass
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tools.models import registry, storage
from tools.models.errors import RegistryError, asking
from tools.models.version import APPROVED, REJECTED, Evaluation, ModelVersion

# https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateModelPackage.html (ApprovalDescription)
DESCRIPTION_LIMIT: Final = 1024
_VERBS: Final = {APPROVED: "approve", REJECTED: "reject"}

# Metric -> {"min": x}, {"max": y}, or both: the stack file's `approval` of a job.
Rules = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a stack asks of a version before it may be approved.

    `evaluated`: the stack can evaluate it; `data`: what that tests on now ("" where it is unknown); `command`: how to evaluate.
    """

    rules: Rules
    evaluated: bool = True
    data: str = ""
    command: str = "./slipway models evaluate MODEL"


def faults(version: ModelVersion, gate: Gate) -> list[str]:
    """Why the version may not be approved, one line each with the way out; empty when it may."""
    if not gate.evaluated and not gate.rules:
        return []
    evaluation = version.evaluation
    if evaluation is None:
        return [f"it was never evaluated; run `{gate.command}`"]
    if version.artifact.etag and evaluation.etag != version.artifact.etag:
        return [f"its evaluation was of another artifact (ETag {evaluation.etag}); run `{gate.command}`"]
    if gate.data and evaluation.data != gate.data:
        then = evaluation.data or "unknown data"
        return [f"it was evaluated on {then}, the stack now tests on {gate.data}; run `{gate.command}`"]
    return [fault for metric, limits in sorted(gate.rules.items()) for fault in _beyond(metric, limits, evaluation)]


def approve(clients: Any, version: ModelVersion, gate: Gate, *, reason: str) -> tuple[ModelVersion, bool]:
    """The approved version, and whether that is new: one that is approved stays as it was decided.

    Raises RegistryError: each metric with its value, the limit and the way out, or that the artifact is gone or another.
    """
    if version.status == APPROVED:
        return version, False
    found = faults(version, gate)
    if found:
        raise RegistryError("\n".join([f"{version.name} may not be approved:", *found]))
    if version.lacks:
        raise RegistryError(
            f"{version.name} may not be approved: {version.lacks}; whether it is what was registered cannot be checked"
        )
    now = storage.head(clients.s3, version.artifact.uri)
    if version.artifact.etag and now.etag != version.artifact.etag:
        raise RegistryError(
            f"{version.artifact.uri} is not the artifact that was registered as {version.name} (ETag {now.etag}, registered "
            f"{version.artifact.etag}); register what is there by training again"
        )
    return _decide(clients, version, APPROVED, reason), True


def reject(clients: Any, version: ModelVersion, *, reason: str) -> tuple[ModelVersion, bool]:
    """The rejected version, and whether that is new. An approved version may be rejected: so it is withdrawn."""
    if version.status == REJECTED:
        return version, False
    return _decide(clients, version, REJECTED, reason), True


def _decide(clients: Any, version: ModelVersion, status: str, reason: str) -> ModelVersion:
    words = " ".join(reason.split())
    if not words:
        raise ValueError(f"a reason is missing; say why with --reason, so that others can read why you {_VERBS[status]} it")
    told = f"{who(clients)}: {words}"
    if len(told) > DESCRIPTION_LIMIT:
        most = DESCRIPTION_LIMIT - (len(told) - len(words))
        raise ValueError(f"the reason has {len(words)} characters; SageMaker keeps {most} of it, shorten it")
    with asking(f"{_VERBS[status]} {version.name}"):
        clients.sagemaker.update_model_package(ModelPackageArn=version.arn, ModelApprovalStatus=status, ApprovalDescription=told)
    return registry.describe(clients, version.arn)


def who(clients: Any) -> str:
    """The user of this machine, and the principal that AWS knows where `sts` is to be had."""
    try:
        user = re.sub(r"[:\s]", "", getpass.getuser())
    except (OSError, KeyError):  # no such user in this container
        user = "unknown"
    sts = getattr(clients, "sts", None)
    if sts is None:
        return user
    with asking("asking who you are"):
        return f"{user} ({sts.get_caller_identity()['Arn']})"


def _beyond(metric: str, limits: Mapping[str, float], evaluation: Evaluation) -> Iterator[str]:
    value = evaluation.metrics.get(metric)
    if value is None:
        known = ", ".join(sorted(evaluation.metrics)) or "none"
        yield f"{metric} was not measured; the evaluation {evaluation.job} has {known}: name one of them in `approval`"
        return
    way_out = "train a better one, or change `approval` of the job in the stack file"
    # Said so that what is no number (NaN) is within no limit.
    if "min" in limits and not value >= limits["min"]:
        yield f"{metric} is {value:g}, at least {limits['min']:g} is asked; {way_out}"
    if "max" in limits and not value <= limits["max"]:
        yield f"{metric} is {value:g}, at most {limits['max']:g} is asked; {way_out}"
