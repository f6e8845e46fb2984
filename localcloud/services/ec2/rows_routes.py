"""Route tables, routes and what they are associated with. Facts of behaviour: tests/golden/ec2.Route*.json."""

from __future__ import annotations

import ipaddress
import re
import zlib
from collections.abc import Mapping
from typing import Any, Final

import botocore.exceptions

from catalog.types import ec2
from localcloud.kernel.context import Call, Context, error_code
from localcloud.kernel.rules import cidr, exactly_one
from localcloud.kernel.spec import Resource, Update
from localcloud.services.ec2.tags import ec2_tags

_TARGETS: Final = {
    "carrierGatewayId": "CarrierGatewayId",
    "coreNetworkArn": "CoreNetworkArn",
    "egressOnlyGatewayId": "EgressOnlyInternetGatewayId",
    "gatewayId": "GatewayId",
    "localGatewayId": "LocalGatewayId",
    "natGatewayId": "NatGatewayId",
    "networkInterfaceId": "NetworkInterfaceId",
    "odbNetworkArn": "OdbNetworkArn",
    "transitGatewayId": "TransitGatewayId",
    "vpcEndpointId": "VpcEndpointId",
    "vpcPeeringConnectionId": "VpcPeeringConnectionId",
}
# The destination members of a Route resource, and those of a route inside a RouteTable.
_DESTINATIONS: Final = {
    "destinationCidrBlock": "DestinationCidrBlock",
    "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}
_INLINE: Final = {
    "cidrBlock": "DestinationCidrBlock",
    "ipv6CidrBlock": "DestinationIpv6CidrBlock",
    "destinationPrefixListId": "DestinationPrefixListId",
}


def _members(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {member: values[name] for name, member in names.items() if values.get(name)}


def _target(values: Mapping[str, Any], replacing: bool = False) -> dict[str, Any]:
    """The target's request member; "local" is a flag when a route is replaced."""
    found = _members(values, _TARGETS)
    return {"LocalTarget": True} if replacing and found.get("GatewayId") == "local" else found


def _described(route: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A route of DescribeRouteTables in the properties' names. The answer lists an endpoint as a gateway."""
    result = {name: route[member] for name, member in {**names, **_TARGETS}.items() if route.get(member)}
    if str(result.get("gatewayId", "")).startswith("vpce-"):
        result["vpcEndpointId"] = result.pop("gatewayId")
    return result


def _key(route: Mapping[str, Any], names: Mapping[str, str]) -> tuple[str, str]:
    """(member, destination), an IPv6 network in its shortest form."""
    member, value = next(iter(_members(route, names).items()))
    return member, str(ipaddress.ip_network(value)) if member == "DestinationIpv6CidrBlock" else str(value)


def _tables(c: Context, *names: str, filters: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
    """The route tables of these ids or filters; none when an id is unknown."""
    asked: dict[str, Any] = {"Filters": filters} if filters else {"RouteTableIds": list(names)}
    try:
        return list(c.client().describe_route_tables(**asked)["RouteTables"])
    except botocore.exceptions.ClientError as error:
        if error_code(error) == "InvalidRouteTableID.NotFound":
            return []
        raise


# --- RouteTable ---------------------------------------------------------------------------------------------------------


def _read_table(c: Context) -> dict[str, Any] | None:
    found = _tables(c, c.id)
    if not found:
        return None
    named = {_key(route, _INLINE) for route in c.get("routes") or () if _members(route, _INLINE)}
    routes = []
    for route in found[0].get("Routes", ()):
        inline = _described(route, _INLINE)
        # Terraform leaves out propagated routes, those of gateway endpoints, and local ones that the program does not name.
        endpoint = "destinationPrefixListId" in inline and "vpcEndpointId" in inline
        local = inline.get("gatewayId") == "local" and _key(inline, _INLINE) not in named
        if route.get("Origin") != "EnableVgwRoutePropagation" and not endpoint and not local:
            routes.append(inline)
    gateways = [item["GatewayId"] for item in found[0].get("PropagatingVgws", ())]
    return {**found[0], "Routes": routes, "PropagatingVgws": gateways}


def _change_routes(c: Context) -> None:
    """Removes the routes that are gone, replaces those with another target, adds the new ones."""
    client = c.client()
    old = {_key(route, _INLINE): route for route in c.state.get("routes") or ()}
    new: dict[tuple[str, str], Mapping[str, Any]] = {}
    for route in c.props.get("routes") or ():
        for what, names in (("cidrBlock, ipv6CidrBlock, destinationPrefixListId", _INLINE), (", ".join(_TARGETS), _TARGETS)):
            if len(_members(route, names)) != 1:
                raise ValueError(f"creating route: one of {what} must be specified, and only one; got {dict(route)}")
        new[_key(route, _INLINE)] = route
    for (member, destination), route in old.items():
        if (member, destination) not in new and route.get("gatewayId") != "local":
            client.delete_route(RouteTableId=c.id, **{member: destination})
    for (member, destination), route in new.items():
        before = old.get((member, destination))
        if before is None and route.get("gatewayId") == "local":
            continue
        if before is None:
            client.create_route(RouteTableId=c.id, **{member: destination}, **_target(route))
        elif _target(before) != _target(route):
            client.replace_route(RouteTableId=c.id, **{member: destination}, **_target(route, replacing=True))


def _change_propagation(c: Context) -> None:
    old, new = set(c.state.get("propagatingVgws") or ()), set(c.props.get("propagatingVgws") or ())
    for gateway in sorted(old - new):
        c.client().disable_vgw_route_propagation(RouteTableId=c.id, GatewayId=gateway)
    for gateway in sorted(new - old):
        c.client().enable_vgw_route_propagation(RouteTableId=c.id, GatewayId=gateway)


def _delete_table(c: Context) -> None:
    for table in _tables(c, c.id):
        for association in table.get("Associations", ()):
            if not association.get("Main"):
                c.client().disassociate_route_table(AssociationId=association["RouteTableAssociationId"])
    c.client().delete_route_table(RouteTableId=c.id)


ROUTE_TABLE = Resource(
    type=ec2.ROUTE_TABLE.token,
    service="ec2",
    create=Call(op="create_route_table", take=("vpcId",)),
    id="{data.RouteTable.RouteTableId}",
    read=_read_table,
    missing=("InvalidRouteTableID.NotFound",),
    updates=(Update(on=("routes",), do=_change_routes), Update(on=("propagatingVgws",), do=_change_propagation)),
    delete=_delete_table,
    replace=frozenset({"vpcId"}),
    computed=frozenset({"routes", "propagatingVgws"}),
    sets=frozenset({"routes", "propagatingVgws"}),
    zeros=frozenset({"routes"}),
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:route-table/{id}",
        # The data is in the properties' names already, so that no name is guessed.
        "routes": "{data.Routes}",
    },
    checks=(cidr("routes.cidrBlock"), cidr("routes.ipv6CidrBlock")),
    tags=ec2_tags("route-table"),
)


# --- Route --------------------------------------------------------------------------------------------------------------


def _same_network(new: Any, old: Any) -> bool:
    try:
        return bool(new == old or ipaddress.ip_network(new) == ipaddress.ip_network(old))
    except ValueError:
        return False


def _route_id(c: Context) -> str:
    """`r-<table><crc32 of the destination>`, as Terraform makes it."""
    return f"r-{c.props['routeTableId']}{_checksum(next(iter(_members(c.props, _DESTINATIONS).values())))}"


def _checksum(destination: str) -> int:
    return zlib.crc32(destination.encode())


def _read_route(c: Context) -> dict[str, Any] | None:
    """The route of the state's destination. An import gives the id, or `<table>_<destination>`."""
    table, wanted = c.get("routeTableId"), _members({**c.state, **c.props}, _DESTINATIONS)
    imported = re.fullmatch(r"(?:r-)?(rtb-(?:[0-9a-f]{17}|[0-9a-f]{8}))(?:_(.+)|(\d+))", c.id)
    if not table:
        if imported is None:
            raise ValueError(
                f"{c.id!r} names no route; import one as <route table id>_<destination>, like rtb-0a1b2c3d_10.0.0.0/16"
            )
        table = imported[1]
    for route in (route for found in _tables(c, table) for route in found.get("Routes", ())):
        here = _described(route, _DESTINATIONS)
        if not _members(here, _DESTINATIONS):
            continue
        member, destination = _key(here, _DESTINATIONS)
        if wanted:
            match = any(
                _same_network(destination, value) if "Cidr" in member else destination == value for value in wanted.values()
            )
        else:
            match = imported is not None and (imported[2] == destination or imported[3] == str(_checksum(destination)))
        if match:
            c.id = f"r-{table}{_checksum(destination)}" if not wanted else c.id
            # Every target is reported, so that a target swapped by hand is seen. moto forgets the local one.
            targets = {name: here.get(name, "") for name in _TARGETS}
            if not any(targets.values()) and c.get("gatewayId") == "local":
                targets["gatewayId"] = "local"
            rest = {
                name: route.get(name[0].upper() + name[1:], "") for name in ("origin", "state", "instanceId", "instanceOwnerId")
            }
            return {**here, **targets, **rest, "routeTableId": table}
    return None


def _replace_route(c: Context) -> None:
    c.client().replace_route(
        RouteTableId=c.props["routeTableId"], **_members(c.props, _DESTINATIONS), **_target(c.props, replacing=True)
    )


ROUTE = Resource(
    type=ec2.ROUTE.token,
    service="ec2",
    create=Call(op="create_route", rename={"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"}),
    id=_route_id,
    read=_read_route,
    missing=("InvalidRouteTableID.NotFound", "InvalidRoute.NotFound"),
    updates=(Update(on=tuple(_TARGETS), do=_replace_route, after_create=False),),
    delete=lambda c: c.client().delete_route(RouteTableId=c.state["routeTableId"], **_members(c.state, _DESTINATIONS)),
    replace=frozenset({"routeTableId", *_DESTINATIONS}),
    computed=frozenset({"networkInterfaceId"}),
    same={"destinationIpv6CidrBlock": lambda new, old: (not new and not old) or bool(new and old and _same_network(new, old))},
    empty=dict.fromkeys(_DESTINATIONS, ""),
    checks=(
        exactly_one(*_TARGETS),
        exactly_one(*_DESTINATIONS),
        cidr("destinationCidrBlock"),
    ),
)


# --- RouteTableAssociation ----------------------------------------------------------------------------------------------


def _find_association(c: Context) -> dict[str, Any] | None:
    """The association by its id or, once a change of the table has given it another id, by its target.

    An import may also say `<subnet or gateway id>/<route table id>`.
    """
    target, _, table = c.id.partition("/")
    known = {c.id, target if table else c.get("subnetId") or c.get("gatewayId")}
    by_id = _tables(c, filters=[{"Name": "association.route-table-association-id", "Values": [c.id]}])
    tables = [name for name in (table, c.props.get("routeTableId"), c.state.get("routeTableId")) if name]
    for found in (*by_id, *(item for name in tables for item in _tables(c, name))):
        for association in found.get("Associations", ()):
            names = {association.get(name) for name in ("RouteTableAssociationId", "SubnetId", "GatewayId")} - {None}
            if names & known and association.get("AssociationState", {}).get("State", "associated") == "associated":
                if table:
                    c.id = association["RouteTableAssociationId"]
                return dict(association)
    return None


def _move_association(c: Context) -> None:
    found = _find_association(c)
    if found is None:
        raise ValueError(f"{c.id}: the association is gone; run refresh, then up")
    c.client().replace_route_table_association(
        AssociationId=found["RouteTableAssociationId"], RouteTableId=c.props["routeTableId"]
    )


def _delete_association(c: Context) -> None:
    found = _find_association(c)
    if found is not None:
        c.client().disassociate_route_table(AssociationId=found["RouteTableAssociationId"])


ROUTE_TABLE_ASSOCIATION = Resource(
    type=ec2.ROUTE_TABLE_ASSOCIATION.token,
    service="ec2",
    create=Call(op="associate_route_table"),
    id="{data.AssociationId}",
    read=_find_association,
    missing=("InvalidRouteTableID.NotFound", "InvalidAssociationID.NotFound"),
    updates=(Update(on=("routeTableId",), do=_move_association, after_create=False),),
    delete=_delete_association,
    replace=frozenset({"subnetId", "gatewayId"}),
    empty={"subnetId": "", "gatewayId": ""},
    checks=(exactly_one("gatewayId", "subnetId"),),
)

ROWS = (ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION)
