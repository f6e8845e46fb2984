"""What EKS refuses besides its model: sizes of a node group against each other, and steps between Kubernetes versions.

https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html
https://docs.aws.amazon.com/eks/latest/userguide/update-managed-node-group.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from catalog.limits.nodes import BEHIND, CODE, minor, nodes_refused, sizes_refused, step_down_refused, step_refused
from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal

SERVICE: Final = "eks"


def _cluster(call: ApiCall) -> Any:
    """The cluster of a request; None for one that is not there, which the operation itself refuses."""
    from moto.eks.models import eks_backends

    return eks_backends[ACCOUNT][call.region].clusters.get(call.params.get("clusterName") or call.params.get("name") or "")


def _group(call: ApiCall) -> Any:
    cluster = _cluster(call)
    return cluster.nodegroups.get(call.params.get("nodegroupName", "")) if cluster else None


def _sizes(call: ApiCall) -> None:
    """Refuses sizes that are against each other; an update is weighed with what the group has already."""
    group = _group(call) if call.operation == "UpdateNodegroupConfig" else None
    there = dict(group.scaling_config) if group is not None else {}
    sizes = {**there, **(call.params.get("scalingConfig") or {})}
    if says := sizes_refused(*(sizes.get(f"{name}Size") for name in ("min", "desired", "max"))):
        raise Refusal(CODE, says)


def _unavailable(call: ApiCall) -> None:
    """Refuses an update that lets no node, or all and more, be away at once: one of number and percentage is given."""
    update = call.params.get("updateConfig") or {}
    if update.get("maxUnavailable") and update.get("maxUnavailablePercentage"):
        raise Refusal(CODE, "maxUnavailable and maxUnavailablePercentage cannot be specified together")


def _cluster_version(call: ApiCall) -> None:
    """Refuses to skip a version, to go back, and to leave node groups more than three versions behind."""
    cluster = _cluster(call)
    if cluster is None or not cluster.version:
        return
    wanted = call.params["version"]
    if says := step_refused(cluster.version, wanted):
        raise Refusal(CODE, says)
    behind = [
        group.nodegroup_name
        for group in list(cluster.nodegroups.values())
        if group.version and minor(wanted) - minor(group.version) > BEHIND
    ]
    if behind:
        names = ", ".join(sorted(behind))
        message = f"Nodegroups {names} must be updated to match cluster version {cluster.version} before updating cluster version"
        raise Refusal("InvalidRequestException", message)


def _group_version(call: ApiCall) -> None:
    """Refuses nodes newer than their cluster, more than three versions older, and a way back."""
    cluster, wanted = _cluster(call), call.params.get("version")
    if cluster is None or not wanted or not cluster.version:
        return
    group = _group(call) if call.operation == "UpdateNodegroupVersion" else None
    says = nodes_refused(cluster.version, wanted) or (
        step_down_refused(group.version, wanted) if group and group.version else None
    )
    if says:
        raise Refusal(CODE, says)


PLAN: Final[Mapping[str, tuple[Refuse, ...]]] = {"CreateNodegroup": (_sizes, _unavailable)}
REFUSALS: Final[Mapping[str, tuple[Refuse, ...]]] = {
    "CreateNodegroup": (_sizes, _unavailable, _group_version),
    "UpdateNodegroupConfig": (_sizes, _unavailable),
    "UpdateNodegroupVersion": (_group_version,),
    "UpdateClusterVersion": (_cluster_version,),
}
