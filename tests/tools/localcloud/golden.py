"""Reads tests/golden: what the genuine provider did on moto, and compares our provider with it.

A golden file's templates: {id}, {account}, {region}, {hex}, {unique}, {ipv6}, {endpoint}, {ref:TYPE#NAME.ATTR}.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.localcloud.aws.account import ACCOUNT
from tools.localcloud.aws.engine import Engine
from tools.localcloud.aws.values import is_zero, same_json

ROOT = Path(__file__).resolve().parents[2] / "golden"
REGION = "us-east-1"
ENDPOINT = "http://127.0.0.1:1"
_REFERENCE = re.compile(r"\{ref:([^#}]+)#([^.}]+)\.([^}]+)\}")
_PATTERNS = {
    "hex": r"[0-9a-f]+",
    "unique": r"[0-9a-zA-Z]+",
    "uuid": r"[0-9a-f-]{36}",
    "ipv6": r"[0-9a-f:]+",
    "ip": r"[0-9.]+",
    r"ip\-dashed": r"[0-9-]+",
    "time": r".+",
}


def load(name: str) -> dict[str, Any]:
    """One golden file, by its name without `.json`."""
    document: dict[str, Any] = json.loads((ROOT / f"{name}.json").read_text())
    return document


def _interface(ec2: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": ec2.create_network_interface(SubnetId=inputs["subnetId"])["NetworkInterface"]["NetworkInterfaceId"]}


def _prefix_list(ec2: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    made = ec2.create_managed_prefix_list(PrefixListName=inputs["name"], AddressFamily="IPv4", MaxEntries=inputs["maxEntries"])
    return {"id": made["PrefixList"]["PrefixListId"]}


def _peering(ec2: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
    made = ec2.create_vpc_peering_connection(VpcId=inputs["vpcId"], PeerVpcId=inputs["peerVpcId"])["VpcPeeringConnection"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made["VpcPeeringConnectionId"])
    return {"id": made["VpcPeeringConnectionId"]}


# Resources that golden cases lean on and that the project itself has no use for (so no row).
_BY_HAND = {
    "aws:ec2/networkInterface:NetworkInterface": _interface,
    "aws:ec2/managedPrefixList:ManagedPrefixList": _prefix_list,
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": _peering,
}


# Cases that golden files lean on and that are in none of them.
_MORE_SUPPORT: tuple[dict[str, Any], ...] = (
    {
        "type": "aws:eks/cluster:Cluster",
        "name": "full",
        "inputs": {
            "name": "platform",
            "roleArn": "{ref:aws:iam/role:Role#main.arn}",
            "vpcConfig": {"subnetIds": ["{ref:aws:ec2/subnet:Subnet#a.id}", "{ref:aws:ec2/subnet:Subnet#b.id}"]},
            "accessConfig": {"authenticationMode": "API"},
        },
    },
    *(
        {
            "type": "aws:eks/accessEntry:AccessEntry",
            "name": name,
            "inputs": {
                "clusterName": "{ref:aws:eks/cluster:Cluster#full.name}",
                "principalArn": f"{{ref:aws:iam/role:Role#{name}.arn}}",
            },
        }
        for name in ("main", "other")
    ),
)
# What must be there before a type's cases although none of them refers to it.
_BEFORE = {
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": tuple(
        ("aws:eks/accessEntry:AccessEntry", name) for name in ("main", "other")
    ),
}


class World:
    """An empty cloud in which the resources that golden cases refer to are made on demand."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        support = [*_MORE_SUPPORT, *json.loads((ROOT / "_support.json").read_text())]
        self.support = {(item["type"], item["name"]): item for item in support}
        self.made: dict[tuple[str, str], dict[str, Any]] = {}

    def prepare(self, token: str) -> None:
        for other, name in _BEFORE.get(token, ()):
            self.make(other, name)

    def fill(self, value: Any) -> Any:
        """`value` with every reference replaced by the attribute of the resource it names, made if need be."""
        if isinstance(value, Mapping):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if not isinstance(value, str):
            return value
        whole = _REFERENCE.fullmatch(value)
        if whole:
            return self.attribute(*whole.groups())
        text = _REFERENCE.sub(lambda found: str(self.attribute(*found.groups())), value)
        return text.replace("{account}", ACCOUNT).replace("{region}", REGION).replace("{endpoint}", ENDPOINT)

    def attribute(self, token: str, name: str, path: str) -> Any:
        value: Any = self.make(token, name)
        for part in re.split(r"[.\[\]]+", path.rstrip("]")):
            value = value[int(part)] if part.isdigit() else value.get(part)
        return value

    def make(self, token: str, name: str) -> dict[str, Any]:
        key = (token, name)
        if key not in self.made:
            item = self.support.get(key) or _case_of(token, name)
            inputs = self.fill(item["inputs"])
            if token not in self.engine.rows and token in _BY_HAND:
                self.made[key] = _BY_HAND[token](self.engine.clients("ec2", REGION), inputs)
                return self.made[key]
            checked, failures = self.engine.check(token, name, {}, inputs, b"seed")
            assert not failures, f"{token}#{name}: {failures}"
            identifier, outputs = self.engine.create(token, checked)
            self.made[key] = {**outputs, "id": identifier}
        return self.made[key]


def _case_of(token: str, name: str) -> dict[str, Any]:
    for path in ROOT.glob("*.json"):
        if path.name.startswith("_"):
            continue
        document = json.loads(path.read_text())
        if document["type"] == token:
            for case in document["cases"]:
                if case["case"] == name:
                    return case
    raise KeyError(f"no support resource or golden case {token}#{name}")


def differences(
    world: World, expected: Mapping[str, Any], actual: Mapping[str, Any], identifier: str, path: str = ""
) -> dict[str, tuple[Any, Any]]:
    """path -> (golden, ours) of every output that differs. None and absent are the same thing."""
    found: dict[str, tuple[Any, Any]] = {}
    for key in sorted({*expected, *actual}):
        want, have = expected.get(key), actual.get(key)
        if not _matches(world, want, have, identifier):
            found[f"{path}{key}"] = (want, have)
    return found


def _matches(world: World, want: Any, have: Any, identifier: str) -> bool:
    if want is None or have is None:
        return want is None and have is None
    if isinstance(want, Mapping):
        # Block members that pulumi-aws 7 has over the golden provider's 5.100 come out as zero values.
        known = {key: item for key, item in have.items() if key in want or not is_zero(item)} if isinstance(have, Mapping) else {}
        return isinstance(have, Mapping) and not differences(world, want, known, identifier)
    if isinstance(want, list):
        if not isinstance(have, list) or len(want) != len(have):
            return False
        if all(_matches(world, w, h, identifier) for w, h in zip(want, have, strict=True)):
            return True
        left = list(have)
        for item in want:
            match = next((index for index, other in enumerate(left) if _matches(world, item, other, identifier)), None)
            if match is None:
                return False
            del left[match]
        return True
    if isinstance(want, str):
        want = world.fill(want)
        if not isinstance(want, str):
            return bool(want == have)
        if not isinstance(have, str):
            return False
        if want[:1] in "{[" and want[-1:] in "}]" and want[1:2] in '"{[' and same_json(want.replace("{id}", identifier), have):
            return True
        pattern = re.escape(want.replace("{id}", "\x00"))
        pattern = re.sub(r"\\\{([\w\\-]+)\\\}", lambda m: _PATTERNS.get(m[1], r".+"), pattern).replace(
            "\x00", re.escape(identifier)
        )
        return re.fullmatch(pattern, have, re.DOTALL) is not None
    return bool(want == have)
