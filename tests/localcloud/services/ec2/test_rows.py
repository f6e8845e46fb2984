"""EC2 rows: what the golden walk does not show (deletion, other forms of import, updates that depend on what was there)."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.types import ec2, vpc
from localcloud.kernel.diff import UNKNOWN_MARK
from tests.localcloud.golden import REGION, World
from tests.localcloud.golden_report import new_engine

VPC = "{ref:aws:ec2/vpc:Vpc#sup.id}"
SUBNET = "{ref:aws:ec2/subnet:Subnet#sup_a.id}"
GATEWAY = "{ref:aws:ec2/internetGateway:InternetGateway#sup.id}"


class Cloud:
    """An engine over an empty cloud, shared by the module; inputs may hold golden references. Each test makes what it changes."""

    def __init__(self) -> None:
        self.engine = new_engine()
        self.world = World(self.engine)
        self.ec2 = self.engine.clients("ec2", REGION)
        self.count = 0

    def make(self, token: str, **inputs: Any) -> tuple[str, dict[str, Any], dict[str, Any]]:
        """(id, outputs, checked inputs)"""
        self.count += 1
        checked, failures = self.engine.check(token, "it", {}, self.world.fill(inputs), str(self.count).encode())
        assert not failures
        identifier, outputs = self.engine.create(token, checked)
        return identifier, outputs, checked

    def table(self) -> str:
        return self.make(ec2.ROUTE_TABLE.token, vpcId=VPC)[0]

    def subnet(self) -> str:
        return self.make("aws:ec2/subnet:Subnet", vpcId=VPC, cidrBlock=f"10.100.{self.count}.0/24")[0]

    def routes(self, table: str) -> list[dict[str, Any]]:
        found = self.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [route for route in found if route.get("GatewayId") != "local"]


@pytest.fixture(scope="module")
def cloud() -> Cloud:
    return Cloud()


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        ("aws:ec2/subnet:Subnet", {"vpcId": VPC, "cidrBlock": "10.100.7.0/24"}),
        ("aws:ec2/internetGateway:InternetGateway", {"vpcId": VPC}),
        ("aws:ec2/egressOnlyInternetGateway:EgressOnlyInternetGateway", {"vpcId": VPC}),
        (ec2.ROUTE_TABLE.token, {"vpcId": VPC, "routes": [{"cidrBlock": "0.0.0.0/0", "gatewayId": GATEWAY}]}),
        (
            ec2.ROUTE.token,
            {
                "routeTableId": f"{{ref:{ec2.ROUTE_TABLE.token}#sup.id}}",
                "destinationCidrBlock": "0.0.0.0/0",
                "gatewayId": GATEWAY,
            },
        ),
        (ec2.ROUTE_TABLE_ASSOCIATION.token, {"routeTableId": f"{{ref:{ec2.ROUTE_TABLE.token}#sup.id}}", "subnetId": SUBNET}),
        ("aws:ec2/eip:Eip", {"domain": "vpc"}),
        ("aws:ec2/natGateway:NatGateway", {"subnetId": SUBNET, "connectivityType": "private"}),
        (ec2.SECURITY_GROUP.token, {"vpcId": VPC, "revokeRulesOnDelete": True}),
        (
            vpc.SECURITY_GROUP_INGRESS_RULE.token,
            {"securityGroupId": f"{{ref:{ec2.SECURITY_GROUP.token}#sup.id}}", "cidrIpv4": "10.0.0.0/8", "ipProtocol": "-1"},
        ),
        (
            ec2.VPC_ENDPOINT.token,
            {
                "vpcId": VPC,
                "serviceName": "com.amazonaws.us-east-1.s3",
                "routeTableIds": [f"{{ref:{ec2.ROUTE_TABLE.token}#sup.id}}"],
            },
        ),
        (ec2.LAUNCH_TEMPLATE.token, {"instanceType": "t3.micro"}),
        ("aws:ec2/placementGroup:PlacementGroup", {"strategy": "cluster"}),
    ],
)
def test_a_deleted_resource_is_gone_and_deleting_it_again_is_no_error(cloud: Cloud, token: str, inputs: dict[str, Any]) -> None:
    identifier, outputs, checked = cloud.make(token, **inputs)
    assert cloud.engine.read(token, identifier, checked, outputs) is not None
    cloud.engine.delete(token, identifier, outputs)
    assert cloud.engine.read(token, identifier, checked, outputs) is None
    cloud.engine.delete(token, identifier, outputs)


def test_an_association_moved_to_another_table_is_found_again_and_deleted(cloud: Cloud) -> None:
    identifier, outputs, checked = cloud.make(
        ec2.ROUTE_TABLE_ASSOCIATION.token, routeTableId=cloud.table(), subnetId=cloud.subnet()
    )
    moved = {**checked, "routeTableId": cloud.table()}
    outputs = cloud.engine.update(ec2.ROUTE_TABLE_ASSOCIATION.token, identifier, outputs, moved)
    assert outputs["routeTableId"] == moved["routeTableId"]
    assert cloud.engine.read(ec2.ROUTE_TABLE_ASSOCIATION.token, identifier, moved, outputs) is not None
    cloud.engine.delete(ec2.ROUTE_TABLE_ASSOCIATION.token, identifier, outputs)
    tables = cloud.ec2.describe_route_tables(RouteTableIds=[moved["routeTableId"]])["RouteTables"]
    assert tables[0].get("Associations", []) == []


def test_routes_and_associations_import_by_the_names_that_people_have(cloud: Cloud) -> None:
    route, made, _ = cloud.make(
        ec2.ROUTE.token, routeTableId=cloud.table(), destinationCidrBlock="10.9.0.0/16", gatewayId=GATEWAY
    )
    found = cloud.engine.read(ec2.ROUTE.token, f"{made['routeTableId']}_10.9.0.0/16", {}, {})
    assert found is not None
    assert found[0] == route
    assert found[2]["gatewayId"] == made["gatewayId"]
    association, made, _ = cloud.make(ec2.ROUTE_TABLE_ASSOCIATION.token, routeTableId=cloud.table(), subnetId=cloud.subnet())
    found = cloud.engine.read(ec2.ROUTE_TABLE_ASSOCIATION.token, f"{made['subnetId']}/{made['routeTableId']}", {}, {})
    assert found is not None
    assert found[0] == association


def test_a_route_whose_target_was_swapped_by_hand_is_seen(cloud: Cloud) -> None:
    identifier, outputs, checked = cloud.make(
        ec2.ROUTE.token, routeTableId=cloud.table(), destinationCidrBlock="0.0.0.0/0", gatewayId=GATEWAY
    )
    nat = cloud.world.make("aws:ec2/natGateway:NatGateway", "sup")["id"]
    cloud.ec2.replace_route(RouteTableId=outputs["routeTableId"], DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    found = cloud.engine.read(ec2.ROUTE.token, identifier, checked, outputs)
    assert found is not None
    assert cloud.engine.diff(ec2.ROUTE.token, found[1], checked).changed == {"gatewayId", "natGatewayId"}


def test_a_gateway_endpoint_keeps_its_routes_in_the_tables_it_is_given(cloud: Cloud) -> None:
    one, two = cloud.table(), cloud.table()
    identifier, outputs, checked = cloud.make(
        ec2.VPC_ENDPOINT.token, vpcId=VPC, serviceName="com.amazonaws.us-east-1.s3", routeTableIds=[one]
    )
    outputs = cloud.engine.update(ec2.VPC_ENDPOINT.token, identifier, outputs, {**checked, "routeTableIds": [two]})
    assert outputs["routeTableIds"] == [two]
    assert cloud.routes(one) == []
    assert [route["GatewayId"] for route in cloud.routes(two)] == [identifier]
    table = cloud.engine.read(ec2.ROUTE_TABLE.token, two, {}, {})
    assert table is not None
    assert table[1]["routes"] == []
    cloud.engine.delete(ec2.VPC_ENDPOINT.token, identifier, outputs)
    assert cloud.routes(two) == []


def test_inline_rules_with_described_groups_can_be_taken_away(cloud: Cloud) -> None:
    other = cloud.world.make(ec2.SECURITY_GROUP.token, "sup")["id"]
    rule = {"fromPort": 5432, "toPort": 5432, "protocol": "tcp", "securityGroups": [other], "self": True, "description": "pg"}
    identifier, outputs, checked = cloud.make(ec2.SECURITY_GROUP.token, vpcId=VPC, ingress=[rule])
    assert cloud.engine.diff(ec2.SECURITY_GROUP.token, outputs, checked).effect == "none"
    after = cloud.engine.update(ec2.SECURITY_GROUP.token, identifier, outputs, {**checked, "ingress": []})
    assert after["ingress"] == []


def test_an_inline_rule_opened_by_hand_is_drift(cloud: Cloud) -> None:
    rule = {"fromPort": 443, "toPort": 443, "protocol": "tcp", "cidrBlocks": ["10.0.0.0/8"]}
    identifier, outputs, checked = cloud.make(ec2.SECURITY_GROUP.token, vpcId=VPC, ingress=[rule])
    cloud.ec2.authorize_security_group_ingress(GroupId=identifier, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    found = cloud.engine.read(ec2.SECURITY_GROUP.token, identifier, checked, outputs)
    assert found is not None
    assert cloud.engine.diff(ec2.SECURITY_GROUP.token, found[1], checked).effect == "update"
    assert cloud.engine.update(ec2.SECURITY_GROUP.token, identifier, found[1], checked)["ingress"] == outputs["ingress"]


def test_all_protocols_with_ports_are_refused_when_applied(cloud: Cloud) -> None:
    rule = {"fromPort": 443, "toPort": 443, "protocol": "-1", "cidrBlocks": ["10.0.0.0/8"]}
    with pytest.raises(ValueError, match="must both be 0"):
        cloud.make(ec2.SECURITY_GROUP.token, vpcId=VPC, description="to be refused", ingress=[rule])
    assert not cloud.ec2.describe_security_groups(Filters=[{"Name": "description", "Values": ["to be refused"]}])[
        "SecurityGroups"
    ]


def test_a_rule_may_refer_to_another_group_in_place(cloud: Cloud) -> None:
    group = f"{{ref:{ec2.SECURITY_GROUP.token}#sup.id}}"
    identifier, outputs, checked = cloud.make(
        vpc.SECURITY_GROUP_INGRESS_RULE.token,
        securityGroupId=group,
        referencedSecurityGroupId=group,
        ipProtocol="tcp",
        fromPort=1,
        toPort=2,
    )
    other = cloud.world.make(ec2.SECURITY_GROUP.token, "sup2")["id"]
    outputs = cloud.engine.update(
        vpc.SECURITY_GROUP_INGRESS_RULE.token, identifier, outputs, {**checked, "referencedSecurityGroupId": other}
    )
    assert outputs["referencedSecurityGroupId"] == other
    assert outputs["securityGroupRuleId"] == identifier


def test_a_launch_template_moves_on_by_versions_and_the_preview_says_so(cloud: Cloud) -> None:
    interface = {
        "deviceIndex": 0,
        "ipv4Addresses": ["10.0.0.4", "10.0.0.5"],
        "privateIpAddress": "10.0.0.4",
        "interfaceType": "efa",
    }
    identifier, outputs, checked = cloud.make(
        ec2.LAUNCH_TEMPLATE.token, instanceType="p4d.24xlarge", networkInterfaces=[interface], updateDefaultVersion=True
    )
    assert outputs["networkInterfaces"][0]["ipv4Addresses"] == ["10.0.0.4", "10.0.0.5"]
    wanted = {**checked, "instanceType": "p5.48xlarge"}
    preview = cloud.engine.preview(ec2.LAUNCH_TEMPLATE.token, outputs, wanted)
    assert preview["latestVersion"] is UNKNOWN_MARK
    assert preview["defaultVersion"] is UNKNOWN_MARK
    outputs = cloud.engine.update(ec2.LAUNCH_TEMPLATE.token, identifier, outputs, wanted)
    assert (outputs["latestVersion"], outputs["defaultVersion"], outputs["instanceType"]) == (2, 2, "p5.48xlarge")
    outputs = cloud.engine.update(ec2.LAUNCH_TEMPLATE.token, identifier, outputs, {**wanted, "tags": {"a": "b"}})
    assert outputs["latestVersion"] == 2
    assert outputs["tags"] == {"a": "b"}
