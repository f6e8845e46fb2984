"""What EC2 refuses besides its model: ports, volumes, ranges of addresses, and routes that go nowhere or to two places."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from catalog.limits.volumes import BASE_IOPS, DEFAULT_TYPE, THROUGHPUT_AN_IOPS, VOLUME_TYPES
from localcloud.kernel.documented import Refuse
from localcloud.kernel.recorded import ApiCall, Refusal

SERVICE: Final = "ec2"
_WRONG: Final = "InvalidParameterValue"
_PROTOCOLS: Final = ("tcp", "udp", "icmp", "icmpv6", "-1", "all")
# https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateRoute.html
_TARGETS: Final = (
    *("GatewayId", "NatGatewayId", "NetworkInterfaceId", "InstanceId", "VpcPeeringConnectionId", "TransitGatewayId"),
    *("EgressOnlyInternetGatewayId", "VpcEndpointId", "LocalGatewayId", "CarrierGatewayId", "CoreNetworkArn", "LocalTarget"),
)
_DESTINATIONS: Final = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
# https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
_LARGEST, _SMALLEST = 16, 28


def _rules(call: ApiCall) -> None:
    """Ports of a rule stand in their order, inside what there is; a protocol is a name that EC2 knows or a number."""
    flat = {name: call.params[name] for name in ("IpProtocol", "FromPort", "ToPort") if name in call.params}
    for permission in [*(call.params.get("IpPermissions") or ()), *([flat] if flat else ())]:
        says = ports_refused(permission.get("IpProtocol"), permission.get("FromPort"), permission.get("ToPort"))
        if says:
            raise Refusal(_WRONG, says)


def ports_refused(protocol: Any, first: Any, last: Any) -> str | None:
    """EC2's words for a protocol and ports that no rule may have; None where they are right."""
    name = str(protocol or "").lower()
    if name not in _PROTOCOLS and not (name.isdigit() and int(name) <= 255):
        return f"Invalid value '{protocol}' for IP protocol. Unknown protocol."
    if name in ("tcp", "udp", "6", "17"):
        if first is None or last is None:
            return "Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange."
        spoken = {"6": "TCP", "17": "UDP"}.get(name, name.upper())
        if not (0 <= first <= 65_535 and 0 <= last <= 65_535) or first > last:
            return f"Invalid {spoken} port range ({first}:{last})"
    if name in ("icmp", "1") and not all(value is None or -1 <= value <= 255 for value in (first, last)):
        return f"ICMP code ({last}) is out of range"
    return None


def _volume(call: ApiCall) -> None:
    if not call.params.get("Size") and not call.params.get("SnapshotId"):
        raise Refusal("MissingParameter", "The request must contain the parameter size/snapshot")
    _weigh(call.params, "VolumeType")


def _disks(call: ApiCall) -> None:
    within = call.params.get("LaunchTemplateData") or call.params
    for mapping in within.get("BlockDeviceMappings") or ():
        if mapping.get("Ebs"):
            _weigh(mapping["Ebs"], "VolumeType", size="VolumeSize")


def _weigh(asked: Mapping[str, Any], kind: str, size: str = "Size") -> None:
    """Refuses sizes and speeds that the volume's type does not have."""
    name = asked.get(kind) or DEFAULT_TYPE
    facts, gib, iops, speed = VOLUME_TYPES.get(name), asked.get(size), asked.get("Iops"), asked.get("Throughput")
    if facts is None:
        return
    least, most = facts.size
    if gib is not None and gib < least:
        raise Refusal(_WRONG, f"Volume of {gib}GiB is too small for volume type {name}; minimum is {least}GiB.")
    if gib is not None and gib > most:
        raise Refusal(_WRONG, f"Volume of {gib}GiB is too large for volume type {name}; maximum is {most}GiB.")
    if iops and facts.iops is None:
        raise Refusal("InvalidParameterCombination", f"The parameter iops is not supported for {name} volumes.")
    if iops and facts.iops and not facts.iops[0] <= iops <= facts.iops[1]:
        edge = f"minimum is {facts.iops[0]}" if iops < facts.iops[0] else f"maximum is {facts.iops[1]}"
        raise Refusal(_WRONG, f"Volume iops of {iops} is too {'low' if iops < facts.iops[0] else 'high'}; {edge}.")
    if iops and gib and facts.iops_a_gib and iops > max(gib * facts.iops_a_gib, BASE_IOPS if name == "gp3" else 0):
        ratio = f"{iops / gib:.1f}"
        raise Refusal(_WRONG, f"Iops to volume size ratio of {ratio} is too high; maximum is {facts.iops_a_gib:g}.0")
    if not iops and name in ("io1", "io2"):
        raise Refusal("MissingParameter", f"The parameter iops must be specified for {name} volumes.")
    if speed and facts.throughput is None:
        raise Refusal("InvalidParameterCombination", f"The parameter throughput is not supported for {name} volumes.")
    if speed and facts.throughput and not facts.throughput[0] <= speed <= facts.throughput[1]:
        low, high = facts.throughput
        raise Refusal(_WRONG, f"Throughput of {speed}MiB/s is out of range; it must be between {low} and {high}.")
    if speed and name == "gp3" and speed > (iops or BASE_IOPS) * THROUGHPUT_AN_IOPS:
        ratio = f"{speed / (iops or BASE_IOPS):.3f}"
        raise Refusal(
            _WRONG,
            f"Throughput (MiBps) to iops ratio of {ratio} is too high; maximum is {THROUGHPUT_AN_IOPS:.6f} MiBps per iops.",
        )


def _route(call: ApiCall) -> None:
    """A route goes from one range to one target."""
    targets = [name for name in _TARGETS if call.params.get(name)]
    if not targets:
        named = ", ".join(name[:1].lower() + name[1:] for name in _TARGETS)
        raise Refusal("MissingParameter", f"The request must contain exactly one of {named}")
    if len(targets) > 1:
        named = " and ".join(name[:1].lower() + name[1:] for name in targets)
        raise Refusal("InvalidParameterCombination", f"The parameters {named} cannot be used together")
    given = [name for name in _DESTINATIONS if call.params.get(name)]
    if len(given) != 1:
        named = ", ".join(name[:1].lower() + name[1:] for name in _DESTINATIONS)
        raise Refusal(
            "MissingParameter" if not given else "InvalidParameterCombination", f"The request must contain exactly one of {named}"
        )


def _network(kind: str) -> Refuse:
    """Refuses a range that is larger than /16 or smaller than /28, which a VPC and a subnet must not be."""

    def refuse(call: ApiCall) -> None:
        block = call.params.get("CidrBlock")
        if not block:
            return
        try:
            network = ipaddress.ip_network(block, strict=False)
        except ValueError:
            message = f"Value ({block}) for parameter cidrBlock is invalid. This is not a valid CIDR block."
            raise Refusal(_WRONG, message) from None
        if not _LARGEST <= network.prefixlen <= _SMALLEST:
            raise Refusal(f"Invalid{kind}.Range", f"The CIDR '{block}' is invalid.")

    return refuse


PLAN: Final[Mapping[str, tuple[Refuse, ...]]] = {
    "AuthorizeSecurityGroupIngress": (_rules,),
    "AuthorizeSecurityGroupEgress": (_rules,),
    "CreateVolume": (_volume,),
    "RunInstances": (_disks,),
    "CreateLaunchTemplate": (_disks,),
    "CreateLaunchTemplateVersion": (_disks,),
    "CreateRoute": (_route,),
    "ReplaceRoute": (_route,),
    "CreateVpc": (_network("Vpc"),),
    "CreateSubnet": (_network("Subnet"),),
}
REFUSALS: Final = PLAN
