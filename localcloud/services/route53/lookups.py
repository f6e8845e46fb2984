"""The look-up of hosted zones."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel import tagging
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup
from localcloud.kernel.rules import at_least_one


def _zones(c: Context) -> list[dict[str, Any]]:
    client, name = c.client(), str(c.props.get("name") or "").rstrip(".").lower()
    private = bool(c.props.get("privateZone") or c.props.get("vpcId"))
    wanted = (c.props.get("tags") or {}).items()
    found = []
    for zone in c.every(Call(op="list_hosted_zones", take=(), path="HostedZones")):
        identifier = str(zone["Id"]).rpartition("/")[2]
        if c.props.get("zoneId"):
            if identifier != c.props["zoneId"]:
                continue
        elif (name and zone["Name"].rstrip(".") != name) or bool(zone["Config"].get("PrivateZone")) != private:
            continue
        whole = client.get_hosted_zone(Id=identifier)
        if c.props.get("vpcId") not in (None, *(vpc["VPCId"] for vpc in whole.get("VPCs", ()))):
            continue
        tags = client.list_tags_for_resource(ResourceType="hostedzone", ResourceId=identifier)["ResourceTagSet"]["Tags"]
        if wanted <= tagging.decode(tags).items():
            servers = (whole.get("DelegationSet") or {}).get("NameServers", [])
            found.append({**zone, "zoneId": identifier, "nameServers": sorted(servers), "tags": tags})
    return found


ZONE = Lookup(
    function=functions.ROUTE53_ZONE,
    service="route53",
    ask=_zones,
    id="{data.zoneId}",
    one="Route 53 Hosted Zone",
    outputs={
        "arn": "arn:aws:route53:::hostedzone/{data.zoneId}",
        "name": lambda c: str(c.data["Name"]).rstrip("."),
        "comment": "{data.Config.Comment}",
        "privateZone": "{data.Config.PrivateZone}",
        "primaryNameServer": "{data.nameServers[0]}",
    },
    checks=(at_least_one("name", "zoneId", "vpcId", "tags"),),
)

LOOKUPS = (ZONE,)
