"""Kubernetes objects that serve: they say whether they can, and outlive a node."""

from __future__ import annotations

from catalog.types import kubernetes
from policies.pods import pod_of
from policies.rule import rule
from policies.tagging import is_production
from policies.verdict import PASS, Fail, Verdict, every
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

LEAST_IN_PRODUCTION = 2


@rule(
    kubernetes.DEPLOYMENT,
    kubernetes.STATEFUL_SET,
    severity="advisory",
    anchors=("CKV_K8S_8", "CKV_K8S_9", "Polaris readinessProbeMissing"),
    why="A model server that still loads its weights, or hangs, is sent requests all the same.",
    fix="give every container with a port a readinessProbe and a livenessProbe (and a startupProbe as long as the model loads)",
)
def pods_say_whether_they_can(resource: ResourceView) -> Verdict:
    def probed(one: Block) -> Verdict:
        missing = [probe for probe in ("readinessProbe", "livenessProbe") if not one.has(probe)]
        return Fail(f"container {one.text('name') or '?'} has no {' and no '.join(missing)}") if missing else PASS

    return every((one for one in pod_of(resource).items("containers") if one.items("ports")), probed)


@rule(
    kubernetes.DEPLOYMENT,
    kubernetes.STATEFUL_SET,
    severity="advisory",
    anchors=("Polaris deploymentMissingReplicas",),
    why="With one replica every drained node, and every new version, is an outage.",
    fix=f"set spec.replicas to {LEAST_IN_PRODUCTION} or more (a workload that an autoscaler moves: its least)",
)
def two_replicas_in_production(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if not is_production(resource, plan):
        return PASS
    replicas = Block.of(resource).number("spec.replicas")
    replicas = 1 if replicas is None else replicas
    # A workload without any replica is switched off on purpose.
    return Fail(f"there is {replicas:g} replica") if 0 < replicas < LEAST_IN_PRODUCTION else PASS


@rule(
    kubernetes.POD_DISRUPTION_BUDGET,
    severity="mandatory",
    anchors=("Polaris missingPodDisruptionBudget",),
    why="A budget that allows no disruption keeps nodes from being drained, and the cluster from being upgraded.",
    fix="set spec.maxUnavailable to 1, or spec.minAvailable below the number of replicas",
)
def budget_lets_nodes_go(resource: ResourceView) -> Verdict:
    block = Block.of(resource)
    most, least = block.value("spec.maxUnavailable"), block.value("spec.minAvailable")
    if most in (0, "0", "0%") or least == "100%":
        return Fail("it lets no pod go")
    return PASS if most is not None or least is not None else Fail("it sets neither maxUnavailable nor minAvailable")
