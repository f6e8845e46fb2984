"""Elastic addresses and NAT gateways. Facts of behaviour: tests/golden/ec2.Eip.json, ec2.NatGateway.json."""

from __future__ import annotations

import ipaddress
from typing import Any

from catalog.types import ec2
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import conflicts, one_of, when
from localcloud.kernel.spec import Resource, Update
from localcloud.services.ec2.tags import ec2_tags


def _public_dns(c: Context) -> str:
    dashed = str(c.data.get("PublicIp", "")).replace(".", "-")
    return f"ec2-{dashed}.{'compute-1' if c.region == 'us-east-1' else f'{c.region}.compute'}.amazonaws.com"


def _private_dns(c: Context) -> str | None:
    dashed = str(c.data.get("PrivateIpAddress") or "").replace(".", "-")
    return f"ip-{dashed}.{'ec2.internal' if c.region == 'us-east-1' else f'{c.region}.compute.internal'}" if dashed else None


def _associate(c: Context) -> None:
    """Moves the address to the wanted instance or interface, away from the one it was at."""
    client = c.client()
    if c.state.get("associationId"):
        client.disassociate_address(AssociationId=c.state["associationId"])
    target = {"InstanceId": c.props.get("instance"), "NetworkInterfaceId": c.props.get("networkInterface")}
    wanted = {member: value for member, value in target.items() if value}
    if wanted:
        if c.props.get("associateWithPrivateIp"):
            wanted["PrivateIpAddress"] = c.props["associateWithPrivateIp"]
        client.associate_address(AllocationId=c.id, **wanted)


def _release(c: Context) -> None:
    client = c.client()
    for address in client.describe_addresses(AllocationIds=[c.id])["Addresses"]:
        if address.get("AssociationId"):
            client.disassociate_address(AssociationId=address["AssociationId"])
    client.release_address(AllocationId=c.id)


EIP = Resource(
    type=ec2.EIP.token,
    service="ec2",
    create=Call(
        op="allocate_address",
        take=("address", "networkBorderGroup", "publicIpv4Pool", "customerOwnedIpv4Pool", "ipamPoolId"),
        params={"Domain": lambda c: c.props.get("domain", "vpc")},
    ),
    id="{data.AllocationId}",
    read=Call(op="describe_addresses", params={"AllocationIds": ["{id}"]}, path="Addresses[0]"),
    missing=("InvalidAllocationID.NotFound", "InvalidAddress.NotFound"),
    updates=(Update(on=("instance", "networkInterface", "associateWithPrivateIp"), do=_associate),),
    delete=_release,
    replace=frozenset({"address", "customerOwnedIpv4Pool", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"}),
    computed=frozenset({"domain", "instance", "ipamPoolId", "networkBorderGroup", "networkInterface", "publicIpv4Pool"}),
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:elastic-ip/{id}",
        "address": lambda c: c.get("address"),
        "instance": lambda c: c.data.get("InstanceId", ""),
        "networkInterface": lambda c: c.data.get("NetworkInterfaceId", ""),
        "privateIp": lambda c: c.data.get("PrivateIpAddress", ""),
        "publicDns": _public_dns,
        "privateDns": _private_dns,
    },
    empty={
        "associationId": "",
        "carrierIp": "",
        "customerOwnedIp": "",
        "customerOwnedIpv4Pool": "",
        "networkBorderGroup": "",
        "ptrRecord": "",
        "publicIpv4Pool": "",
    },
    checks=(one_of("domain", "vpc", "standard"),),
    tags=ec2_tags("elastic-ip"),
)


def _read_nat(c: Context) -> dict[str, Any] | None:
    found = c.client().describe_nat_gateways(NatGatewayIds=[c.id])["NatGateways"]
    if not found or found[0]["State"] in ("deleting", "deleted", "failed"):
        return None
    gateway = dict(found[0])
    addresses = gateway.get("NatGatewayAddresses") or [{}]
    main = next((address for address in addresses if address.get("IsPrimary", True)), addresses[0])
    others = [address for address in addresses if address is not main]
    return {
        **gateway,
        **{key: value for key, value in main.items() if value},
        # moto picks an address of its own; the one asked for stands.
        "PrivateIp": c.get("privateIp") or main.get("PrivateIp"),
        "SecondaryAllocationIds": [address["AllocationId"] for address in others if address.get("AllocationId")] or None,
        "SecondaryPrivateIpAddresses": [address["PrivateIp"] for address in others if address.get("PrivateIp")] or None,
    }


def _delete_nat(c: Context) -> None:
    """A deleted gateway stays listed for a while; deleting it again is no error, and neither is deleting an unknown one."""
    if _read_nat(c) is not None:
        c.client().delete_nat_gateway(NatGatewayId=c.id)


def _secondary(c: Context) -> None:
    """Secondary addresses: those of a public gateway by their allocation, those of a private one by address or count."""
    client = c.client()
    for prop, assign, give, take in (
        ("secondaryAllocationIds", "associate_nat_gateway_address", "AllocationIds", "disassociate_nat_gateway_address"),
        (
            "secondaryPrivateIpAddresses",
            "assign_private_nat_gateway_address",
            "PrivateIpAddresses",
            "unassign_private_nat_gateway_address",
        ),
    ):
        old, new = set(c.state.get(prop) or ()), set(c.props.get(prop) or ())
        if prop not in c.changed:
            continue
        if new - old:
            getattr(client, assign)(NatGatewayId=c.id, **{give: sorted(new - old)})
        if old - new and give == "PrivateIpAddresses":
            getattr(client, take)(NatGatewayId=c.id, PrivateIpAddresses=sorted(old - new))
        elif old - new:
            addresses = client.describe_nat_gateways(NatGatewayIds=[c.id])["NatGateways"][0]["NatGatewayAddresses"]
            gone = [a["AssociationId"] for a in addresses if a.get("AllocationId") in old - new]
            getattr(client, take)(NatGatewayId=c.id, AssociationIds=gone)


def _where(values: Any) -> str | None:
    if values.get("availabilityMode") == "regional":
        return (
            None if values.get("vpcId") else 'Missing required argument: "vpcId" is required with availabilityMode = "regional"'
        )
    return (
        None
        if values.get("subnetId")
        else 'Missing required argument: the property "subnetId" is required, but no value was given'
    )


def _ipv4(value: Any) -> str | None:
    try:
        ipaddress.IPv4Address(value["privateIp"])
    except KeyError:
        return None
    except ValueError:
        return f"expected privateIp to contain a valid IPv4 address, got: {value['privateIp']}"
    return None


NAT_GATEWAY = Resource(
    type=ec2.NAT_GATEWAY.token,
    service="ec2",
    create=Call(op="create_nat_gateway"),
    id="{data.NatGateway.NatGatewayId}",
    read=_read_nat,
    missing=("NatGatewayNotFound", "NatGatewayMalformed"),
    updates=(Update(on=("secondaryAllocationIds", "secondaryPrivateIpAddresses"), do=_secondary, after_create=False),),
    delete=_delete_nat,
    replace=frozenset(
        {
            *("allocationId", "availabilityMode", "connectivityType", "privateIp", "secondaryPrivateIpAddressCount", "subnetId"),
            "vpcId",
        }
    ),
    computed=frozenset(
        {
            "availabilityMode",
            "availabilityZoneAddresses",
            "privateIp",
            "secondaryPrivateIpAddressCount",
            "secondaryPrivateIpAddresses",
            "vpcId",
        }
    ),
    defaults={"connectivityType": "public"},
    sets=frozenset({"secondaryAllocationIds", "secondaryPrivateIpAddresses", "availabilityZoneAddresses"}),
    outputs={"secondaryPrivateIpAddressCount": lambda c: len(c.data.get("SecondaryPrivateIpAddresses") or ())},
    empty={"secondaryPrivateIpAddresses": [], "publicIp": ""},
    checks=(
        one_of("connectivityType", "private", "public"),
        one_of("availabilityMode", "zonal", "regional"),
        when("subnetId", _where, "availabilityMode", "vpcId"),
        when("privateIp", _ipv4),
        conflicts("secondaryPrivateIpAddressCount", "secondaryPrivateIpAddresses"),
    ),
    tags=ec2_tags("natgateway"),
)

ROWS = (EIP, NAT_GATEWAY)
