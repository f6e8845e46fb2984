"""EC2: placement groups and capacity reservations, which moto lacks, and changes of rules and endpoints that it does in part."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.context import Clients
from localcloud.kernel.recorded import Addition, ApiCall, Recorded, Refusal


def _placement_group(call: ApiCall) -> Mapping[str, Any]:
    name, strategy = call.params["GroupName"], call.params.get("Strategy", "cluster")
    return {
        "GroupId": call.new_id("pg-"),
        "GroupArn": f"arn:aws:ec2:{call.region}:{ACCOUNT}:placement-group/{name}",
        "State": "available",
        "Strategy": strategy,
        **({"PartitionCount": call.params.get("PartitionCount", 2)} if strategy == "partition" else {}),
        **({"SpreadLevel": call.params.get("SpreadLevel", "rack")} if strategy == "spread" else {}),
    }


def _capacity_reservation(call: ApiCall) -> Mapping[str, Any]:
    """A reservation of which all is free, from now on: no instance runs here."""
    identifier, many = call.new_id("cr-"), int(call.params["InstanceCount"])
    return {
        "CapacityReservationId": identifier,
        "CapacityReservationArn": f"arn:aws:ec2:{call.region}:{ACCOUNT}:capacity-reservation/{identifier}",
        "TotalInstanceCount": many,
        "AvailableInstanceCount": many,
        "State": "active",
        "ReservationType": "default",
    }


def _modify_group_rules(call: ApiCall) -> Mapping[str, Any]:
    """ModifySecurityGroupRules whole: moto changes only CIDRs of IPv4, and refuses a rule of all protocols."""
    from moto.ec2.models import ec2_backends

    group = ec2_backends[ACCOUNT][call.region].get_security_group_from_id(call.params["GroupId"])
    if group is None:
        raise Refusal("InvalidGroup.NotFound", f"The security group '{call.params['GroupId']}' does not exist")
    for change in call.params["SecurityGroupRules"]:
        rule, wanted = group.get_rule(change["SecurityGroupRuleId"]), change["SecurityGroupRule"]
        if rule is None:
            message = f"The security group rule ID '{change['SecurityGroupRuleId']}' does not exist"
            raise Refusal("InvalidSecurityGroupRuleId.NotFound", message)
        rule.ip_protocol = wanted["IpProtocol"]
        rule.from_port, rule.to_port = wanted.get("FromPort"), wanted.get("ToPort")
        sources = {"CidrIp": wanted.get("CidrIpv4"), "CidrIpv6": wanted.get("CidrIpv6"), "Description": wanted.get("Description")}
        rule.ip_range = {name: value for name, value in sources.items() if value is not None}
        rule.prefix_list_id = wanted.get("PrefixListId")
        referenced = wanted.get("ReferencedGroupId")
        rule.source_group = {"GroupId": referenced, "UserId": ACCOUNT, "OwnerId": ACCOUNT} if referenced else {}
    return {"Return": True}


def _modify_endpoint(call: ApiCall) -> Mapping[str, Any]:
    """ModifyVpcEndpoint whole: moto forgets the DNS settings, and leaves the routes of a gateway endpoint as they were."""
    from moto.ec2.models import ec2_backends

    backend: Any = ec2_backends[ACCOUNT][call.region]
    asked = call.params
    endpoint = backend.vpc_end_points.get(asked["VpcEndpointId"])
    if endpoint is None:
        raise Refusal("InvalidVpcEndpointId.NotFound", f"The VpcEndPoint ID '{asked['VpcEndpointId']}' does not exist")
    policy = json.dumps(endpoint.DEFAULT_POLICY) if asked.get("ResetPolicy") else asked.get("PolicyDocument")
    lists = (f"{verb}{kind}Ids" for kind in ("Subnet", "RouteTable", "SecurityGroup") for verb in ("Add", "Remove"))
    endpoint.modify(policy, *(asked.get(name) for name in lists))
    kept = {"PrivateDnsEnabled": "private_dns_enabled", "IpAddressType": "ip_address_type", "DnsOptions": "dns_options"}
    for name in kept.keys() & asked.keys():
        setattr(endpoint, kept[name], asked[name])
    prefix_list = endpoint.destination_prefix_list_id
    for table in asked.get("RemoveRouteTableIds", ()) if prefix_list else ():
        backend.delete_route(table, prefix_list)
    for table in asked.get("AddRouteTableIds", ()) if prefix_list else ():
        backend.create_route(table, None, gateway_id=endpoint.id, destination_prefix_list_id=prefix_list)
    return {"Return": True}


def _deleted_gateway(clients: Clients, region: str, arn: str) -> bool:
    """AWS lists a NAT gateway for an hour after it was deleted."""
    found = clients("ec2", region).describe_nat_gateways(NatGatewayIds=[arn.rpartition("/")[2]])["NatGateways"]
    return all(gateway["State"] == "deleted" for gateway in found)


RECORDED = (
    Recorded(
        service="ec2",
        noun="capacity-reservation",
        key=("CapacityReservationId",),
        operations={
            "CreateCapacityReservation": "create",
            "DescribeCapacityReservations": "list",
            "CancelCapacityReservation": "delete",
        },
        output="CapacityReservation",
        listed=("CapacityReservations", ""),
        made=_capacity_reservation,
        arn="CapacityReservationArn",
        id="CapacityReservationId",
        missing=("InvalidCapacityReservationId.NotFound", "The capacity reservation '{0}' does not exist."),
        exists=("InvalidCapacityReservationId.Duplicate", "The capacity reservation '{0}' already exists."),
        filters={"CapacityReservationIds": "CapacityReservationId"},
        wrap=lambda call, item: (
            {"Return": True} if call.operation == "CancelCapacityReservation" else {"CapacityReservation": item}
        ),
    ),
    Recorded(
        service="ec2",
        noun="placement-group",
        key=("GroupName",),
        operations={"CreatePlacementGroup": "create", "DescribePlacementGroups": "list", "DeletePlacementGroup": "delete"},
        output="PlacementGroup",
        listed=("PlacementGroups", ""),
        made=_placement_group,
        arn="GroupArn",
        id="GroupId",
        missing=("InvalidPlacementGroup.Unknown", "The placement group '{0}' is unknown."),
        exists=("InvalidPlacementGroup.Duplicate", "The placement group '{0}' already exists."),
        filters={"GroupNames": "GroupName", "GroupIds": "GroupId"},
        wrap=lambda call, item: {} if call.operation == "DeletePlacementGroup" else {"PlacementGroup": item},
    ),
)
ADDITION = Addition(
    service="ec2",
    recorded=RECORDED,
    extras={"ModifySecurityGroupRules": _modify_group_rules, "ModifyVpcEndpoint": _modify_endpoint},
    only_a_record={"natgateway": _deleted_gateway},
)
