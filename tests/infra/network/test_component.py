from __future__ import annotations

import json
from typing import Any

import pytest

from catalog.types import cloudwatch, ec2, vpc
from catalog.types import ec2 as ec2_types
from infra.network.settings import Nat, NetworkSettings
from tests.infra.recorded_components import recorded_network
from tests.support.recorder import Recording

ZONES = ("us-east-1a", "us-east-1b", "us-east-1c")


def network(**changes: Any) -> Recording:
    values: dict[str, Any] = {"cidr": "10.0.0.0/16", "interface_endpoints": ("ecr.api", "sts")}
    settings = NetworkSettings(**values | changes)
    return recorded_network(ZONES, settings)


@pytest.mark.parametrize(("nat", "gateways", "routes"), [(Nat.NONE, 0, 0), (Nat.SINGLE, 1, 3), (Nat.PER_ZONE, 3, 3)])
def test_private_subnets_leave_through_as_many_gateways_as_were_asked_for(nat: Nat, gateways: int, routes: int) -> None:
    made = network(nat=nat)
    through = [route for route in made.of(ec2_types.ROUTE) if route.props.get("natGatewayId")]
    assert len(made.of(ec2_types.NAT_GATEWAY)) == len(made.of(ec2.EIP)) == gateways
    assert len(through) == routes
    assert len({route.props["natGatewayId"] for route in through}) == gateways


def test_each_zone_leaves_through_its_own_gateway() -> None:
    made = network(nat=Nat.PER_ZONE)
    for letter in "abc":
        (route,) = [route for route in made.of(ec2_types.ROUTE) if route.name == f"slipway-dev-private-{letter}-nat"]
        assert f"nat-{letter}" in route.props["natGatewayId"], "across zones, traffic costs and a zone's end is everyone's"


def test_going_to_a_gateway_a_zone_changes_routes_and_moves_no_subnet() -> None:
    single, per_zone = network(nat=Nat.SINGLE), network(nat=Nat.PER_ZONE)
    for card in (ec2_types.SUBNET, ec2_types.ROUTE_TABLE, ec2_types.ROUTE_TABLE_ASSOCIATION):
        assert {view.urn: view.props for view in single.of(card)} == {view.urn: view.props for view in per_zone.of(card)}


def test_isolated_subnets_have_no_way_out() -> None:
    made = network(nat=Nat.PER_ZONE)
    (table,) = [view for view in made.of(ec2_types.ROUTE_TABLE) if view.name == "slipway-dev-isolated"]
    assert [route.name for route in made.of(ec2_types.ROUTE) if route.props["routeTableId"] == table.id] == []


def test_only_the_public_table_leads_to_the_internet_gateway() -> None:
    made = network()
    (public,) = [view for view in made.of(ec2_types.ROUTE_TABLE) if view.name == "slipway-dev-public"]
    assert {route.props["routeTableId"] for route in made.of(ec2_types.ROUTE) if route.props.get("gatewayId")} == {public.id}


def test_every_subnet_has_one_table() -> None:
    made = network()
    assert sorted(view.props["subnetId"] for view in made.of(ec2_types.ROUTE_TABLE_ASSOCIATION)) == sorted(
        view.id for view in made.of(ec2_types.SUBNET)
    )


def test_no_subnet_gives_public_addresses_away() -> None:
    assert {view.props["mapPublicIpOnLaunch"] for view in network().of(ec2_types.SUBNET)} == {False}


def test_gateway_endpoints_serve_every_table() -> None:
    made = network()
    tables = {view.id for view in made.of(ec2_types.ROUTE_TABLE)}
    gateways = [view for view in made.of(ec2_types.VPC_ENDPOINT) if view.props["vpcEndpointType"] == "Gateway"]
    assert {view.props["serviceName"].rpartition(".")[2] for view in gateways} == {"s3", "dynamodb"}
    assert all(set(view.props["routeTableIds"]) == tables for view in gateways)


def test_interface_endpoints_are_reached_by_name_from_the_vpc_only() -> None:
    made = network()
    interfaces = [view for view in made.of(ec2_types.VPC_ENDPOINT) if view.props["vpcEndpointType"] == "Interface"]
    assert {view.props["serviceName"] for view in interfaces} == {
        "com.amazonaws.us-east-1.ecr.api",
        "com.amazonaws.us-east-1.sts",
    }
    assert all(view.props["privateDnsEnabled"] for view in interfaces)
    (rule,) = made.of(vpc.SECURITY_GROUP_INGRESS_RULE)
    assert (rule.props["cidrIpv4"], rule.props["fromPort"], rule.props["toPort"]) == ("10.0.0.0/16", 443, 443)


def test_another_accounts_credentials_get_through_no_endpoint() -> None:
    for view in network().of(ec2_types.VPC_ENDPOINT):
        for statement in json.loads(view.props["policy"])["Statement"]:
            if statement["Resource"] == "*":
                assert statement["Condition"]["StringEquals"]["aws:PrincipalAccount"] == "123456789012", view.name


def test_all_traffic_is_logged_into_an_encrypted_group_that_forgets() -> None:
    made = network()
    (log,) = made.of(ec2.FLOW_LOG)
    (group,) = made.of(cloudwatch.LOG_GROUP)
    assert log.props["trafficType"] == "ALL"
    assert group.props["kmsKeyId"] == "arn:aws:kms:us-east-1:123456789012:key/logs"
    assert group.props["retentionInDays"] == 365
    assert group.props["name"] == "/slipway-dev/vpc-flow", "the flow-log role may write this group and no other"
