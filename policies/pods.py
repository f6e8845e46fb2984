"""The pod that a Kubernetes object makes, at whichever path its kind has it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from catalog.types import kubernetes
from tools.plan.reader import Block
from tools.plan.view import ResourceView

# The path of the pod's specification in each kind.
_PODS: Final = {
    kubernetes.POD: "spec",
    kubernetes.DEPLOYMENT: "spec.template.spec",
    kubernetes.STATEFUL_SET: "spec.template.spec",
    kubernetes.DAEMON_SET: "spec.template.spec",
    kubernetes.JOB: "spec.template.spec",
    kubernetes.CRON_JOB: "spec.jobTemplate.spec.template.spec",
}
PODS: Final = tuple(_PODS)
_PATHS: Final = {card.token: path for card, path in _PODS.items()}


def pod_of(resource: ResourceView) -> Block:
    """The pod's specification; empty where there is none."""
    return Block.of(resource).block(_PATHS[resource.type])


def containers(resource: ResourceView) -> Iterator[Block]:
    """Every container of the pod, the init containers first."""
    pod = pod_of(resource)
    yield from pod.items("initContainers")
    yield from pod.items("containers")
