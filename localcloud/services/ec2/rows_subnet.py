"""Subnets and the gateways of a VPC. Facts of behaviour: tests/golden/ec2.Subnet.json, ec2.InternetGateway.json."""

from __future__ import annotations

from catalog.types import ec2
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import cidr, conflicts, one_of, requires
from localcloud.kernel.spec import Resource, Update
from localcloud.services.ec2.tags import ec2_tags


def _flag(prop: str, member: str = "") -> Update:
    """ModifySubnetAttribute takes one attribute a call."""
    member = member or prop[0].upper() + prop[1:]
    return Update(
        on=(prop,),
        do=Call(
            op="modify_subnet_attribute",
            take=(),
            params={"SubnetId": "{id}", member: lambda c: {"Value": bool(c.props.get(prop, False))}},
        ),
    )


def _not_default(c: Context) -> None:
    """moto takes a subnet whose zone is named by its id for the zone's default one, which gives out public addresses."""
    c.client().modify_subnet_attribute(SubnetId=c.id, MapPublicIpOnLaunch={"Value": bool(c.props.get("mapPublicIpOnLaunch"))})


def _read_subnet(c: Context) -> dict[str, object] | None:
    found = c.client().describe_subnets(SubnetIds=[c.id])["Subnets"]
    if not found:
        return None
    subnet = dict(found[0])
    options = subnet.get("PrivateDnsNameOptionsOnLaunch") or {}
    subnet["EnableResourceNameDnsARecordOnLaunch"] = options.get("EnableResourceNameDnsARecord", False)
    # moto takes the other attributes and forgets them. Without a member to read, the wanted value stands.
    for forgotten in ("EnableDns64", "EnableLniAtDeviceIndex", "MapCustomerOwnedIpOnLaunch", "CustomerOwnedIpv4Pool"):
        subnet.pop(forgotten, None)
    return subnet


def _ipv6(c: Context, key: str) -> object:
    gone = ("disassociating", "disassociated", "failing", "failed")
    # moto garbles the state's text, but lists associated blocks only.
    associated = [
        a for a in c.data.get("Ipv6CidrBlockAssociationSet", ()) if a.get("Ipv6CidrBlockState", {}).get("State") not in gone
    ]
    return associated[0].get(key, "") if associated else ""


def _ipv6_change(c: Context) -> None:
    """One block at a time; a subnet that gives out addresses of it must stop before the block goes."""
    client, association = c.client(), c.state.get("ipv6CidrBlockAssociationId")
    if association:
        if c.state.get("assignIpv6AddressOnCreation") and not c.props.get("assignIpv6AddressOnCreation"):
            client.modify_subnet_attribute(SubnetId=c.id, AssignIpv6AddressOnCreation={"Value": False})
        client.disassociate_subnet_cidr_block(AssociationId=association)
    if c.props.get("ipv6CidrBlock"):
        client.associate_subnet_cidr_block(SubnetId=c.id, Ipv6CidrBlock=c.props["ipv6CidrBlock"])


SUBNET = Resource(
    type=ec2.SUBNET.token,
    service="ec2",
    create=Call(op="create_subnet"),
    id="{data.Subnet.SubnetId}",
    read=_read_subnet,
    missing=("InvalidSubnetID.NotFound",),
    updates=(
        Update(on=("ipv6CidrBlock",), do=_ipv6_change, after_create=False),
        _flag("assignIpv6AddressOnCreation"),
        Update(on=("availabilityZoneId", "mapPublicIpOnLaunch"), do=_not_default),
        _flag("enableDns64"),
        _flag("enableResourceNameDnsARecordOnLaunch"),
        _flag("enableResourceNameDnsAaaaRecordOnLaunch", "EnableResourceNameDnsAAAARecordOnLaunch"),
        Update(
            on=("mapCustomerOwnedIpOnLaunch", "customerOwnedIpv4Pool"),
            do=Call(
                op="modify_subnet_attribute",
                take=("customerOwnedIpv4Pool",),
                params={
                    "SubnetId": "{id}",
                    "MapCustomerOwnedIpOnLaunch": lambda c: {"Value": bool(c.props.get("mapCustomerOwnedIpOnLaunch"))},
                },
            ),
        ),
        Update(
            on=("enableLniAtDeviceIndex",),
            do=Call(op="modify_subnet_attribute", take=("enableLniAtDeviceIndex",), params={"SubnetId": "{id}"}),
        ),
        Update(
            on=("privateDnsHostnameTypeOnLaunch",),
            do=Call(op="modify_subnet_attribute", take=("privateDnsHostnameTypeOnLaunch",), params={"SubnetId": "{id}"}),
        ),
    ),
    delete=Call(op="delete_subnet", params={"SubnetId": "{id}"}),
    replace=frozenset(
        {
            "vpcId",
            "cidrBlock",
            "availabilityZone",
            "availabilityZoneId",
            "outpostArn",
            "ipv6Native",
            "ipv4IpamPoolId",
            "ipv4NetmaskLength",
        }
    ),
    computed=frozenset({"availabilityZone", "availabilityZoneId", "cidrBlock", "privateDnsHostnameTypeOnLaunch"}),
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:subnet/{id}",
        "ipv6CidrBlock": lambda c: _ipv6(c, "Ipv6CidrBlock"),
        "ipv6CidrBlockAssociationId": lambda c: _ipv6(c, "AssociationId"),
        "outpostArn": lambda c: c.data.get("OutpostArn", ""),
    },
    empty={
        "customerOwnedIpv4Pool": "",
        "enableDns64": False,
        "enableLniAtDeviceIndex": 0,
        "enableResourceNameDnsAaaaRecordOnLaunch": False,
        "ipv6Native": False,
        "mapCustomerOwnedIpOnLaunch": False,
        "privateDnsHostnameTypeOnLaunch": "ip-name",
    },
    checks=(
        cidr("cidrBlock"),
        cidr("ipv6CidrBlock"),
        one_of("privateDnsHostnameTypeOnLaunch", "ip-name", "resource-name"),
        conflicts("availabilityZone", "availabilityZoneId"),
        conflicts("cidrBlock", "ipv4NetmaskLength"),
        requires("ipv4NetmaskLength", "ipv4IpamPoolId"),
        requires("mapCustomerOwnedIpOnLaunch", "customerOwnedIpv4Pool", "outpostArn"),
    ),
    tags=ec2_tags("subnet"),
)


def _attach(c: Context) -> None:
    """Attaches the gateway to the wanted VPC, away from the one it is attached to."""
    _detach(c)
    if c.props.get("vpcId"):
        c.client().attach_internet_gateway(InternetGatewayId=c.id, VpcId=c.props["vpcId"])


def _detach(c: Context) -> None:
    client = c.client()
    for gateway in client.describe_internet_gateways(InternetGatewayIds=[c.id])["InternetGateways"]:
        for attachment in gateway.get("Attachments", ()):
            client.detach_internet_gateway(InternetGatewayId=c.id, VpcId=attachment["VpcId"])


def _delete_gateway(c: Context) -> None:
    _detach(c)
    c.client().delete_internet_gateway(InternetGatewayId=c.id)


INTERNET_GATEWAY = Resource(
    type=ec2.INTERNET_GATEWAY.token,
    service="ec2",
    create=Call(op="create_internet_gateway", take=()),
    id="{data.InternetGateway.InternetGatewayId}",
    read=Call(op="describe_internet_gateways", params={"InternetGatewayIds": ["{id}"]}, path="InternetGateways[0]"),
    missing=("InvalidInternetGatewayID.NotFound",),
    updates=(Update(on=("vpcId",), do=_attach),),
    delete=_delete_gateway,
    computed=frozenset({"vpcId"}),
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:internet-gateway/{id}",
        "vpcId": lambda c: next((a["VpcId"] for a in c.data.get("Attachments", ())), ""),
    },
    tags=ec2_tags("internet-gateway"),
)

EGRESS_ONLY_INTERNET_GATEWAY = Resource(
    type=ec2.EGRESS_ONLY_INTERNET_GATEWAY.token,
    service="ec2",
    create=Call(op="create_egress_only_internet_gateway"),
    id="{data.EgressOnlyInternetGateway.EgressOnlyInternetGatewayId}",
    read=Call(
        op="describe_egress_only_internet_gateways",
        params={"EgressOnlyInternetGatewayIds": ["{id}"]},
        path="EgressOnlyInternetGateways[0]",
    ),
    missing=("InvalidGatewayID.NotFound",),
    delete=Call(op="delete_egress_only_internet_gateway", params={"EgressOnlyInternetGatewayId": "{id}"}),
    replace=frozenset({"vpcId"}),
    outputs={"vpcId": lambda c: c.data["Attachments"][0]["VpcId"]},
    tags=ec2_tags("egress-only-internet-gateway"),
)

ROWS = (SUBNET, INTERNET_GATEWAY, EGRESS_ONLY_INTERNET_GATEWAY)
