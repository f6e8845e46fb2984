"""The look-ups of machines: images, instances, instance types, key pairs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup, NoAnswer, hashcode
from localcloud.services.ec2.filters import chosen_by, listed

_IMAGES = Call(
    op="describe_images",
    take=("owners",),
    params={
        "Filters": chosen_by(),
        "ExecutableUsers": lambda c: c.props.get("executableUsers") or None,
        "IncludeDeprecated": lambda c: c.props.get("includeDeprecated"),
    },
    path="Images",
)
_BY_OWNER = frozenset({"owner-id", "owner-alias", "image-id"})
# Source: terraform-provider-aws, internal/service/ec2/ec2_ami_data_source.go.
_UNSAFE = (
    '"most_recent" is set to "true" and results are not filtered by owner or image ID. With this configuration, a third party '
    "may introduce a new image which will be returned by this data source. Filter by owner or image ID to avoid this possibility."
)


def _images(c: Context) -> list[dict[str, Any]]:
    """The images that match, the newest first."""
    found = sorted(c.every(_IMAGES), key=lambda image: str(image.get("CreationDate", "")), reverse=True)
    pattern = c.props.get("nameRegex")
    return [image for image in found if not pattern or re.search(pattern, image.get("Name") or "")]


def _image(c: Context) -> list[dict[str, Any]]:
    newest = bool(c.props.get("mostRecent"))
    named = {each["name"] for each in c.props.get("filters") or ()}
    if newest and not (c.props.get("owners") or named & _BY_OWNER or c.props.get("allowUnsafeFilter")):
        raise NoAnswer(_UNSAFE)
    found = _images(c)
    return found[:1] if newest else found


def _devices(c: Context) -> list[dict[str, Any]]:
    """What AWS says of an image's disks, all of it as text."""
    return [
        {
            "DeviceName": device.get("DeviceName", ""),
            "NoDevice": device.get("NoDevice", ""),
            "VirtualName": device.get("VirtualName", ""),
            "Ebs": {_snake(key): _text(value) for key, value in device.get("Ebs", {}).items()},
        }
        for device in c.data.get("BlockDeviceMappings", ())
    ]


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _root_snapshot(c: Context) -> str:
    root = c.data.get("RootDeviceName")
    of_root = [device.get("Ebs", {}) for device in c.data.get("BlockDeviceMappings", ()) if device.get("DeviceName") == root]
    return str(of_root[0].get("SnapshotId", "")) if of_root else ""


AMI = Lookup(
    function=functions.EC2_AMI,
    service="ec2",
    ask=_image,
    id="{data.ImageId}",
    one="AMI",
    none="Your query returned no results. Please change your search criteria and try again.",
    many=(
        "Your query returned more than one result. Please try a more specific search criteria, "
        "or set `most_recent` attribute to true."
    ),
    missing=("InvalidAMIID.NotFound",),
    outputs={
        "arn": "arn:aws:ec2:{region}::image/{id}",
        "blockDeviceMappings": _devices,
        "rootSnapshotId": _root_snapshot,
        "stateReason": lambda c: {"code": "UNSET", "message": "UNSET"},
        "owners": lambda c: c.props.get("owners") or [],
    },
)

AMI_IDS = Lookup(
    function=functions.EC2_AMI_IDS,
    service="ec2",
    ask=_images,
    id=lambda c: hashcode(repr(sorted(c.props.items(), key=str))),
    outputs={
        "ids": lambda c: [image["ImageId"] for image in (reversed(c.data) if c.props.get("sortAscending") else c.data)],
        "owners": lambda c: c.props.get("owners") or [],
    },
)


def _instances(c: Context, states: tuple[str, ...], tags: str) -> list[dict[str, Any]]:
    chosen = [*(chosen_by(tags=tags)(c) or ())]
    if states:
        chosen.append({"Name": "instance-state-name", "Values": list(states)})
    asked = Call(
        op="describe_instances", take=(), params={"InstanceIds": listed("instanceId"), "Filters": lambda _: chosen or None}
    )
    return [machine for reservation in c.every(asked)["Reservations"] for machine in reservation["Instances"]]


def _one_instance(c: Context) -> list[dict[str, Any]]:
    return [machine for machine in _instances(c, (), "instanceTags") if machine["State"]["Name"] != "terminated"]


def _profile(c: Context) -> str:
    return str((c.data.get("IamInstanceProfile") or {}).get("Arn", "")).rpartition("/")[2]


INSTANCE = Lookup(
    function=functions.EC2_INSTANCE,
    service="ec2",
    ask=_one_instance,
    id="{data.InstanceId}",
    one="EC2 Instance",
    missing=("InvalidInstanceID.NotFound",),
    rename={"ami": "ImageId", "privateDns": "PrivateDnsName", "publicDns": "PublicDnsName"},
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:instance/{id}",
        "availabilityZone": "{data.Placement.AvailabilityZone}",
        "tenancy": "{data.Placement.Tenancy}",
        "placementGroup": "{data.Placement.GroupName}",
        "instanceState": "{data.State.Name}",
        "iamInstanceProfile": _profile,
        "privateIp": "{data.PrivateIpAddress}",
        "publicIp": "{data.PublicIpAddress}",
        "associatePublicIpAddress": lambda c: bool(c.data.get("PublicIpAddress")),
        "networkInterfaceId": "{data.NetworkInterfaces[0].NetworkInterfaceId}",
        "monitoring": lambda c: (c.data.get("Monitoring") or {}).get("State") in ("enabled", "pending"),
        "vpcSecurityGroupIds": "{data.SecurityGroups[].GroupId}",
        "securityGroups": "{data.SecurityGroups[].GroupName}",
        "metadataOptions": lambda c: [c.data["MetadataOptions"]] if c.data.get("MetadataOptions") else [],
        "instanceTags": lambda c: c.props.get("instanceTags") or {},
    },
)

INSTANCES = Lookup(
    function=functions.EC2_INSTANCES,
    service="ec2",
    ask=lambda c: _instances(c, tuple(c.props.get("instanceStateNames") or ("running",)), "instanceTags"),
    id="{region}",
    outputs={
        "ids": lambda c: [machine["InstanceId"] for machine in c.data],
        "privateIps": lambda c: [machine["PrivateIpAddress"] for machine in c.data if machine.get("PrivateIpAddress")],
        "publicIps": lambda c: [machine["PublicIpAddress"] for machine in c.data if machine.get("PublicIpAddress")],
        "instanceTags": lambda c: c.props.get("instanceTags") or {},
    },
)


def _total(path: str, *, times: str = "Count") -> Any:
    """The size of all devices of a kind together, in MiB."""

    def add(c: Context) -> int:
        found: Any = c.data
        for part in path.split("."):
            found = (found or {}).get(part) if isinstance(found, Mapping) else None
        return sum(each.get(times, 1) * (each.get("MemoryInfo") or {}).get("SizeInMiB", 0) for each in found or ())

    return add


def _devices_of(path: str, member: str) -> Any:
    """The accelerators of a kind, each with its memory."""

    def ask(c: Context) -> list[dict[str, Any]]:
        found = (c.data.get(path) or {}).get(member, ())
        return [{**each, "MemorySize": (each.get("MemoryInfo") or {}).get("SizeInMiB", 0)} for each in found]

    return ask


INSTANCE_TYPE = Lookup(
    function=functions.EC2_INSTANCE_TYPE,
    service="ec2",
    ask=Call(op="describe_instance_types", take=(), params={"InstanceTypes": ["{instanceType}"]}, path="InstanceTypes"),
    id="{data.InstanceType}",
    one="EC2 Instance Type",
    missing=("InvalidInstanceType",),
    rename={"supportedUsagesClasses": "SupportedUsageClasses"},
    outputs={
        "defaultVcpus": "{data.VCpuInfo.DefaultVCpus}",
        "defaultCores": "{data.VCpuInfo.DefaultCores}",
        "defaultThreadsPerCore": "{data.VCpuInfo.DefaultThreadsPerCore}",
        "validCores": "{data.VCpuInfo.ValidCores}",
        "validThreadsPerCores": "{data.VCpuInfo.ValidThreadsPerCore}",
        "memorySize": "{data.MemoryInfo.SizeInMiB}",
        "supportedArchitectures": "{data.ProcessorInfo.SupportedArchitectures}",
        "sustainedClockSpeed": "{data.ProcessorInfo.SustainedClockSpeedInGhz}",
        "ebsEncryptionSupport": "{data.EbsInfo.EncryptionSupport}",
        "ebsNvmeSupport": "{data.EbsInfo.NvmeSupport}",
        "ebsOptimizedSupport": "{data.EbsInfo.EbsOptimizedSupport}",
        "ebsPerformanceBaselineBandwidth": "{data.EbsInfo.EbsOptimizedInfo.BaselineBandwidthInMbps}",
        "ebsPerformanceBaselineIops": "{data.EbsInfo.EbsOptimizedInfo.BaselineIops}",
        "ebsPerformanceBaselineThroughput": "{data.EbsInfo.EbsOptimizedInfo.BaselineThroughputInMBps}",
        "ebsPerformanceMaximumBandwidth": "{data.EbsInfo.EbsOptimizedInfo.MaximumBandwidthInMbps}",
        "ebsPerformanceMaximumIops": "{data.EbsInfo.EbsOptimizedInfo.MaximumIops}",
        "ebsPerformanceMaximumThroughput": "{data.EbsInfo.EbsOptimizedInfo.MaximumThroughputInMBps}",
        "defaultNetworkCardIndex": "{data.NetworkInfo.DefaultNetworkCardIndex}",
        "efaSupported": "{data.NetworkInfo.EfaSupported}",
        "efaMaximumInterfaces": "{data.NetworkInfo.EfaInfo.MaximumEfaInterfaces}",
        "enaSupport": "{data.NetworkInfo.EnaSupport}",
        "enaSrdSupported": "{data.NetworkInfo.EnaSrdSupported}",
        "encryptionInTransitSupported": "{data.NetworkInfo.EncryptionInTransitSupported}",
        "ipv6Supported": "{data.NetworkInfo.Ipv6Supported}",
        "maximumIpv4AddressesPerInterface": "{data.NetworkInfo.Ipv4AddressesPerInterface}",
        "maximumIpv6AddressesPerInterface": "{data.NetworkInfo.Ipv6AddressesPerInterface}",
        "maximumNetworkCards": "{data.NetworkInfo.MaximumNetworkCards}",
        "maximumNetworkInterfaces": "{data.NetworkInfo.MaximumNetworkInterfaces}",
        "networkPerformance": "{data.NetworkInfo.NetworkPerformance}",
        "networkCards": lambda c: [
            {**card, "index": card.get("NetworkCardIndex"), "performance": card.get("NetworkPerformance")}
            for card in (c.data.get("NetworkInfo") or {}).get("NetworkCards", ())
        ],
        "supportedPlacementStrategies": "{data.PlacementGroupInfo.SupportedStrategies}",
        "instanceDisks": lambda c: [
            {"count": disk.get("Count"), "size": disk.get("SizeInGB"), "type": disk.get("Type")}
            for disk in (c.data.get("InstanceStorageInfo") or {}).get("Disks", ())
        ],
        "totalInstanceStorage": "{data.InstanceStorageInfo.TotalSizeInGB}",
        "gpuses": _devices_of("GpuInfo", "Gpus"),
        "totalGpuMemory": "{data.GpuInfo.TotalGpuMemoryInMiB}",
        "inferenceAccelerators": _devices_of("InferenceAcceleratorInfo", "Accelerators"),
        "totalInferenceMemory": _total("InferenceAcceleratorInfo.Accelerators"),
        "fpgas": _devices_of("FpgaInfo", "Fpgas"),
        "totalFpgaMemory": "{data.FpgaInfo.TotalFpgaMemoryInMiB}",
        "bootModes": "{data.SupportedBootModes}",
    },
)

INSTANCE_TYPES = Lookup(
    function=functions.EC2_INSTANCE_TYPES,
    service="ec2",
    ask=Call(op="describe_instance_types", take=(), params={"Filters": chosen_by()}, path="InstanceTypes"),
    id="{region}",
    outputs={"instanceTypes": lambda c: [each["InstanceType"] for each in c.data]},
)

_OFFERINGS = Call(
    op="describe_instance_type_offerings",
    take=(),
    params={"Filters": chosen_by(), "LocationType": lambda c: c.props.get("locationType", "region")},
    path="InstanceTypeOfferings",
)


def _preferred(c: Context) -> list[dict[str, Any]]:
    """The first of the preferred types that is offered; without a preference all that match."""
    found: list[dict[str, Any]] = c.every(_OFFERINGS)
    if not c.props.get("preferredInstanceTypes"):
        return found
    by_type = {each["InstanceType"]: each for each in reversed(found)}
    return [by_type[name] for name in c.props["preferredInstanceTypes"] if name in by_type][:1]


INSTANCE_TYPE_OFFERING = Lookup(
    function=functions.EC2_INSTANCE_TYPE_OFFERING,
    service="ec2",
    ask=_preferred,
    id="{data.InstanceType}",
    one="EC2 Instance Type Offering",
    none="no EC2 Instance Type Offerings found matching criteria; try different search",
    many="multiple EC2 Instance Offerings found matching criteria; try different search",
)

INSTANCE_TYPE_OFFERINGS = Lookup(
    function=functions.EC2_INSTANCE_TYPE_OFFERINGS,
    service="ec2",
    ask=_OFFERINGS,
    id="{region}",
    outputs={
        "instanceTypes": lambda c: [each["InstanceType"] for each in c.data],
        "locations": lambda c: [each["Location"] for each in c.data],
        "locationTypes": lambda c: [each["LocationType"] for each in c.data],
    },
)

KEY_PAIR = Lookup(
    function=functions.EC2_KEY_PAIR,
    service="ec2",
    ask=Call(
        op="describe_key_pairs",
        take=(),
        params={
            "KeyNames": listed("keyName"),
            "KeyPairIds": listed("keyPairId"),
            "Filters": chosen_by(),
            "IncludePublicKey": lambda c: c.props.get("includePublicKey"),
        },
        path="KeyPairs",
    ),
    id="{data.KeyPairId}",
    one="EC2 Key Pair",
    missing=("InvalidKeyPair.NotFound", "InvalidKey.NotFound"),
    rename={"fingerprint": "KeyFingerprint"},
    outputs={"arn": "arn:aws:ec2:{region}:{account}:key-pair/{data.KeyName}"},
)

LOOKUPS = (
    *(AMI, AMI_IDS, INSTANCE, INSTANCES, INSTANCE_TYPE, INSTANCE_TYPES),
    *(INSTANCE_TYPE_OFFERING, INSTANCE_TYPE_OFFERINGS, KEY_PAIR),
)
