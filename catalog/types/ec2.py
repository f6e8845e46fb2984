"""EC2 and its networks."""

from __future__ import annotations

from typing import Final

from catalog.types.card import NOT_CHARGED, Card, Lookup, Points, Quota, Rights, Unique, Used

CAPACITY_RESERVATION = Card(
    token="aws:ec2/capacityReservation:CapacityReservation",
    taggable=True,
    room="network",
)
DEFAULT_NETWORK_ACL = Card(
    token="aws:ec2/defaultNetworkAcl:DefaultNetworkAcl",
    free=NOT_CHARGED,
    room="network",
)
DEFAULT_ROUTE_TABLE = Card(
    token="aws:ec2/defaultRouteTable:DefaultRouteTable",
    free=NOT_CHARGED,
    room="network",
)
DEFAULT_SECURITY_GROUP = Card(
    token="aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(actions=("ec2:RevokeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress")),
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)
EGRESS_ONLY_INTERNET_GATEWAY = Card(
    token="aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway",
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)
EIP = Card(
    token="aws:ec2/eip:Eip",
    taggable=True,
    unit="hour",
    rights=Rights(actions=("ec2:AllocateAddress", "ec2:CreateTags")),
    quotas=(
        Quota(
            service="ec2",
            code="L-0263D0A3",
            name="EC2-VPC Elastic IPs",
            used=Used(service="ec2", operation="describe_addresses", key="Addresses"),
        ),
    ),
    room="network",
)
EIP_ASSOCIATION = Card(
    token="aws:ec2/eipAssociation:EipAssociation",
    free=NOT_CHARGED,
    room="network",
)
FLOW_LOG = Card(
    token="aws:ec2/flowLog:FlowLog",
    taggable=True,
    unit="GB delivered",
    rights=Rights(actions=("ec2:CreateFlowLogs",)),
    points=(
        Points(path="vpcId", to="aws:ec2/vpc:Vpc"),
        Points(path="iamRoleArn", to="aws:iam/role:Role"),
    ),
    room="network",
)
INSTANCE = Card(
    token="aws:ec2/instance:Instance",
    taggable=True,
    holds="its disk",
    unit="hour, by instance type",
    rights=Rights(actions=("ec2:RunInstances",)),
    points=(
        Points(path="subnetId", to="aws:ec2/subnet:Subnet"),
        Points(path="launchTemplate.id", to="aws:ec2/launchTemplate:LaunchTemplate"),
        Points(path="launchTemplate.name", to="aws:ec2/launchTemplate:LaunchTemplate"),
    ),
    room="network",
)
INTERNET_GATEWAY = Card(
    token="aws:ec2/internetGateway:InternetGateway",
    taggable=True,
    unit="GB out to the internet",
    rights=Rights(actions=("ec2:CreateInternetGateway", "ec2:AttachInternetGateway")),
    quotas=(
        Quota(
            service="vpc",
            code="L-A4707A72",
            name="Internet gateways per Region",
            used=Used(service="ec2", operation="describe_internet_gateways", key="InternetGateways"),
        ),
    ),
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)
KEY_PAIR = Card(
    token="aws:ec2/keyPair:KeyPair",
    free=NOT_CHARGED,
    room="network",
)
LAUNCH_TEMPLATE = Card(
    token="aws:ec2/launchTemplate:LaunchTemplate",
    name="name",
    taggable=True,
    free="the instances made from it are charged",
    points=(
        Points(
            path="capacityReservationSpecification.capacityReservationTarget.capacityReservationId",
            to="aws:ec2/capacityReservation:CapacityReservation",
        ),
    ),
    rights=Rights(actions=("ec2:CreateLaunchTemplate",)),
    unique=Unique(
        plural="launch templates",
        lookup=Lookup(
            service="ec2",
            operation="describe_launch_templates",
            parameter="LaunchTemplateNames",
            missing=("InvalidLaunchTemplateName.NotFoundException",),
            listed=True,
            key="LaunchTemplates",
        ),
    ),
    room="cluster",
)
NAT_GATEWAY = Card(
    token="aws:ec2/natGateway:NatGateway",
    taggable=True,
    unit="hour, and GB processed",
    rights=Rights(actions=("ec2:CreateNatGateway",)),
    quotas=(
        Quota(
            service="vpc",
            code="L-FE5A380F",
            name="NAT gateways per Availability Zone",
            within="subnetId",
            shared="availabilityZone",
        ),
    ),
    points=(
        Points(path="subnetId", to="aws:ec2/subnet:Subnet"),
        Points(path="allocationId", to="aws:ec2/eip:Eip"),
    ),
    room="network",
)
NETWORK_ACL = Card(
    token="aws:ec2/networkAcl:NetworkAcl",
    free=NOT_CHARGED,
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)
NETWORK_ACL_RULE = Card(
    token="aws:ec2/networkAclRule:NetworkAclRule",
    free=NOT_CHARGED,
    room="network",
)
NETWORK_INTERFACE = Card(
    token="aws:ec2/networkInterface:NetworkInterface",
    free=NOT_CHARGED,
    room="network",
)
PLACEMENT_GROUP = Card(
    token="aws:ec2/placementGroup:PlacementGroup",
    name="name",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(
        actions=("ec2:CreatePlacementGroup",), arn="arn:{partition}:ec2:{region}:{account}:placement-group/{name}", name="name"
    ),
    unique=Unique(
        plural="placement groups",
        lookup=Lookup(
            service="ec2",
            operation="describe_placement_groups",
            parameter="GroupNames",
            missing=("InvalidPlacementGroup.Unknown",),
            listed=True,
            key="PlacementGroups",
        ),
    ),
    room="cluster",
)
ROUTE = Card(
    token="aws:ec2/route:Route",
    free=NOT_CHARGED,
    rights=Rights(actions=("ec2:CreateRoute",)),
    points=(
        Points(path="routeTableId", to="aws:ec2/routeTable:RouteTable"),
        Points(path="gatewayId", to="aws:ec2/internetGateway:InternetGateway"),
        Points(path="natGatewayId", to="aws:ec2/natGateway:NatGateway"),
    ),
    room="network",
)
ROUTE_TABLE = Card(
    token="aws:ec2/routeTable:RouteTable",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(actions=("ec2:CreateRouteTable",)),
    quotas=(Quota(service="vpc", code="L-589F43AA", name="Route tables per VPC", within="vpcId"),),
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)
ROUTE_TABLE_ASSOCIATION = Card(
    token="aws:ec2/routeTableAssociation:RouteTableAssociation",
    free=NOT_CHARGED,
    rights=Rights(actions=("ec2:AssociateRouteTable",)),
    points=(
        Points(path="subnetId", to="aws:ec2/subnet:Subnet"),
        Points(path="routeTableId", to="aws:ec2/routeTable:RouteTable"),
    ),
    room="network",
)
SECURITY_GROUP = Card(
    token="aws:ec2/securityGroup:SecurityGroup",
    name="name",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(actions=("ec2:CreateSecurityGroup",)),
    quotas=(
        Quota(
            service="vpc",
            code="L-E79EC296",
            name="VPC security groups per Region",
            used=Used(service="ec2", operation="describe_security_groups", key="SecurityGroups"),
        ),
    ),
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)
SECURITY_GROUP_RULE = Card(
    token="aws:ec2/securityGroupRule:SecurityGroupRule",
    free=NOT_CHARGED,
    points=(Points(path="securityGroupId", to="aws:ec2/securityGroup:SecurityGroup"),),
    room="network",
)
SUBNET = Card(
    token="aws:ec2/subnet:Subnet",
    taggable=True,
    free=NOT_CHARGED,
    rights=Rights(actions=("ec2:CreateSubnet",)),
    quotas=(Quota(service="vpc", code="L-407747CB", name="Subnets per VPC", within="vpcId"),),
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)
VPC = Card(
    token="aws:ec2/vpc:Vpc",
    taggable=True,
    unit="GB between zones",
    rights=Rights(actions=("ec2:CreateVpc", "ec2:ModifyVpcAttribute")),
    quotas=(
        Quota(
            service="vpc",
            code="L-F678F1CE",
            name="VPCs per Region",
            used=Used(service="ec2", operation="describe_vpcs", key="Vpcs"),
        ),
    ),
    room="network",
)
VPC_DHCP_OPTIONS = Card(
    token="aws:ec2/vpcDhcpOptions:VpcDhcpOptions",
    free=NOT_CHARGED,
    room="network",
)
VPC_DHCP_OPTIONS_ASSOCIATION = Card(
    token="aws:ec2/vpcDhcpOptionsAssociation:VpcDhcpOptionsAssociation",
    free=NOT_CHARGED,
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)
VPC_ENDPOINT = Card(
    token="aws:ec2/vpcEndpoint:VpcEndpoint",
    taggable=True,
    unit="hour and zone, and GB processed; a gateway endpoint is free",
    rights=Rights(actions=("ec2:CreateVpcEndpoint",)),
    quotas=(
        Quota(
            service="vpc",
            code="L-29B6F2EB",
            name="Interface VPC endpoints per VPC",
            within="vpcId",
            only=("vpcEndpointType", "Interface", "Gateway"),
        ),
        Quota(
            service="vpc",
            code="L-1B52E74A",
            name="Gateway VPC endpoints per Region",
            only=("vpcEndpointType", "Gateway", "Gateway"),
            used=Used(
                service="ec2", operation="describe_vpc_endpoints", key="VpcEndpoints", filters=(("vpc-endpoint-type", "Gateway"),)
            ),
        ),
    ),
    points=(
        Points(path="vpcId", to="aws:ec2/vpc:Vpc"),
        Points(path="subnetIds", to="aws:ec2/subnet:Subnet"),
        Points(path="securityGroupIds", to="aws:ec2/securityGroup:SecurityGroup"),
    ),
    room="network",
)
VPC_ENDPOINT_POLICY = Card(
    token="aws:ec2/vpcEndpointPolicy:VpcEndpointPolicy",
    free=NOT_CHARGED,
    room="network",
)
VPC_ENDPOINT_ROUTE_TABLE_ASSOCIATION = Card(
    token="aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation",
    free=NOT_CHARGED,
    room="network",
)
VPC_IPV4_CIDR_BLOCK_ASSOCIATION = Card(
    token="aws:ec2/vpcIpv4CidrBlockAssociation:VpcIpv4CidrBlockAssociation",
    free=NOT_CHARGED,
    points=(Points(path="vpcId", to="aws:ec2/vpc:Vpc"),),
    room="network",
)

CARDS: Final = (
    CAPACITY_RESERVATION,
    DEFAULT_NETWORK_ACL,
    DEFAULT_ROUTE_TABLE,
    DEFAULT_SECURITY_GROUP,
    EGRESS_ONLY_INTERNET_GATEWAY,
    EIP,
    EIP_ASSOCIATION,
    FLOW_LOG,
    INSTANCE,
    INTERNET_GATEWAY,
    KEY_PAIR,
    LAUNCH_TEMPLATE,
    NAT_GATEWAY,
    NETWORK_ACL,
    NETWORK_ACL_RULE,
    NETWORK_INTERFACE,
    PLACEMENT_GROUP,
    ROUTE,
    ROUTE_TABLE,
    ROUTE_TABLE_ASSOCIATION,
    SECURITY_GROUP,
    SECURITY_GROUP_RULE,
    SUBNET,
    VPC,
    VPC_DHCP_OPTIONS,
    VPC_DHCP_OPTIONS_ASSOCIATION,
    VPC_ENDPOINT,
    VPC_ENDPOINT_POLICY,
    VPC_ENDPOINT_ROUTE_TABLE_ASSOCIATION,
    VPC_IPV4_CIDR_BLOCK_ASSOCIATION,
)
