"""Reads tests/golden: what the genuine provider did on moto, and compares our provider with it.

A golden file's templates: {id}, {account}, {region}, {hex}, {unique}, {ipv6}, {endpoint}, {ref:TYPE#NAME.ATTR}.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.context import Clients
from localcloud.kernel.engine import Engine
from localcloud.kernel.values import is_zero, same_json

ROOT = Path(__file__).resolve().parents[1] / "golden"
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


@functools.cache
def load(name: str) -> dict[str, Any]:
    """One golden file, by its name without `.json`."""
    document: dict[str, Any] = json.loads((ROOT / f"{name}.json").read_text())
    return document


def _interface(clients: Clients, inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": clients("ec2", REGION).create_network_interface(SubnetId=inputs["subnetId"])["NetworkInterface"][
            "NetworkInterfaceId"
        ]
    }


def _prefix_list(clients: Clients, inputs: Mapping[str, Any]) -> dict[str, Any]:
    asked = {"PrefixListName": inputs["name"], "MaxEntries": inputs["maxEntries"]}
    made = clients("ec2", REGION).create_managed_prefix_list(AddressFamily="IPv4", **asked)
    return {"id": made["PrefixList"]["PrefixListId"]}


def _peering(clients: Clients, inputs: Mapping[str, Any]) -> dict[str, Any]:
    ec2 = clients("ec2", REGION)
    made = ec2.create_vpc_peering_connection(VpcId=inputs["vpcId"], PeerVpcId=inputs["peerVpcId"])["VpcPeeringConnection"]
    ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made["VpcPeeringConnectionId"])
    return {"id": made["VpcPeeringConnectionId"]}


def _table(clients: Clients, inputs: Mapping[str, Any]) -> dict[str, Any]:
    clients("dynamodb", REGION).create_table(
        TableName=inputs["name"],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    return {"id": inputs["name"], "name": inputs["name"]}


# Resources that golden cases refer to and that have no row, since the project declares none.
_BY_HAND = {
    "aws:ec2/networkInterface:NetworkInterface": _interface,
    "aws:ec2/managedPrefixList:ManagedPrefixList": _prefix_list,
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": _peering,
    "aws:dynamodb/table:Table": _table,
}


# Cases that golden files refer to and that no golden file has.
_MORE_SUPPORT: tuple[dict[str, Any], ...] = (
    {"type": "aws:dynamodb/table:Table", "name": "scaled", "inputs": {"name": "scaled"}},
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


@functools.cache
def _support() -> dict[tuple[str, str], dict[str, Any]]:
    items = [*_MORE_SUPPORT, *json.loads((ROOT / "_support.json").read_text())]
    return {(item["type"], item["name"]): item for item in items}


# The id of an import as pulumi-aws takes it, where the id alone says too little; source: its registry pages, "Import".
_TARGET = "{serviceNamespace}/{resourceId}/{scalableDimension}"
_IMPORT_IDS = {
    "aws:appautoscaling/target:Target": _TARGET,
    "aws:appautoscaling/policy:Policy": f"{_TARGET}/{{name}}",
    "aws:eks/podIdentityAssociation:PodIdentityAssociation": "{clusterName},{associationId}",
    "aws:s3/bucketObjectv2:BucketObjectv2": "{bucket}/{key}",
}


def import_id(token: str, identifier: str, outputs: Mapping[str, Any]) -> str:
    """The id by which this resource is imported."""
    return _IMPORT_IDS[token].format_map(outputs) if token in _IMPORT_IDS else identifier


class World:
    """An empty cloud in which the resources that golden cases refer to are made on demand."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.support = _support()
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
                self.made[key] = _BY_HAND[token](self.engine.clients, inputs)
                return self.made[key]
            checked, failures = self.engine.check(token, name, {}, inputs, b"seed")
            assert not failures, f"{token}#{name}: {failures}"
            identifier, outputs = self.engine.create(token, checked)
            self.made[key] = {**outputs, "id": identifier}
        return self.made[key]


def _case_of(token: str, name: str) -> dict[str, Any]:
    if (token, name) not in _cases():
        raise KeyError(f"no support resource or golden case {token}#{name}")
    return _cases()[token, name]


@functools.cache
def names() -> tuple[str, ...]:
    """The golden files' names, without `.json`."""
    return tuple(sorted(path.stem for path in ROOT.glob("*.json") if not path.name.startswith("_")))


@functools.cache
def _cases() -> dict[tuple[str, str], dict[str, Any]]:
    documents = [load(name) for name in names()]
    return {(document["type"], case["case"]): case for document in documents for case in document["cases"]}


def differences(
    world: World, expected: Mapping[str, Any], actual: Mapping[str, Any], identifier: str, path: str = ""
) -> dict[str, tuple[Any, Any]]:
    """path -> (golden, ours) of every output that differs. None and absent count as the same."""
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
