"""Namespaces, and what every namespace that runs something needs beside it."""

from __future__ import annotations

from typing import Final

from catalog.types import kubernetes
from catalog.types.card import Card
from policies.pods import PODS
from policies.rule import rule
from policies.verdict import PASS, Fail, Unknown, Verdict
from tools.plan.links import LinkedPlan
from tools.plan.reader import Block
from tools.plan.view import ResourceView

_SYSTEM: Final = frozenset({"kube-system", "kube-public", "kube-node-lease"})
_STANDARDS: Final = frozenset({"baseline", "restricted"})
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"


def _name(resource: ResourceView) -> str:
    return Block.of(resource).text("metadata.name") or resource.name


def _inside(namespace: ResourceView, plan: LinkedPlan, *cards: Card) -> tuple[list[ResourceView], bool]:
    """The objects of these types in a namespace, and whether there are others that may be in it."""
    where = [(view, Block.of(view).text("metadata.namespace", unknown=None)) for view in plan.of(*cards)]
    found = [view for view, name in where if name == _name(namespace)]
    return found, any(name is None for _, name in where)


@rule(
    kubernetes.NAMESPACE,
    severity="mandatory",
    anchors=("Kyverno add-psa-labels",),
    why="Without an enforced standard the API server takes a privileged pod from whoever may make pods.",
    fix=f"label it {_ENFORCE}: restricted (baseline where an image needs it)",
)
def pods_are_held_to_a_standard(resource: ResourceView) -> Verdict:
    if _name(resource) in _SYSTEM:
        return PASS
    standard = Block.of(resource).entries("metadata.labels").get(_ENFORCE)
    level = standard.text() if standard else ""
    return PASS if level in _STANDARDS else Fail(f"pods of {_name(resource)} are held to {level or 'nothing'}")


@rule(
    kubernetes.NAMESPACE,
    severity="mandatory",
    anchors=("CKV2_K8S_6", "Polaris missingNetworkPolicy"),
    why="Where no policy selects a pod, every pod of the cluster reaches it: notebooks, Ray heads, model servers.",
    fix="declare a NetworkPolicy in it whose empty podSelector denies what is not allowed",
)
def network_is_policed(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if _name(resource) in _SYSTEM:
        return PASS
    found, more = _inside(resource, plan, kubernetes.NETWORK_POLICY)
    if any(not Block.of(view).has("spec.podSelector") for view in found):
        return PASS
    return Unknown("metadata.namespace") if more else Fail(f"no NetworkPolicy is for all pods of {_name(resource)}")


@rule(
    kubernetes.NAMESPACE,
    severity="advisory",
    anchors=("Kyverno require-namespace-quota",),
    why="One team's sweep can take every GPU of the cluster, and the autoscaler will buy more.",
    fix="declare a ResourceQuota in it with a hard limit on requests.nvidia.com/gpu",
)
def gpus_have_a_quota(resource: ResourceView, plan: LinkedPlan) -> Verdict:
    if _name(resource) in _SYSTEM:
        return PASS
    found, more = _inside(resource, plan, kubernetes.RESOURCE_QUOTA)
    if any(key.startswith("requests.") and "/" in key for view in found for key in Block.of(view).entries("spec.hard")):
        return PASS
    return Unknown("metadata.namespace") if more else Fail(f"nothing bounds the GPUs of {_name(resource)}")


@rule(
    *PODS,
    severity="advisory",
    anchors=("CKV_K8S_21",),
    why="The default namespace has no policy, no quota and no owner.",
    fix="set metadata.namespace to one of the workload's own",
)
def default_is_left_empty(resource: ResourceView) -> Verdict:
    namespace = Block.of(resource).text("metadata.namespace")
    return Fail("it is in the default namespace") if namespace in ("", "default") else PASS


@rule(
    kubernetes.CLUSTER_ROLE_BINDING,
    severity="mandatory",
    anchors=("CKV2_K8S_1", "Polaris clusterrolebindingClusterAdmin"),
    why="cluster-admin in a pod's hands is the whole cluster, its secrets and, by its nodes' roles, a part of the account.",
    fix="bind a role that names what is used",
)
def nobody_is_cluster_admin(resource: ResourceView) -> Verdict:
    return (
        Fail("it makes an administrator of the cluster") if Block.of(resource).text("roleRef.name") == "cluster-admin" else PASS
    )
