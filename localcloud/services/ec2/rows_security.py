"""Security groups and their rules, in the group or alone. Facts of behaviour: tests/golden/{ec2,vpc}.SecurityGroup*.json."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from catalog.types import ec2, vpc
from catalog.types.card import Card
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import between, cidr, exactly_one, length, when
from localcloud.kernel.spec import Autoname, Check, Resource, Update
from localcloud.services.ec2.tags import ec2_tags

_PROTOCOLS: Final = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
# Property of an inline rule, the member of an IpPermission, the member in it.
_SOURCES: Final = (
    ("cidrBlocks", "IpRanges", "CidrIp"),
    ("ipv6CidrBlocks", "Ipv6Ranges", "CidrIpv6"),
    ("prefixListIds", "PrefixListIds", "PrefixListId"),
    ("securityGroups", "UserIdGroupPairs", "GroupId"),
)
# One source of a rule: protocol, from, to, property, value. AWS keeps at most one of each in a direction.
Atom = tuple[str, int, int, str, str]


def _protocol(spelling: Any) -> str:
    text = str(spelling or "").lower()
    return _PROTOCOLS.get(text, text)


def _same_protocol(new: Any, old: Any) -> bool:
    return _protocol(new) == _protocol(old)


def _atoms(rule: Mapping[str, Any], group: str) -> list[Atom]:
    """The rule's sources one by one; `self` is the group itself."""
    head = (_protocol(rule.get("protocol")), int(rule.get("fromPort") or 0), int(rule.get("toPort") or 0))
    sources = [(prop, str(value)) for prop, _, _ in _SOURCES for value in rule.get(prop) or ()]
    if rule.get("self"):
        sources.append(("securityGroups", group))
    return [(*head, prop, value) for prop, value in sources]


def _live(permissions: list[Mapping[str, Any]]) -> dict[Atom, str | None]:
    """Atom -> description, of what DescribeSecurityGroups says."""
    found: dict[Atom, str | None] = {}
    for permission in permissions:
        head = (_protocol(permission["IpProtocol"]), permission.get("FromPort") or 0, permission.get("ToPort") or 0)
        for prop, member, inner in _SOURCES:
            for source in permission.get(member, ()):
                found[(*head, prop, source[inner])] = source.get("Description")
    return found


def _rules(c: Context, direction: str, permissions: list[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is there, put together as the program (or the state) has it; the rest is grouped by protocol, ports, description."""
    live = _live(permissions)
    result = []
    for rule in c.get(direction) or ():
        atoms, description = _atoms(rule, c.id), rule.get("description") or ""
        # moto forgets the descriptions of sources that are groups or prefix lists.
        if atoms and all(atom in live and live[atom] in (None, description) for atom in atoms):
            result.append({**rule, "protocol": _protocol(rule.get("protocol"))})
            for atom in atoms:
                del live[atom]
    rest: dict[tuple[Any, ...], dict[str, Any]] = {}
    for (protocol, low, high, prop, value), description in live.items():
        empty = {"protocol": protocol, "fromPort": low, "toPort": high, "description": description or ""}
        rule = rest.setdefault((protocol, low, high, description), empty)
        if prop == "securityGroups" and value == c.id:
            rule["self"] = True
        else:
            rule[prop] = [*rule.get(prop, ()), value]
    return [*result, *rest.values()]


def _permissions(atoms: Mapping[Atom, str]) -> list[dict[str, Any]]:
    """IpPermissions of these atoms, one a source, so that every description stays with its own."""
    members = {prop: (member, inner) for prop, member, inner in _SOURCES}
    result = []
    for (protocol, low, high, prop, value), description in atoms.items():
        member, inner = members[prop]
        permission: dict[str, Any] = {
            "IpProtocol": protocol,
            member: [{inner: value, **({"Description": description} if description else {})}],
        }
        if protocol != "-1":
            permission |= {"FromPort": low, "ToPort": high}
        elif low or high:
            raise ValueError(f"fromPort ({low}) and toPort ({high}) must both be 0 to use the 'ALL' \"-1\" protocol!")
        result.append(permission)
    return result


def _change_rules(direction: str) -> Callable[[Context], None]:
    def change(c: Context) -> None:
        old, new = (
            {atom: rule.get("description") or "" for rule in values.get(direction) or () for atom in _atoms(rule, c.id)}
            for values in (c.state, c.props)
        )
        gone = {atom: description for atom, description in old.items() if new.get(atom) != description}
        added = {atom: description for atom, description in new.items() if old.get(atom) != description}
        for verb, atoms in (("revoke", gone), ("authorize", added)):
            if atoms:
                getattr(c.client(), f"{verb}_security_group_{direction}")(GroupId=c.id, IpPermissions=_permissions(atoms))

    return change


def _revoke_all(c: Context, *directions: str) -> None:
    group = c.client().describe_security_groups(GroupIds=[c.id])["SecurityGroups"][0]
    for direction, member in (("ingress", "IpPermissions"), ("egress", "IpPermissionsEgress")):
        live = {atom: description or "" for atom, description in _live(group.get(member, [])).items()}
        if direction in directions and live:
            getattr(c.client(), f"revoke_security_group_{direction}")(GroupId=c.id, IpPermissions=_permissions(live))


def _delete_group(c: Context) -> None:
    if c.state.get("revokeRulesOnDelete"):
        _revoke_all(c, "ingress", "egress")
    c.client().delete_security_group(GroupId=c.id)


def _complete(direction: str) -> Check:
    def says(values: Mapping[str, Any]) -> str | None:
        for number, rule in enumerate(values.get(direction) or ()):
            for name in ("fromPort", "toPort", "protocol"):
                if rule.get(name) is None:
                    return f'Missing required argument: "{direction}[{number}].{name}" is required, but no value was given'
        return None

    return when(direction, says)


def _no_group_id(values: Mapping[str, Any]) -> str | None:
    return "invalid value for name (cannot begin with sg-)" if str(values.get("name", "")).startswith("sg-") else None


SECURITY_GROUP = Resource(
    type=ec2.SECURITY_GROUP.token,
    service="ec2",
    create=Call(op="create_security_group", take=("vpcId",), params={"GroupName": "{name}", "Description": "{description}"}),
    id="{data.GroupId}",
    read=Call(op="describe_security_groups", params={"GroupIds": ["{id}"]}, path="SecurityGroups[0]"),
    missing=("InvalidGroup.NotFound", "InvalidGroupId.Malformed"),
    updates=(
        # Right after create only (a changed name replaces): AWS gives a group an open egress rule, Terraform takes it away.
        Update(on=("name",), do=lambda c: _revoke_all(c, "egress")),
        Update(on=("ingress",), do=_change_rules("ingress")),
        Update(on=("egress",), do=_change_rules("egress")),
    ),
    delete=_delete_group,
    replace=frozenset({"name", "namePrefix", "description", "vpcId"}),
    computed=frozenset({"ingress", "egress", "name", "namePrefix", "vpcId"}),
    defaults={"description": "Managed by Pulumi"},
    empty={"namePrefix": "", "revokeRulesOnDelete": False},
    zeros=frozenset({"ingress", "egress"}),
    sets=frozenset(
        {"ingress", "egress"} | {f"{way}.{prop}" for way in ("ingress", "egress") for prop in ("securityGroups", "prefixListIds")}
    ),
    same={"ingress.protocol": _same_protocol, "egress.protocol": _same_protocol},
    rename={"name": "GroupName"},
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:security-group/{id}",
        "ingress": lambda c: _rules(c, "ingress", c.data.get("IpPermissions", [])),
        "egress": lambda c: _rules(c, "egress", c.data.get("IpPermissionsEgress", [])),
    },
    checks=(
        when("name", _no_group_id),
        length("name", 0, 255),
        length("namePrefix", 0, 100),
        length("description", 0, 255),
        *(cidr(f"{way}.{prop}") for way in ("ingress", "egress") for prop in ("cidrBlocks", "ipv6CidrBlocks")),
        _complete("ingress"),
        _complete("egress"),
    ),
    autoname=Autoname(limit=255),
    tags=ec2_tags("security-group"),
)


# --- Rules that stand alone ---------------------------------------------------------------------------------------------

_RULE_SOURCES: Final = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")


def _permission(c: Context) -> list[dict[str, Any]]:
    member, inner, value = next(
        (member, inner, c.props[prop])
        for prop, (_, member, inner) in zip(_RULE_SOURCES, _SOURCES, strict=True)
        if c.props.get(prop)
    )
    source = {inner: value, **({"Description": c.props["description"]} if c.props.get("description") else {})}
    ports = {
        name: c.props[prop] for prop, name in (("fromPort", "FromPort"), ("toPort", "ToPort")) if c.props.get(prop) is not None
    }
    return [{"IpProtocol": c.props["ipProtocol"], **ports, member: [source]}]


def _change_rule(c: Context) -> None:
    rule = {
        "IpProtocol": c.props["ipProtocol"],
        "FromPort": c.props.get("fromPort", -1),
        "ToPort": c.props.get("toPort", -1),
        "CidrIpv4": c.props.get("cidrIpv4"),
        "CidrIpv6": c.props.get("cidrIpv6"),
        "PrefixListId": c.props.get("prefixListId"),
        "ReferencedGroupId": c.props.get("referencedSecurityGroupId"),
        "Description": c.props.get("description", ""),
    }
    given = {member: value for member, value in rule.items() if value is not None}
    c.client().modify_security_group_rules(
        GroupId=c.props["securityGroupId"], SecurityGroupRules=[{"SecurityGroupRuleId": c.id, "SecurityGroupRule": given}]
    )


def _port(prop: str, member: str) -> Callable[[Context], int | None]:
    """AWS says -1 where no port was given."""
    return lambda c: None if c.data.get(member, -1) == -1 and (c.props or c.state).get(prop) is None else c.data.get(member)


def _rule(card: Card, direction: str) -> Resource:
    return Resource(
        type=card.token,
        service="ec2",
        create=Call(
            op=f"authorize_security_group_{direction}",
            take=(),
            params={"GroupId": "{securityGroupId}", "IpPermissions": _permission},
            path="SecurityGroupRules[0]",
        ),
        id="{data.SecurityGroupRuleId}",
        read=Call(op="describe_security_group_rules", params={"SecurityGroupRuleIds": ["{id}"]}, path="SecurityGroupRules[0]"),
        missing=("InvalidSecurityGroupRuleId.NotFound", "InvalidGroup.NotFound", "InvalidPermission.NotFound"),
        updates=(
            Update(on=(*_RULE_SOURCES, "description", "fromPort", "toPort", "ipProtocol"), do=_change_rule, after_create=False),
        ),
        delete=Call(
            op=f"revoke_security_group_{direction}", params={"GroupId": "{securityGroupId}", "SecurityGroupRuleIds": ["{id}"]}
        ),
        replace=frozenset({"securityGroupId"}),
        # Another value updates the rule, another kind of source makes a new one.
        replace_if={prop: lambda new, old: bool(new) != bool(old) for prop in _RULE_SOURCES},
        outputs={
            "arn": "arn:aws:ec2:{region}:{account}:security-group-rule/{id}",
            "securityGroupId": "{data.GroupId}",
            "securityGroupRuleId": "{id}",
            "referencedSecurityGroupId": "{data.ReferencedGroupInfo.GroupId}",
            "fromPort": _port("fromPort", "FromPort"),
            "toPort": _port("toPort", "ToPort"),
            "ipProtocol": lambda c: (
                c.get("ipProtocol") if _same_protocol(c.get("ipProtocol"), c.data["IpProtocol"]) else c.data["IpProtocol"]
            ),
            "description": lambda c: c.data.get("Description") or None,
        },
        checks=(
            exactly_one(*_RULE_SOURCES),
            cidr("cidrIpv4"),
            cidr("cidrIpv6"),
            between("fromPort", -1, 65535),
            between("toPort", -1, 65535),
            length("description", 0, 255),
        ),
        tags=ec2_tags("security-group-rule"),
    )


ROWS = (SECURITY_GROUP, _rule(vpc.SECURITY_GROUP_INGRESS_RULE, "ingress"), _rule(vpc.SECURITY_GROUP_EGRESS_RULE, "egress"))
