"""EKS clusters and node groups: what moto forgets of them, and the operations that it lacks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from catalog.versions import EKS_DEFAULT
from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import TAGGING, ApiCall, Extra, Refusal

MISSING: Final = "ResourceNotFoundException"
# Members of CreateCluster and CreateNodegroup that moto 5.2.5 takes and forgets.
_CLUSTER_KEPT: Final = (
    *("accessConfig", "computeConfig", "controlPlaneScalingConfig", "deletionProtection", "kubeApiServerConfig"),
    *("kubeControllerManagerConfig", "kubeSchedulerConfig", "outpostConfig", "storageConfig", "upgradePolicy"),
    "zonalShiftConfig",
)
_NODES_KEPT: Final = {
    "updateConfig": "update_config",
    "nodeRepairConfig": "node_repair_config",
    "warmPoolConfig": "warmPoolConfig",
}
_VPC_DEFAULTS: Final = {"endpointPublicAccess": True, "endpointPrivateAccess": False}


def _backend(call: ApiCall) -> Any:
    from moto.eks.models import eks_backends

    return eks_backends[ACCOUNT][call.region]


def _moto(ask: Callable[..., Any], **members: Any) -> Any:
    """Asks moto's backend; its errors are not of the kind that its serializers write."""
    from moto.eks.exceptions import EKSError

    try:
        return ask(**members)
    except EKSError as error:
        raise Refusal(str(error.TYPE), json.loads(error.description).get("message", "")) from error


def cluster_of(call: ApiCall) -> Any:
    return _moto(_backend(call).describe_cluster, name=call.params.get("name") or call.params["clusterName"])


def _group(call: ApiCall) -> Any:
    name, group = call.params["clusterName"], call.params["nodegroupName"]
    return _moto(_backend(call).describe_nodegroup, cluster_name=name, nodegroup_name=group)


def _create_cluster(call: ApiCall) -> Mapping[str, Any]:
    asked = call.params
    vpc = {**_VPC_DEFAULTS, **asked["resourcesVpcConfig"]}
    vpc_id = _vpc_of(call, vpc.get("subnetIds", ()))
    cluster = _moto(
        _backend(call).create_cluster,
        name=asked["name"],
        role_arn=asked["roleArn"],
        resources_vpc_config=vpc,
        version=asked.get("version") or EKS_DEFAULT.version,  # moto has one that EKS no longer makes
        kubernetes_network_config=asked.get("kubernetesNetworkConfig"),
        logging=asked.get("logging"),
        client_request_token=asked.get("clientRequestToken"),
        tags=asked.get("tags"),
        encryption_config=asked.get("encryptionConfig"),
        remote_network_config=asked.get("remoteNetworkConfig"),
    )
    group = _ec2(call).create_security_group(
        f"eks-cluster-sg-{asked['name']}-{call.new_id(digits=10)}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master nodes",
        vpc_id,
    )
    vpc |= {"vpcId": vpc_id, "clusterSecurityGroupId": group.id}
    # moto has one issuer for all clusters, so a second cluster's identity provider would already be there.
    cluster.identity = {"oidc": {"issuer": f"https://oidc.eks.{call.region}.amazonaws.com/id/{call.new_id(digits=32).upper()}"}}
    for member in _CLUSTER_KEPT:
        if asked.get(member) is not None:
            setattr(cluster, member, asked[member])
    return {"cluster": cluster}


def _ec2(call: ApiCall) -> Any:
    from moto.ec2.models import ec2_backends

    return ec2_backends[ACCOUNT][call.region]


def _vpc_of(call: ApiCall, subnets: Any) -> str:
    """The VPC of the subnets. AWS refuses subnets that are not there, and those of one zone only."""
    there = {subnet.id: subnet for subnet in _ec2(call).describe_subnets()}
    for subnet in subnets:
        if subnet not in there:
            raise Refusal("InvalidParameterException", f"The subnet ID '{subnet}' does not exist")
    if len({there[subnet].availability_zone for subnet in subnets}) < 2:
        raise Refusal("InvalidParameterException", "Subnets specified must be in at least two different AZs")
    return str(there[subnets[0]].vpc_id)


def _delete_cluster(call: ApiCall) -> Mapping[str, Any]:
    """Deletes the cluster with its add-ons, its access entries and its own security group."""
    cluster = cluster_of(call)
    if getattr(cluster, "deletionProtection", False):
        message = f"Cluster {cluster.name} has deletion protection enabled; disable it before the cluster is deleted"
        raise Refusal("InvalidRequestException", message)
    _moto(_backend(call).delete_cluster, name=cluster.name)
    call.store.forget("eks", call.region, clusterName=cluster.name)
    group = cluster.resources_vpc_config.get("clusterSecurityGroupId")
    if group and _ec2(call).get_security_group_from_id(group):
        _ec2(call).delete_security_group(group_id=group)
    return {"cluster": cluster}


def _update_cluster(call: ApiCall) -> Mapping[str, Any]:
    """Changes settings of one kind a call, as AWS does; moto would replace the whole network part."""
    cluster, asked = cluster_of(call), {key: value for key, value in call.params.items() if value is not None}
    kinds = sorted(set(asked) - {"name", "clientRequestToken"})
    if "resourcesVpcConfig" in asked:
        if asked["resourcesVpcConfig"].get("subnetIds"):
            _vpc_of(call, asked["resourcesVpcConfig"]["subnetIds"])
        cluster.resources_vpc_config.update(asked["resourcesVpcConfig"])
    if "logging" in asked:
        cluster.logging = asked["logging"]
    if "kubernetesNetworkConfig" in asked:
        cluster.kubernetes_network_config = {**cluster.kubernetes_network_config, **asked["kubernetesNetworkConfig"]}
    if "remoteNetworkConfig" in asked:
        cluster.remote_network_config = asked["remoteNetworkConfig"]
    for member in _CLUSTER_KEPT:
        if member in asked:
            old = getattr(cluster, member, None)
            new = asked[member]
            setattr(cluster, member, {**old, **new} if isinstance(old, dict) and isinstance(new, dict) else new)
    return _updated(call, cluster, "ConfigUpdate", kinds)


def _update_version(call: ApiCall) -> Mapping[str, Any]:
    cluster = cluster_of(call)
    cluster.version = call.params["version"]
    return _updated(call, cluster, "VersionUpdate", ["version"])


def _encrypt(call: ApiCall) -> Mapping[str, Any]:
    cluster = cluster_of(call)
    cluster.encryption_config = call.params["encryptionConfig"]
    return _updated(call, cluster, "AssociateEncryptionConfig", ["encryptionConfig"])


def _create_group(call: ApiCall) -> Mapping[str, Any]:
    """Creates a node group. AWS takes the version from the cluster, and opens no remote access that was not asked for."""
    asked = call.params
    cluster = cluster_of(call)
    group = _moto(
        _backend(call).create_nodegroup,
        cluster_name=asked["clusterName"],
        nodegroup_name=asked["nodegroupName"],
        node_role=asked["nodeRole"],
        subnets=asked["subnets"],
        scaling_config=asked.get("scalingConfig"),
        disk_size=asked.get("diskSize"),
        instance_types=asked.get("instanceTypes"),
        ami_type=asked.get("amiType"),
        remote_access=asked.get("remoteAccess"),
        labels=asked.get("labels"),
        taints=asked.get("taints"),
        tags=asked.get("tags"),
        client_request_token=asked.get("clientRequestToken"),
        launch_template=asked.get("launchTemplate"),
        capacity_type=asked.get("capacityType"),
        version=asked.get("version") or cluster.version,
        release_version=asked.get("releaseVersion"),
    )
    group.release_version = asked.get("releaseVersion") or _release(group.release_version, group.version)
    group.remote_access = asked.get("remoteAccess")
    if not asked.get("diskSize") and asked.get("launchTemplate"):
        group.disk_size = None
    if not group.remote_access:
        group.resources.pop("remoteAccessSecurityGroup", None)
    for member, attribute in _NODES_KEPT.items():
        if asked.get(member) is not None:
            setattr(group, attribute, asked[member])
    return {"nodegroup": group}


def _update_group(call: ApiCall) -> Mapping[str, Any]:
    """Sets the new launch template, Kubernetes version or release."""
    group, asked = _group(call), call.params
    if asked.get("launchTemplate"):
        group.launch_template = {**(group.launch_template or {}), **asked["launchTemplate"]}
    if asked.get("version"):
        group.version, group.release_version = asked["version"], _release(group.release_version, asked["version"])
    if asked.get("releaseVersion"):
        group.release_version = asked["releaseVersion"]
    return _updated(call, group, "VersionUpdate", sorted(set(asked) & {"launchTemplate", "version", "releaseVersion"}))


def _release(old: str, version: str) -> str:
    """A release of this Kubernetes version: `1.33.8-20210414`."""
    return ".".join((version, *old.split(".")[2:]))


def _updated(call: ApiCall, target: Any, kind: str, members: list[str]) -> Mapping[str, Any]:
    """The answer of an update, done at once; it is kept on its target for DescribeUpdate."""
    update = {
        "id": call.new_id(digits=32),
        "status": "Successful",
        "type": kind,
        "params": [
            {"type": member[0].upper() + member[1:], "value": json.dumps(call.params.get(member), default=str)}
            for member in members
        ],
        "createdAt": datetime.now(UTC),
        "errors": [],
    }
    target.slipway_updates = {**getattr(target, "slipway_updates", {}), update["id"]: update}
    return {"update": update}


def _describe_update(call: ApiCall) -> Mapping[str, Any]:
    group = call.params.get("nodegroupName")
    target = _group(replace(call, params={**call.params, "clusterName": call.params["name"]})) if group else cluster_of(call)
    update = getattr(target, "slipway_updates", {}).get(call.params["updateId"])
    if update is None:
        raise Refusal(MISSING, f"No update found for id: {call.params['updateId']}.")
    return {"update": update}


def _tags(call: ApiCall) -> Mapping[str, Any] | None:
    """moto tags clusters only, and takes one key a call away."""
    wanted = call.params["resourceArn"]
    clusters = list(_backend(call).clusters.values())
    targets = [*clusters, *(group for cluster in clusters for group in cluster.nodegroups.values())]
    target = next((target for target in targets if target.arn == wanted), None)
    if target is None:
        return None
    if call.operation == "TagResource":
        target.tags = {**target.tags, **call.params["tags"]}
    elif call.operation == "UntagResource":
        target.tags = {key: value for key, value in target.tags.items() if key not in call.params["tagKeys"]}
    else:
        return {"tags": target.tags}
    return {}


EXTRAS: Mapping[str, Extra] = {
    "CreateCluster": _create_cluster,
    "DeleteCluster": _delete_cluster,
    "UpdateClusterConfig": _update_cluster,
    "UpdateClusterVersion": _update_version,
    "AssociateEncryptionConfig": _encrypt,
    "CreateNodegroup": _create_group,
    "UpdateNodegroupVersion": _update_group,
    "DescribeUpdate": _describe_update,
    **dict.fromkeys(TAGGING, _tags),
}
