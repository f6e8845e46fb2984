"""Launch templates and placement groups. Facts of behaviour: tests/golden/ec2.LaunchTemplate.json, ec2.PlacementGroup.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from catalog.types import ec2
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import between, conflicts, matches, one_of, when
from localcloud.kernel.spec import Autoname, Check, Resource, Tags, Update
from localcloud.kernel.values import member_of, to_aws
from localcloud.services.ec2.tags import ec2_tags

_DATA: Final = (
    "blockDeviceMappings",
    "capacityReservationSpecification",
    "cpuOptions",
    "creditSpecification",
    "disableApiStop",
    "disableApiTermination",
    "ebsOptimized",
    "enclaveOptions",
    "hibernationOptions",
    "iamInstanceProfile",
    "imageId",
    "instanceInitiatedShutdownBehavior",
    "instanceMarketOptions",
    "instanceRequirements",
    "instanceType",
    "kernelId",
    "keyName",
    "licenseSpecifications",
    "maintenanceOptions",
    "metadataOptions",
    "monitoring",
    "networkInterfaces",
    "networkPerformanceOptions",
    "placement",
    "privateDnsNameOptions",
    "ramDiskId",
    "secondaryInterfaces",
    "securityGroupNames",
    "tagSpecifications",
    "userData",
    "vpcSecurityGroupIds",
)
_RENAME: Final = {
    "name": "LaunchTemplateName",
    "description": "VersionDescription",
    "defaultVersion": "DefaultVersionNumber",
    "latestVersion": "LatestVersionNumber",
    "securityGroupNames": "SecurityGroups",
    "vpcSecurityGroupIds": "SecurityGroupIds",
    "networkInterfaces.securityGroups": "Groups",
    "networkInterfaces.ipv4Addresses": "PrivateIpAddresses",
    "networkInterfaces.ipv4AddressCount": "SecondaryPrivateIpAddressCount",
}
# Lists of an interface that are plain here and objects there: property -> (member, the object's member).
_INTERFACE_LISTS: Final = {
    "ipv4Addresses": ("PrivateIpAddresses", "PrivateIpAddress"),
    "ipv4Prefixes": ("Ipv4Prefixes", "Ipv4Prefix"),
    "ipv6Addresses": ("Ipv6Addresses", "Ipv6Address"),
    "ipv6Prefixes": ("Ipv6Prefixes", "Ipv6Prefix"),
}
# Where a zero is a value, not "not given".
_ZERO_COUNTS: Final = frozenset({"deviceIndex", "networkCardIndex", "min", "max"})


def _given(value: Any, name: str = "") -> Any:
    """`value` without what Terraform takes for not given: empty texts and blocks, and zero numbers."""
    if isinstance(value, Mapping):
        if name == "tags":
            return dict(value)
        inner = {key: _given(item, key) for key, item in value.items()}
        return {key: item for key, item in inner.items() if item is not None} or None
    if isinstance(value, list):
        return [item for item in (_given(item, name) for item in value) if item is not None] or None
    if value == "" or (value == 0 and not isinstance(value, bool) and name not in _ZERO_COUNTS):
        return None
    return value


def _interface(value: Mapping[str, Any]) -> dict[str, Any]:
    result = dict(value)
    for prop, (_, inner) in _INTERFACE_LISTS.items():
        if result.get(prop):
            result[prop] = [{inner: item} for item in result[prop]]
    primary = result.get("privateIpAddress")
    if primary and result.get("ipv4Addresses"):
        # EC2 takes one address or a list, in which the primary one is marked.
        del result["privateIpAddress"]
        result["ipv4Addresses"] = [{**item, "Primary": item["PrivateIpAddress"] == primary} for item in result["ipv4Addresses"]]
    return result


def _read_interface(item: Mapping[str, Any]) -> dict[str, Any]:
    result = {**item, **{member: [each[inner] for each in item.get(member, ())] for member, inner in _INTERFACE_LISTS.values()}}
    for address in item.get("PrivateIpAddresses", ()):
        if address.get("Primary"):
            result["PrivateIpAddress"] = address["PrivateIpAddress"]
    return result


def _template_data(c: Context) -> dict[str, Any]:
    shape = c.client().meta.service_model.shape_for("RequestLaunchTemplateData")
    result = {}
    for prop in _DATA:
        value = _given(c.props.get(prop), prop)
        if value is None:
            continue
        if prop == "networkInterfaces":
            value = [_interface(item) for item in value]
        if prop == "tagSpecifications":
            pairs = ((item["resourceType"], item.get("tags") or {}) for item in value)
            value = [{"resourceType": kind, "tags": [{"key": k, "value": v} for k, v in tags.items()]} for kind, tags in pairs]
        member = _RENAME.get(prop) or member_of(shape.members, prop) or prop
        result[member] = to_aws(value, shape.members[member], _RENAME, prop)
    return result


def _read_template(c: Context) -> dict[str, Any] | None:
    client = c.client()
    found = client.describe_launch_templates(LaunchTemplateIds=[c.id])["LaunchTemplates"]
    if not found:
        return None
    latest = str(found[0]["LatestVersionNumber"])
    version = client.describe_launch_template_versions(LaunchTemplateId=c.id, Versions=[latest])["LaunchTemplateVersions"][0]
    data = dict(version["LaunchTemplateData"])
    data["NetworkInterfaces"] = [_read_interface(item) for item in data.get("NetworkInterfaces", ())]
    # moto counts the template's own tags among those of what it launches, and reports old ones for the template.
    data["TagSpecifications"] = [
        {"ResourceType": item["ResourceType"], "Tags": {tag["Key"]: tag["Value"] for tag in item.get("Tags", ())}}
        for item in data.get("TagSpecifications", ())
        if item["ResourceType"] != "launch-template"
    ]
    tags = client.describe_tags(Filters=[{"Name": "resource-id", "Values": [c.id]}])["Tags"]
    description = version.get("VersionDescription", "")
    return {**data, **found[0], "VersionDescription": description, "UserData": data.get("UserData") or "", "Tags": tags}


def _change_template(c: Context) -> None:
    """Every change of the data is a new version; the default version is set by a call of its own."""
    client = c.client()
    latest = None
    if c.changed & {*_DATA, "description"}:
        described = {"VersionDescription": c.props["description"]} if c.props.get("description") else {}
        answer = client.create_launch_template_version(LaunchTemplateId=c.id, LaunchTemplateData=_template_data(c), **described)
        latest = answer["LaunchTemplateVersion"]["VersionNumber"]
    default = c.props.get("defaultVersion") if "defaultVersion" in c.changed else None
    if c.props.get("updateDefaultVersion"):
        default = latest or c.state.get("latestVersion")
    if default is not None and default != c.state.get("defaultVersion"):
        client.modify_launch_template(LaunchTemplateId=c.id, DefaultVersion=str(default))


def _name_length(prop: str, high: int) -> Check:
    def says(values: Mapping[str, Any]) -> str | None:
        size = len(values.get(prop) or "xxx")
        if size < 3:
            return f'"{prop}" cannot be less than 3 characters'
        return f'"{prop}" cannot be longer than {high} characters' if size > high else None

    return when(prop, says)


LAUNCH_TEMPLATE = Resource(
    type=ec2.LAUNCH_TEMPLATE.token,
    service="ec2",
    create=Call(
        op="create_launch_template",
        take=(),
        params={"LaunchTemplateName": "{name}", "VersionDescription": "{description}", "LaunchTemplateData": _template_data},
    ),
    id="{data.LaunchTemplate.LaunchTemplateId}",
    read=_read_template,
    missing=(
        "InvalidLaunchTemplateId.NotFound",
        "InvalidLaunchTemplateName.NotFoundException",
        "InvalidLaunchTemplateId.NotFoundException",
    ),
    updates=(
        Update(on=(*_DATA, "description", "defaultVersion", "updateDefaultVersion"), do=_change_template, after_create=False),
    ),
    delete=Call(op="delete_launch_template", params={"LaunchTemplateId": "{id}"}),
    replace=frozenset({"name", "namePrefix"}),
    computed=frozenset({"defaultVersion", "metadataOptions", "name", "namePrefix"}),
    empty={
        "blockDeviceMappings": [],
        "description": "",
        "disableApiStop": False,
        "disableApiTermination": False,
        "ebsOptimized": "",
        "imageId": "",
        "instanceInitiatedShutdownBehavior": "",
        "instanceType": "",
        "kernelId": "",
        "keyName": "",
        "licenseSpecifications": [],
        "namePrefix": "",
        "networkInterfaces": [],
        "ramDiskId": "",
        "tagSpecifications": [],
        "userData": "",
    },
    zeros=frozenset(_DATA) - {"instanceRequirements"},
    moves={"latestVersion": "", "defaultVersion": "updateDefaultVersion"},
    sets=frozenset(
        {
            "licenseSpecifications",
            "networkInterfaces.ipv4Addresses",
            "networkInterfaces.ipv6Addresses",
            "networkInterfaces.securityGroups",
            "securityGroupNames",
            "vpcSecurityGroupIds",
        }
    ),
    rename=_RENAME,
    outputs={"arn": "arn:aws:ec2:{region}:{account}:launch-template/{id}"},
    checks=(
        _name_length("name", 125),
        _name_length("namePrefix", 99),
        conflicts("defaultVersion", "updateDefaultVersion"),
        conflicts("instanceType", "instanceRequirements"),
        conflicts("securityGroupNames", "vpcSecurityGroupIds"),
        conflicts("iamInstanceProfile.arn", "iamInstanceProfile.name"),
        one_of("blockDeviceMappings.ebs.volumeType", "standard", "io1", "io2", "gp2", "sc1", "st1", "gp3"),
        one_of("instanceInitiatedShutdownBehavior", "stop", "terminate"),
        one_of("instanceMarketOptions.marketType", "spot", "capacity-block"),
        one_of("metadataOptions.httpEndpoint", "enabled", "disabled"),
        one_of("metadataOptions.httpTokens", "optional", "required"),
        one_of("networkInterfaces.interfaceType", "efa", "efa-only", "interface"),
        # The types that EC2 tags at launch. Terraform accepts every taggable type of EC2, and AWS refuses the others.
        one_of(
            "tagSpecifications.resourceType", "instance", "volume", "network-interface", "spot-instances-request", "elastic-gpu"
        ),
    ),
    autoname=Autoname(limit=125),
    tags=ec2_tags("launch-template"),
)


def _only_with(prop: str, strategy: str) -> Check:
    def says(values: Mapping[str, Any]) -> str | None:
        if values.get(prop) and values.get("strategy") != strategy:
            return f'{prop} must not be set when strategy = "{values.get("strategy")}"'
        return None

    return when(prop, says, "strategy")


PLACEMENT_GROUP = Resource(
    type=ec2.PLACEMENT_GROUP.token,
    service="ec2",
    create=Call(op="create_placement_group", take=("strategy", "partitionCount", "spreadLevel"), params={"GroupName": "{name}"}),
    # The id is the name: an import finds the group by it.
    id="{name}",
    read=Call(op="describe_placement_groups", params={"GroupNames": ["{id}"]}, path="PlacementGroups[0]"),
    missing=("InvalidPlacementGroup.Unknown",),
    delete=Call(op="delete_placement_group", params={"GroupName": "{id}"}),
    replace=frozenset({"name", "partitionCount", "spreadLevel", "strategy"}),
    computed=frozenset({"name", "partitionCount", "spreadLevel"}),
    empty={"partitionCount": 0, "spreadLevel": ""},
    rename={"name": "GroupName"},
    outputs={"arn": "{data.GroupArn}", "placementGroupId": "{data.GroupId}"},
    checks=(
        matches("name", r".{1,255}", "1 to 255 characters"),
        one_of("strategy", "cluster", "spread", "partition"),
        one_of("spreadLevel", "host", "rack"),
        between("partitionCount", 0, 7),
        _only_with("partitionCount", "partition"),
        _only_with("spreadLevel", "spread"),
    ),
    autoname=Autoname(limit=255),
    tags=Tags(
        create="TagSpecifications:placement-group",
        target=("Resources", lambda c: [c.state.get("placementGroupId")]),
        add="create_tags",
        remove="delete_tags",
        remove_member="Tags",
        read="Tags",
    ),
    recorded=True,
)

ROWS = (LAUNCH_TEMPLATE, PLACEMENT_GROUP)
