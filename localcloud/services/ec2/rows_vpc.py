"""The VPC. Facts of behaviour: tests/golden/ec2.*.json."""

from __future__ import annotations

from catalog.types import ec2
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import cidr, conflicts, one_of, requires
from localcloud.kernel.spec import Resource, Update
from localcloud.services.ec2.tags import ec2_tags


def _vpc_flag(prop: str) -> Update:
    """ModifyVpcAttribute takes one attribute a call."""
    return Update(
        on=(prop,),
        do=Call(
            op="modify_vpc_attribute",
            take=(),
            params={"VpcId": "{id}", prop[0].upper() + prop[1:]: lambda c: {"Value": bool(c.props.get(prop, False))}},
        ),
    )


def _read_vpc(c: Context) -> dict[str, object] | None:
    client = c.client()
    found = client.describe_vpcs(VpcIds=[c.id])["Vpcs"]
    if not found:
        return None
    vpc = dict(found[0])
    for attribute in ("enableDnsHostnames", "enableDnsSupport", "enableNetworkAddressUsageMetrics"):
        answer = client.describe_vpc_attribute(VpcId=c.id, Attribute=attribute)
        vpc[attribute] = answer.get(attribute[0].upper() + attribute[1:], {}).get("Value", False)
    mine = [{"Name": "vpc-id", "Values": [c.id]}]
    vpc["defaultNetworkAclId"] = client.describe_network_acls(Filters=[*mine, {"Name": "default", "Values": ["true"]}])[
        "NetworkAcls"
    ][0]["NetworkAclId"]
    vpc["defaultSecurityGroupId"] = client.describe_security_groups(
        Filters=[*mine, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"][0]["GroupId"]
    tables = client.describe_route_tables(Filters=[*mine, {"Name": "association.main", "Values": ["true"]}])["RouteTables"]
    vpc["mainRouteTableId"] = vpc["defaultRouteTableId"] = tables[0]["RouteTableId"]
    return vpc


def _ipv6(c: Context, key: str) -> object:
    associated = [
        a for a in c.data.get("Ipv6CidrBlockAssociationSet", ()) if a.get("Ipv6CidrBlockState", {}).get("State") == "associated"
    ]
    return associated[0].get(key, "") if associated else ""


def _ipv6_change(c: Context) -> None:
    client = c.client()
    if c.props.get("assignGeneratedIpv6CidrBlock"):
        client.associate_vpc_cidr_block(VpcId=c.id, AmazonProvidedIpv6CidrBlock=True)
    elif c.state.get("ipv6AssociationId"):
        client.disassociate_vpc_cidr_block(AssociationId=c.state["ipv6AssociationId"])


VPC = Resource(
    type=ec2.VPC.token,
    service="ec2",
    create=Call(op="create_vpc", rename={"assignGeneratedIpv6CidrBlock": "AmazonProvidedIpv6CidrBlock"}),
    id="{data.Vpc.VpcId}",
    read=_read_vpc,
    missing=("InvalidVpcID.NotFound",),
    updates=(
        _vpc_flag("enableDnsSupport"),
        _vpc_flag("enableDnsHostnames"),
        _vpc_flag("enableNetworkAddressUsageMetrics"),
        Update(
            on=("instanceTenancy",),
            do=Call(op="modify_vpc_tenancy", take=("instanceTenancy",), params={"VpcId": "{id}"}),
            after_create=False,
        ),
        Update(on=("assignGeneratedIpv6CidrBlock",), do=_ipv6_change, after_create=False),
    ),
    delete=Call(op="delete_vpc", params={"VpcId": "{id}"}),
    replace=frozenset({"cidrBlock", "ipv4IpamPoolId", "ipv4NetmaskLength"}),
    # AWS lets a tenancy be relaxed in place, never tightened.
    replace_if={"instanceTenancy": lambda new, old: new == "dedicated"},
    computed=frozenset(
        {
            "cidrBlock",
            "enableDnsHostnames",
            "enableNetworkAddressUsageMetrics",
            "ipv6CidrBlock",
            "ipv6CidrBlockNetworkBorderGroup",
        }
    ),
    defaults={"enableDnsSupport": True, "instanceTenancy": "default"},
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:vpc/{id}",
        "ipv6AssociationId": lambda c: _ipv6(c, "AssociationId"),
        "ipv6CidrBlock": lambda c: _ipv6(c, "Ipv6CidrBlock"),
        "ipv6CidrBlockNetworkBorderGroup": "",
        "assignGeneratedIpv6CidrBlock": lambda c: bool(_ipv6(c, "AssociationId")),
        "ownerId": lambda c: c.data.get("OwnerId") or c.account,
    },
    empty={"ipv6IpamPoolId": "", "ipv6NetmaskLength": 0},
    checks=(
        cidr("cidrBlock"),
        one_of("instanceTenancy", "default", "dedicated"),
        conflicts("cidrBlock", "ipv4NetmaskLength"),
        requires("ipv4NetmaskLength", "ipv4IpamPoolId"),
        conflicts("assignGeneratedIpv6CidrBlock", "ipv6IpamPoolId"),
    ),
    tags=ec2_tags("vpc"),
)

ROWS = (VPC,)
