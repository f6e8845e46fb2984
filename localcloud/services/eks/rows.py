"""EKS control planes and their nodes. Facts of behaviour: tests/golden/eks.*.json. What moto forgets is in clusters.py."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from catalog.limits.nodes import step_down_refused, step_refused
from catalog.services import CONTROL_PLANE_LOGS
from catalog.types import eks
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, at_least, between, cidr, conflicts, length, matches, one_of, value_at, when
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

GONE = ("ResourceNotFoundException",)


def eks_tags(arn: str = "{arn}") -> Tags:
    """EKS's tagging; `arn` is the template of the resource's arn."""
    return Tags(create="tags", form="map", target=("resourceArn", arn), add_member="tags", remove_member="tagKeys", read="tags")


def _logging(c: Context) -> dict[str, Any] | None:
    """AWS wants the types that are on and those that are off."""
    on = set(c.props.get("enabledClusterLogTypes") or ())
    if not on and not c.id:
        return None
    sides = ((on, True), (set(CONTROL_PLANE_LOGS) - on, False))
    return {"clusterLogging": [{"types": sorted(types), "enabled": enabled} for types, enabled in sides if types]}


def _log_types(c: Context) -> list[str] | None:
    setups = (c.data.get("logging") or {}).get("clusterLogging", ())
    return sorted({kind for setup in setups if setup.get("enabled") for kind in setup.get("types", ())}) or None


def _vpc_config(c: Context) -> dict[str, Any]:
    there = c.data["resourcesVpcConfig"]
    found = {"clusterSecurityGroupId": "", "vpcId": "", "publicAccessCidrs": [], **there}
    return {key: value for key, value in found.items() if key != "securityGroupIds" or value}


def _change_vpc(c: Context) -> None:
    """AWS takes who may reach the endpoint, and where its interfaces are, in one call each."""
    new, old = c.props["vpcConfig"], c.state.get("vpcConfig") or {}
    reach = {
        "endpointPublicAccess": new.get("endpointPublicAccess", True),
        "endpointPrivateAccess": new.get("endpointPrivateAccess", False),
        "publicAccessCidrs": new.get("publicAccessCidrs", old.get("publicAccessCidrs") or None),
    }
    place = {name: list(new.get(name) or ()) for name in ("subnetIds", "securityGroupIds")}
    if new.get("controlPlaneEgressMode"):
        reach["controlPlaneEgressMode"] = new["controlPlaneEgressMode"]
    for part in (reach, place):
        given = {name: value for name, value in part.items() if value is not None}
        if any(_loose(value) != _loose(old.get(name)) for name, value in given.items()):
            c.client().update_cluster_config(name=c.id, resourcesVpcConfig=given)


def _loose(value: Any) -> Any:
    return sorted(value or ()) if isinstance(value, (list, type(None))) else value


def _setting(*props: str) -> Update:
    """AWS takes one kind of setting a call."""
    return Update(on=props, do=Call(op="update_cluster_config", take=props, params={"name": "{id}"}), after_create=False)


def _encrypt(c: Context) -> None:
    if not c.state.get("encryptionConfig"):
        wanted = c.props["encryptionConfig"]
        config = {"resources": list(wanted["resources"]), "provider": {"keyArn": wanted["provider"]["keyArn"]}}
        c.client().associate_encryption_config(clusterName=c.id, encryptionConfig=[config])


def _version(c: Context) -> None:
    if c.props.get("version"):
        force = bool(c.props.get("forceUpdateVersion"))
        c.client().update_cluster_version(name=c.id, version=str(c.props["version"]), force=force)


def _auto_mode(props: Mapping[str, Any]) -> str | None:
    paths = (
        "computeConfig.enabled",
        "kubernetesNetworkConfig.elasticLoadBalancing.enabled",
        "storageConfig.blockStorage.enabled",
    )
    if len({bool(value_at(props, path)) for path in paths}) == 1:
        return None
    return f"{', '.join(paths)} must all be set to either true or false"


CLUSTER = Resource(
    type=eks.CLUSTER.token,
    steps={"version": step_refused},
    service="eks",
    create=Call(op="create_cluster", params={"logging": _logging}),
    id="{name}",
    read=Call(op="describe_cluster", params={"name": "{id}"}, path="cluster"),
    missing=GONE,
    updates=(
        Update(on=("version",), do=_version, after_create=False),
        _setting("computeConfig", "kubernetesNetworkConfig", "storageConfig"),
        _setting("accessConfig"),
        Update(on=("encryptionConfig",), do=_encrypt, after_create=False),
        Update(
            on=("enabledClusterLogTypes",),
            do=Call(op="update_cluster_config", take=(), params={"name": "{id}", "logging": _logging}),
            after_create=False,
        ),
        _setting("upgradePolicy"),
        Update(on=("vpcConfig",), do=_change_vpc, after_create=False),
        _setting("zonalShiftConfig"),
        _setting("remoteNetworkConfig"),
        _setting("deletionProtection"),
        _setting("controlPlaneScalingConfig"),
        _setting("kubeApiServerConfig", "kubeControllerManagerConfig", "kubeSchedulerConfig"),
    ),
    delete=Call(op="delete_cluster", params={"name": "{id}"}),
    replace=frozenset(
        {
            *("name", "roleArn", "bootstrapSelfManagedAddons", "outpostConfig", "kubernetesNetworkConfig.ipFamily"),
            *("kubernetesNetworkConfig.serviceIpv4Cidr", "accessConfig.bootstrapClusterCreatorAdminPermissions"),
        }
    ),
    # Encryption of secrets cannot be turned off.
    replace_if={"encryptionConfig": lambda new, old: bool(old) and not new},
    computed=frozenset(
        {
            *("name", "version", "deletionProtection", "accessConfig", "accessConfig.authenticationMode"),
            *("accessConfig.bootstrapClusterCreatorAdminPermissions", "upgradePolicy", "upgradePolicy.supportType"),
            *("controlPlaneScalingConfig", "kubernetesNetworkConfig", "kubernetesNetworkConfig.ipFamily"),
            *("kubernetesNetworkConfig.elasticLoadBalancing", "kubernetesNetworkConfig.serviceIpv4Cidr"),
            *("kubernetesNetworkConfig.serviceIpv6Cidr", "vpcConfig.clusterSecurityGroupId", "vpcConfig.vpcId"),
            *("vpcConfig.publicAccessCidrs", "vpcConfig.controlPlaneEgressMode"),
        }
    ),
    defaults={"bootstrapSelfManagedAddons": True, "vpcConfig.endpointPublicAccess": True},
    empty={"bootstrapSelfManagedAddons": True},
    zeros=frozenset({"kubernetesNetworkConfig"}),
    sets=frozenset(
        {
            *("enabledClusterLogTypes", "encryptionConfig.resources", "defaultAddonsToRemoves", "vpcConfig.subnetIds"),
            *("vpcConfig.securityGroupIds", "vpcConfig.publicAccessCidrs"),
        }
    ),
    rename={"vpcConfig": "resourcesVpcConfig", "identities": "identity", "identities.oidcs": "oidc"},
    outputs={"vpcConfig": _vpc_config, "enabledClusterLogTypes": _log_types},
    autoname=Autoname(limit=100),
    checks=(
        matches("name", r"[0-9A-Za-z][0-9A-Za-z_-]{0,99}", "must start with a letter or digit and have letters, digits, - and _"),
        arn("roleArn"),
        cidr("vpcConfig.publicAccessCidrs"),
        one_of("enabledClusterLogTypes", *CONTROL_PLANE_LOGS),
        one_of("accessConfig.authenticationMode", "API", "API_AND_CONFIG_MAP", "CONFIG_MAP"),
        one_of("upgradePolicy.supportType", "STANDARD", "EXTENDED"),
        one_of("kubernetesNetworkConfig.ipFamily", "ipv4", "ipv6"),
        one_of("encryptionConfig.resources", "secrets"),
        arn("encryptionConfig.provider.keyArn"),
        when("computeConfig", _auto_mode, "kubernetesNetworkConfig", "storageConfig"),
        conflicts("encryptionConfig", "outpostConfig"),
    ),
    tags=eks_tags(),
    freed={"deletionProtection": False},
)


def _change_group(c: Context) -> None:
    labels, old_labels = c.props.get("labels") or {}, c.state.get("labels") or {}
    taints, old_taints = c.props.get("taints") or [], c.state.get("taints") or []
    kept = {(taint.get("key"), taint.get("effect")) for taint in taints}
    changes: dict[str, Any] = {}
    if "labels" in c.changed:
        changes["labels"] = {
            "addOrUpdateLabels": {key: value for key, value in labels.items() if old_labels.get(key) != value},
            "removeLabels": [key for key in old_labels if key not in labels],
        }
    if "taints" in c.changed:
        changes["taints"] = {
            "addOrUpdateTaints": [taint for taint in taints if taint not in old_taints],
            "removeTaints": [taint for taint in old_taints if (taint.get("key"), taint.get("effect")) not in kept],
        }
    for prop in ("scalingConfig", "updateConfig", "nodeRepairConfig", "warmPoolConfig"):
        if prop in c.changed and c.props.get(prop):
            changes[prop] = c.props[prop]
    if changes:
        c.client().update_nodegroup_config(**_address(c), **changes)


def _change_version(c: Context) -> None:
    """A launch template is named by its id or its name, never both."""
    template = c.props.get("launchTemplate") or {}
    named = {key: template[key] for key in ("id", "name") if template.get(key)}
    given = {"launchTemplate": {**dict(list(named.items())[:1]), "version": str(template.get("version", ""))}} if named else {}
    for prop in ("version", "releaseVersion"):
        if prop in c.changed and c.props.get(prop):
            given[prop] = c.props[prop]
    if given:
        c.client().update_nodegroup_version(**_address(c), **given, force=bool(c.props.get("forceUpdateVersion")))


def _address(c: Context) -> dict[str, str]:
    return {"clusterName": c.get("clusterName"), "nodegroupName": c.get("nodeGroupName")}


_GROUP: Mapping[str, str | Callable[..., Any]] = {"clusterName": "{clusterName}", "nodegroupName": "{nodeGroupName}"}
_AMI_TYPES = (
    *("AL2_x86_64", "AL2_x86_64_GPU", "AL2_ARM_64", "CUSTOM", "BOTTLEROCKET_ARM_64", "BOTTLEROCKET_x86_64"),
    *("BOTTLEROCKET_ARM_64_FIPS", "BOTTLEROCKET_x86_64_FIPS", "BOTTLEROCKET_ARM_64_NVIDIA", "BOTTLEROCKET_x86_64_NVIDIA"),
    *("BOTTLEROCKET_ARM_64_NVIDIA_FIPS", "BOTTLEROCKET_x86_64_NVIDIA_FIPS", "WINDOWS_CORE_2019_x86_64"),
    *("WINDOWS_FULL_2019_x86_64", "WINDOWS_CORE_2022_x86_64", "WINDOWS_FULL_2022_x86_64", "WINDOWS_CORE_2025_x86_64"),
    *("WINDOWS_FULL_2025_x86_64", "AL2023_x86_64_STANDARD", "AL2023_ARM_64_STANDARD", "AL2023_x86_64_NEURON"),
    *("AL2023_x86_64_NVIDIA", "AL2023_ARM_64_NVIDIA"),
)

NODE_GROUP = Resource(
    type=eks.NODE_GROUP.token,
    steps={"version": step_down_refused},
    service="eks",
    create=Call(op="create_nodegroup"),
    id="{clusterName}:{nodeGroupName}",
    read=Call(op="describe_nodegroup", params=_GROUP, path="nodegroup"),
    missing=GONE,
    updates=(
        Update(on=("version", "releaseVersion", "launchTemplate"), do=_change_version, after_create=False),
        Update(
            on=("labels", "taints", "scalingConfig", "updateConfig", "nodeRepairConfig", "warmPoolConfig"),
            do=_change_group,
            after_create=False,
        ),
    ),
    delete=Call(op="delete_nodegroup", params=_GROUP),
    replace=frozenset(
        {
            *("amiType", "capacityType", "clusterName", "diskSize", "instanceTypes", "launchTemplate.id", "launchTemplate.name"),
            *("nodeGroupName", "nodeGroupNamePrefix", "nodeRoleArn", "remoteAccess", "subnetIds"),
        }
    ),
    replace_if={"launchTemplate": lambda new, old: True},
    computed=frozenset(
        {
            *("amiType", "capacityType", "diskSize", "instanceTypes", "launchTemplate.id", "launchTemplate.name"),
            *("nodeGroupName", "nodeGroupNamePrefix", "nodeRepairConfig", "releaseVersion", "updateConfig", "version"),
        }
    ),
    empty={"nodeGroupNamePrefix": "", "taints": []},
    zeros=frozenset({"remoteAccess"}),
    sets=frozenset({"subnetIds", "taints", "remoteAccess.sourceSecurityGroupIds"}),
    rename={
        "arn": "nodegroupArn",
        "nodeRoleArn": "nodeRole",
        "subnetIds": "subnets",
        "remoteAccess.sourceSecurityGroupIds": "sourceSecurityGroups",
        "resources.remoteAccessSecurityGroupId": "remoteAccessSecurityGroup",
    },
    outputs={"labels": lambda c: c.data.get("labels") or None},
    autoname=Autoname(prop="nodeGroupName", limit=63, prefix_prop="nodeGroupNamePrefix"),
    checks=(
        length("nodeGroupName", 1, 63),
        arn("nodeRoleArn"),
        one_of("capacityType", "ON_DEMAND", "SPOT", "CAPACITY_BLOCK"),
        one_of("amiType", *_AMI_TYPES),
        one_of("taints.effect", "NO_SCHEDULE", "NO_EXECUTE", "PREFER_NO_SCHEDULE"),
        length("taints.key", 1, 63),
        at_least("scalingConfig.maxSize", 1),
        at_least("scalingConfig.minSize", 0),
        at_least("scalingConfig.desiredSize", 0),
        between("updateConfig.maxUnavailable", 1, 100),
        between("updateConfig.maxUnavailablePercentage", 1, 100),
        conflicts("updateConfig.maxUnavailable", "updateConfig.maxUnavailablePercentage"),
        conflicts("launchTemplate.id", "launchTemplate.name"),
        conflicts("remoteAccess", "launchTemplate"),
    ),
    tags=eks_tags(),
)

ROWS = (CLUSTER, NODE_GROUP)
