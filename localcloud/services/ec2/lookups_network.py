"""The look-ups of networks: VPCs, subnets, groups, route tables, gateways, endpoints."""

from __future__ import annotations

from typing import Any, Final

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup, hashcode
from localcloud.kernel.rules import at_least_one
from localcloud.services.ec2.filters import chosen_by, listed


def _attribute(name: str) -> Any:
    """A switch of a VPC, which AWS tells one a call."""

    def ask(c: Context) -> bool:
        answer = c.client().describe_vpc_attribute(VpcId=c.id, Attribute=name)
        return bool(answer[f"{name[0].upper()}{name[1:]}"]["Value"])

    return ask


def _main_table(c: Context) -> str:
    filters = [{"Name": "vpc-id", "Values": [c.id]}, {"Name": "association.main", "Values": ["true"]}]
    found = c.client().describe_route_tables(Filters=filters)["RouteTables"]
    return found[0]["RouteTableId"] if found else ""


def _ipv6_blocks(c: Context) -> list[dict[str, Any]]:
    blocks = c.data.get("Ipv6CidrBlockAssociationSet", ())
    return [
        {
            "AssociationId": block["AssociationId"],
            "Ipv6CidrBlock": block["Ipv6CidrBlock"],
            "State": (block.get("Ipv6CidrBlockState") or {}).get("State", ""),
            **{key: block[key] for key in ("IpSource", "Ipv6Pool", "NetworkBorderGroup") if key in block},
        }
        for block in blocks
    ]


def _first_ipv6(member: str) -> Any:
    return lambda c: next((block.get(member, "") for block in c.data.get("Ipv6CidrBlockAssociationSet", ())), "")


VPC = Lookup(
    function=functions.EC2_VPC,
    service="ec2",
    ask=Call(
        op="describe_vpcs",
        take=(),
        params={
            "VpcIds": listed("id"),
            "Filters": chosen_by(
                {"cidrBlock": "cidr", "default": "is-default", "dhcpOptionsId": "dhcp-options-id", "state": "state"}
            ),
        },
        path="Vpcs",
    ),
    id="{data.VpcId}",
    one="EC2 VPC",
    missing=("InvalidVpcID.NotFound",),
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:vpc/{id}",
        "default": "{data.IsDefault}",
        "cidrBlockAssociations": lambda c: [
            {**block, "State": block["CidrBlockState"]["State"]} for block in c.data.get("CidrBlockAssociationSet", ())
        ],
        "ipv6CidrBlockAssociations": _ipv6_blocks,
        "ipv6AssociationId": _first_ipv6("AssociationId"),
        "ipv6CidrBlock": _first_ipv6("Ipv6CidrBlock"),
        "enableDnsHostnames": _attribute("enableDnsHostnames"),
        "enableDnsSupport": _attribute("enableDnsSupport"),
        "enableNetworkAddressUsageMetrics": _attribute("enableNetworkAddressUsageMetrics"),
        "mainRouteTableId": _main_table,
        "ownerId": "{account}",
    },
)

VPCS = Lookup(
    function=functions.EC2_VPCS,
    service="ec2",
    ask=Call(op="describe_vpcs", take=(), params={"Filters": chosen_by()}),
    id="{region}",
    outputs={"ids": "{data.Vpcs[].VpcId}", "tags": lambda c: c.props.get("tags") or {}},
)

_OF_SUBNET: Final = {
    "availabilityZone": "availabilityZone",
    "availabilityZoneId": "availabilityZoneId",
    "cidrBlock": "cidrBlock",
    "defaultForAz": "defaultForAz",
    "ipv6CidrBlock": "ipv6-cidr-block-association.ipv6-cidr-block",
    "state": "state",
    "vpcId": "vpc-id",
}


def _on_launch(member: str) -> Any:
    return lambda c: (c.data.get("PrivateDnsNameOptionsOnLaunch") or {}).get(member)


SUBNET = Lookup(
    function=functions.EC2_SUBNET,
    service="ec2",
    ask=Call(
        op="describe_subnets", take=(), params={"SubnetIds": listed("id"), "Filters": chosen_by(_OF_SUBNET)}, path="Subnets"
    ),
    id="{data.SubnetId}",
    one="EC2 Subnet",
    missing=("InvalidSubnetID.NotFound",),
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:subnet/{id}",
        "ipv6CidrBlock": _first_ipv6("Ipv6CidrBlock"),
        "ipv6CidrBlockAssociationId": _first_ipv6("AssociationId"),
        "privateDnsHostnameTypeOnLaunch": _on_launch("HostnameType"),
        "enableResourceNameDnsARecordOnLaunch": _on_launch("EnableResourceNameDnsARecord"),
        "enableResourceNameDnsAaaaRecordOnLaunch": _on_launch("EnableResourceNameDnsAAAARecord"),
    },
)

SUBNETS = Lookup(
    function=functions.EC2_SUBNETS,
    service="ec2",
    ask=Call(op="describe_subnets", take=(), params={"Filters": chosen_by()}),
    id="{region}",
    outputs={"ids": "{data.Subnets[].SubnetId}", "tags": lambda c: c.props.get("tags") or {}},
)

SECURITY_GROUP = Lookup(
    function=functions.EC2_SECURITY_GROUP,
    service="ec2",
    ask=Call(
        op="describe_security_groups",
        take=(),
        params={"GroupIds": listed("id"), "Filters": chosen_by({"name": "group-name", "vpcId": "vpc-id"})},
        path="SecurityGroups",
    ),
    id="{data.GroupId}",
    one="EC2 Security Group",
    missing=("InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound"),
    rename={"name": "GroupName"},
    outputs={"arn": "arn:aws:ec2:{region}:{account}:security-group/{id}"},
)

SECURITY_GROUPS = Lookup(
    function=functions.EC2_SECURITY_GROUPS,
    service="ec2",
    ask=Call(op="describe_security_groups", take=(), params={"Filters": chosen_by()}),
    id="{region}",
    outputs={
        "ids": "{data.SecurityGroups[].GroupId}",
        "vpcIds": "{data.SecurityGroups[].VpcId}",
        "arns": lambda c: [
            f"arn:aws:ec2:{c.region}:{c.account}:security-group/{group['GroupId']}" for group in c.data["SecurityGroups"]
        ],
        "tags": lambda c: c.props.get("tags") or {},
    },
)


def _routes(c: Context) -> list[dict[str, Any]]:
    """The routes that somebody made: those of the network itself, of propagation and of gateway endpoints are left out."""
    return [
        {
            **route,
            "CidrBlock": route.get("DestinationCidrBlock"),
            "Ipv6CidrBlock": route.get("DestinationIpv6CidrBlock"),
        }
        for route in c.data.get("Routes", ())
        if route.get("GatewayId") != "local"
        and route.get("Origin") != "EnableVgwRoutePropagation"
        and not (route.get("DestinationPrefixListId") and str(route.get("GatewayId", "")).startswith("vpce-"))
    ]


_OF_TABLE: Final = {
    "routeTableId": "route-table-id",
    "vpcId": "vpc-id",
    "subnetId": "association.subnet-id",
    "gatewayId": "association.gateway-id",
}

ROUTE_TABLE = Lookup(
    function=functions.EC2_ROUTE_TABLE,
    service="ec2",
    ask=Call(op="describe_route_tables", take=(), params={"Filters": chosen_by(_OF_TABLE)}, path="RouteTables"),
    id="{data.RouteTableId}",
    one="Route Table",
    none="query returned no results. Please change your search criteria and try again",
    rename={"associations.main": "Main"},
    outputs={"arn": "arn:aws:ec2:{region}:{account}:route-table/{id}", "routes": _routes, "ownerId": "{account}"},
    checks=(at_least_one("subnetId", "gatewayId", "filters", "routeTableId", "tags", "vpcId"),),
)

ROUTE_TABLES = Lookup(
    function=functions.EC2_ROUTE_TABLES,
    service="ec2",
    ask=Call(op="describe_route_tables", take=(), params={"Filters": chosen_by({"vpcId": "vpc-id"})}),
    id="{region}",
    outputs={"ids": "{data.RouteTables[].RouteTableId}", "tags": lambda c: c.props.get("tags") or {}},
)

INTERNET_GATEWAY = Lookup(
    function=functions.EC2_INTERNET_GATEWAY,
    service="ec2",
    ask=Call(
        op="describe_internet_gateways",
        take=(),
        params={"Filters": chosen_by({"internetGatewayId": "internet-gateway-id"})},
        path="InternetGateways",
    ),
    id="{data.InternetGatewayId}",
    one="EC2 Internet Gateway",
    outputs={"arn": "arn:aws:ec2:{region}:{account}:internet-gateway/{id}", "ownerId": "{account}"},
)


def _address(member: str) -> Any:
    """A member of a NAT gateway's first address."""
    return lambda c: next((a.get(member) for a in c.data.get("NatGatewayAddresses", ()) if a.get("IsPrimary", True)), None)


def _gateways(c: Context) -> list[dict[str, Any]]:
    asked = Call(
        op="describe_nat_gateways",
        take=(),
        params={
            "NatGatewayIds": listed("id"),
            "Filters": chosen_by({"state": "state", "subnetId": "subnet-id", "vpcId": "vpc-id"}),
        },
        path="NatGateways",
    )
    found: list[dict[str, Any]] = c.every(asked)
    return found


NAT_GATEWAY = Lookup(
    function=functions.EC2_NAT_GATEWAY,
    service="ec2",
    ask=_gateways,
    id="{data.NatGatewayId}",
    one="EC2 NAT Gateway",
    missing=("NatGatewayNotFound",),
    outputs={
        "allocationId": _address("AllocationId"),
        "associationId": _address("AssociationId"),
        "networkInterfaceId": _address("NetworkInterfaceId"),
        "privateIp": _address("PrivateIp"),
        "publicIp": _address("PublicIp"),
    },
)

NAT_GATEWAYS = Lookup(
    function=functions.EC2_NAT_GATEWAYS,
    service="ec2",
    ask=_gateways,
    id="{region}",
    outputs={
        "ids": lambda c: [gateway["NatGatewayId"] for gateway in c.data],
        "tags": lambda c: c.props.get("tags") or {},
    },
)

VPC_ENDPOINT = Lookup(
    function=functions.EC2_VPC_ENDPOINT,
    service="ec2",
    ask=Call(
        op="describe_vpc_endpoints",
        take=(),
        params={
            "VpcEndpointIds": listed("id"),
            "Filters": chosen_by(
                {
                    "serviceName": "service-name",
                    "serviceRegion": "service-region",
                    "state": "vpc-endpoint-state",
                    "vpcEndpointType": "vpc-endpoint-type",
                    "vpcId": "vpc-id",
                }
            ),
        },
        path="VpcEndpoints",
    ),
    id="{data.VpcEndpointId}",
    one="EC2 VPC Endpoint",
    missing=("InvalidVpcEndpointId.NotFound",),
    rename={"policy": "PolicyDocument", "dnsEntries.dnsName": "DnsName"},
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}",
        "securityGroupIds": "{data.Groups[].GroupId}",
    },
)


def _service_name(c: Context) -> list[str] | None:
    if c.props.get("serviceName"):
        return [c.props["serviceName"]]
    return [f"com.amazonaws.{c.region}.{c.props['service']}"] if c.props.get("service") else None


VPC_ENDPOINT_SERVICE = Lookup(
    function=functions.EC2_VPC_ENDPOINT_SERVICE,
    service="ec2",
    ask=Call(
        op="describe_vpc_endpoint_services",
        take=(),
        params={"ServiceNames": _service_name, "Filters": chosen_by({"serviceType": "service-type"})},
        path="ServiceDetails",
    ),
    id=lambda c: hashcode(c.data["ServiceName"]),
    one="EC2 VPC Endpoint Service",
    missing=("InvalidServiceName",),
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:vpc-endpoint-service/{data.ServiceId}",
        "serviceType": "{data.ServiceType[0].ServiceType}",
        "privateDnsNames": "{data.PrivateDnsNames[].PrivateDnsName}",
        "serviceRegion": "{region}",
    },
)

ELASTIC_IP = Lookup(
    function=functions.EC2_ELASTIC_IP,
    service="ec2",
    ask=Call(
        op="describe_addresses",
        take=(),
        params={"AllocationIds": listed("id"), "PublicIps": listed("publicIp"), "Filters": chosen_by()},
        path="Addresses",
    ),
    id="{data.AllocationId}",
    one="EC2 EIP",
    missing=("InvalidAllocationID.NotFound", "InvalidAddress.NotFound"),
    rename={"privateIp": "PrivateIpAddress"},
    outputs={"arn": "arn:aws:ec2:{region}:{account}:elastic-ip/{id}"},
)

PREFIX_LIST = Lookup(
    function=functions.EC2_PREFIX_LIST,
    service="ec2",
    ask=Call(
        op="describe_prefix_lists",
        take=(),
        params={"PrefixListIds": listed("prefixListId"), "Filters": chosen_by({"name": "prefix-list-name"})},
        path="PrefixLists",
    ),
    id="{data.PrefixListId}",
    one="EC2 Prefix List",
    missing=("InvalidPrefixListId.NotFound", "InvalidPrefixListID.NotFound"),
    rename={"cidrBlocks": "Cidrs", "name": "PrefixListName"},
)

LOOKUPS = (
    *(VPC, VPCS, SUBNET, SUBNETS, SECURITY_GROUP, SECURITY_GROUPS, ROUTE_TABLE, ROUTE_TABLES, INTERNET_GATEWAY),
    *(NAT_GATEWAY, NAT_GATEWAYS, VPC_ENDPOINT, VPC_ENDPOINT_SERVICE, ELASTIC_IP, PREFIX_LIST),
)
