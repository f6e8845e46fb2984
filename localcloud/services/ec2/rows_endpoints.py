"""VPC endpoints and flow logs. Facts of behaviour: tests/golden/ec2.VpcEndpoint.json, ec2.FlowLog.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from catalog.types import ec2
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import arn, exactly_one, json_document, one_of
from localcloud.kernel.spec import Resource, Update
from localcloud.services.ec2.tags import ec2_tags

_GONE: Final = ("deleting", "deleted", "rejected", "failed", "expired")


def _read_endpoint(c: Context) -> dict[str, Any] | None:
    client = c.client()
    found = client.describe_vpc_endpoints(VpcEndpointIds=[c.id])["VpcEndpoints"]
    if not found or found[0]["State"].lower() in _GONE:
        return None
    endpoint = {**found[0], "SecurityGroupIds": [group["GroupId"] for group in found[0].get("Groups", ())]}
    if endpoint["VpcEndpointType"] == "Gateway":
        named = client.describe_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [endpoint["ServiceName"]]}])
        for prefix_list in named["PrefixLists"]:
            endpoint |= {"PrefixListId": prefix_list["PrefixListId"], "CidrBlocks": prefix_list.get("Cidrs", [])}
    if endpoint.get("NetworkInterfaceIds"):
        interfaces = client.describe_network_interfaces(NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])["NetworkInterfaces"]
        endpoint["SubnetConfigurations"] = [
            {"SubnetId": each["SubnetId"], "Ipv4": each.get("PrivateIpAddress", ""), "Ipv6": each.get("Ipv6Address", "")}
            for each in interfaces
        ]
    return endpoint


def _change_endpoint(c: Context) -> None:
    """One ModifyVpcEndpoint with what differs: lists as what to add and to remove."""
    asked: dict[str, Any] = {}
    for prop, member in (
        ("routeTableIds", "RouteTableIds"),
        ("subnetIds", "SubnetIds"),
        ("securityGroupIds", "SecurityGroupIds"),
    ):
        if prop in c.changed:
            old, new = set(c.state.get(prop) or ()), set(c.props.get(prop) or ())
            asked |= {f"Add{member}": sorted(new - old), f"Remove{member}": sorted(old - new)}
    if "policy" in c.changed:
        asked |= {"PolicyDocument": c.props["policy"]} if c.props.get("policy") else {"ResetPolicy": True}
    if "privateDnsEnabled" in c.changed:
        asked["PrivateDnsEnabled"] = bool(c.props.get("privateDnsEnabled"))
    c.call(
        Call(
            op="modify_vpc_endpoint",
            take=tuple(c.changed & {"dnsOptions", "ipAddressType", "subnetConfigurations"}),
            params={"VpcEndpointId": "{id}", **{member: value for member, value in asked.items() if value != []}},
        )
    )


def _delete_endpoint(c: Context) -> None:
    if _read_endpoint(c) is None:
        return
    answer = c.client().delete_vpc_endpoints(VpcEndpointIds=[c.id])
    for failure in answer.get("Unsuccessful", ()):
        if failure["Error"]["Code"] not in VPC_ENDPOINT.missing:
            raise ValueError(f"{c.id}: not deleted, AWS says {failure['Error']['Code']}: {failure['Error']['Message']}")


VPC_ENDPOINT = Resource(
    type=ec2.VPC_ENDPOINT.token,
    service="ec2",
    create=Call(
        op="create_vpc_endpoint",
        rename={"policy": "PolicyDocument"},
        params={"PrivateDnsEnabled": lambda c: bool(c.props.get("privateDnsEnabled"))},
    ),
    id="{data.VpcEndpoint.VpcEndpointId}",
    read=_read_endpoint,
    missing=("InvalidVpcEndpointId.NotFound", "InvalidVpcEndpoint.NotFound"),
    updates=(
        Update(
            on=(
                "dnsOptions",
                "ipAddressType",
                "policy",
                "privateDnsEnabled",
                "routeTableIds",
                "securityGroupIds",
                "subnetConfigurations",
                "subnetIds",
            ),
            do=_change_endpoint,
            after_create=False,
        ),
    ),
    delete=_delete_endpoint,
    replace=frozenset(
        {"resourceConfigurationArn", "serviceName", "serviceNetworkArn", "serviceRegion", "vpcEndpointType", "vpcId"}
    ),
    computed=frozenset(
        {
            "dnsOptions",
            "ipAddressType",
            "policy",
            "privateDnsEnabled",
            "routeTableIds",
            "securityGroupIds",
            "serviceRegion",
            "subnetConfigurations",
            "subnetIds",
        }
    ),
    defaults={"vpcEndpointType": "Gateway"},
    empty={
        "cidrBlocks": [],
        "ipAddressType": "",
        "requesterManaged": False,
        "resourceConfigurationArn": "",
        "serviceNetworkArn": "",
        "serviceRegion": "",
        "subnetConfigurations": [],
    },
    policies=frozenset({"policy"}),
    sets=frozenset({"routeTableIds", "securityGroupIds", "subnetConfigurations", "subnetIds"}),
    outputs={"arn": "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}", "policy": "{data.PolicyDocument}"},
    checks=(
        one_of("vpcEndpointType", "Interface", "Gateway", "GatewayLoadBalancer", "Resource", "ServiceNetwork"),
        one_of("ipAddressType", "ipv4", "dualstack", "ipv6"),
        one_of("dnsOptions.dnsRecordIpType", "dualstack", "ipv4", "ipv6", "service-defined"),
        json_document("policy"),
    ),
    tags=ec2_tags("vpc-endpoint"),
)


# The resource that a flow log watches: property -> (CreateFlowLogs' resource type, the id's prefix).
_WATCHED: Final[Mapping[str, tuple[str, str]]] = {
    "eniId": ("NetworkInterface", "eni-"),
    "regionalNatGatewayId": ("RegionalNatGateway", "nat-"),
    "subnetId": ("Subnet", "subnet-"),
    "transitGatewayAttachmentId": ("TransitGatewayAttachment", "tgw-attach-"),
    "transitGatewayId": ("TransitGateway", "tgw-"),
    "vpcId": ("VPC", "vpc-"),
}


def _watched(c: Context) -> str:
    return next(prop for prop in _WATCHED if c.props.get(prop))


def _log_id(c: Context) -> str:
    """The id of the created log. CreateFlowLogs answers 200 to a refusal, too, and lists the refusal in the answer."""
    for failure in c.data.get("Unsuccessful", ()):
        raise ValueError(
            f"flow log of {failure.get('ResourceId')}: AWS says {failure['Error']['Code']}: {failure['Error']['Message']}"
        )
    return str(c.data["FlowLogIds"][0])


def _read_log(c: Context) -> dict[str, Any] | None:
    found = c.client().describe_flow_logs(FlowLogIds=[c.id])["FlowLogs"]
    if not found:
        return None
    prop = next(name for name, (_, prefix) in _WATCHED.items() if found[0]["ResourceId"].startswith(prefix))
    return {**found[0], prop: found[0]["ResourceId"], "IamRoleArn": found[0].get("DeliverLogsPermissionArn")}


FLOW_LOG = Resource(
    type=ec2.FLOW_LOG.token,
    service="ec2",
    create=Call(
        op="create_flow_logs",
        rename={"iamRoleArn": "DeliverLogsPermissionArn"},
        params={"ResourceIds": lambda c: [c.props[_watched(c)]], "ResourceType": lambda c: _WATCHED[_watched(c)][0]},
    ),
    id=_log_id,
    read=_read_log,
    missing=("InvalidFlowLogId.NotFound",),
    delete=Call(op="delete_flow_logs", params={"FlowLogIds": ["{id}"]}),
    replace=frozenset(
        {
            *_WATCHED,
            "deliverCrossAccountRole",
            "destinationOptions",
            "iamRoleArn",
            "logDestination",
            "logDestinationType",
            "logFormat",
            "maxAggregationInterval",
            "tagFieldSpecifications",
            "trafficType",
        }
    ),
    computed=frozenset({"logDestination", "logFormat"}),
    defaults={"logDestinationType": "cloud-watch-logs", "maxAggregationInterval": 600},
    empty={"deliverCrossAccountRole": "", "iamRoleArn": ""},
    zeros=frozenset({"destinationOptions"}),
    outputs={"arn": "arn:aws:ec2:{region}:{account}:vpc-flow-log/{id}"},
    checks=(
        exactly_one(*_WATCHED),
        one_of("trafficType", "ACCEPT", "REJECT", "ALL"),
        one_of("logDestinationType", "cloud-watch-logs", "s3", "kinesis-data-firehose"),
        one_of("destinationOptions.fileFormat", "plain-text", "parquet"),
        one_of("maxAggregationInterval", 60, 600),
        arn("logDestination"),
        arn("iamRoleArn"),
        arn("deliverCrossAccountRole"),
    ),
    tags=ec2_tags("vpc-flow-log"),
)

ROWS = (VPC_ENDPOINT, FLOW_LOG)
