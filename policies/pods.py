"""The pod that a Kubernetes object makes, wherever its kind keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from policies import tokens as t
from tools.plan.reader import Block
from tools.plan.view import ResourceView

# Where each kind keeps its pod.
_PODS: Final = {
    t.K8S_POD: "spec",
    t.K8S_DEPLOYMENT: "spec.template.spec",
    t.K8S_STATEFUL_SET: "spec.template.spec",
    t.K8S_DAEMON_SET: "spec.template.spec",
    t.K8S_JOB: "spec.template.spec",
    t.K8S_CRON_JOB: "spec.jobTemplate.spec.template.spec",
}
PODS: Final = tuple(_PODS)


def pod_of(resource: ResourceView) -> Block:
    """The pod's specification; empty where there is none."""
    return Block.of(resource).block(_PODS[resource.type])


def containers(resource: ResourceView) -> Iterator[Block]:
    """Every container of the pod, those that only prepare it first."""
    pod = pod_of(resource)
    yield from pod.items("initContainers")
    yield from pod.items("containers")
