"""Parameter Store. Facts of behaviour: tests/golden/ssm.Parameter.json."""

from __future__ import annotations

from typing import Any

from catalog.types import ssm
from localcloud.kernel import tagging
from localcloud.kernel.context import Call, Context
from localcloud.kernel.rules import exactly_one, one_of
from localcloud.kernel.spec import Autoname, Resource, Tags, Update

_VALUES = ("value", "insecureValue", "valueWo")
_CHANGED = ("type", "description", "keyId", "tier", "allowedPattern", "overwrite", "value", "insecureValue", "valueWoVersion")


def _put(c: Context) -> Any:
    """A parameter is put whole. One that is there already is overwritten only by its own update, or where the program says so."""
    known = Call(
        op="put_parameter",
        take=("name", "type", "keyId", "tier", "dataType"),
        params={
            "Value": next(c.props[prop] for prop in _VALUES if c.props.get(prop) is not None),
            # An update that leaves them out would leave them as they are.
            "Description": c.props.get("description", "") if c.id else c.props.get("description"),
            "AllowedPattern": c.props.get("allowedPattern", "") if c.id else c.props.get("allowedPattern"),
            "Overwrite": bool(c.id or c.props.get("overwrite")),
        },
    )
    return c.call(known)


def _read(c: Context) -> dict[str, Any]:
    client = c.client()
    found = client.get_parameter(Name=c.id, WithDecryption=True)["Parameter"]
    filters = [{"Key": "Name", "Option": "Equals", "Values": [c.id]}]
    described: dict[str, Any] = next(iter(client.describe_parameters(ParameterFilters=filters)["Parameters"]), {})
    # Which of its two properties the program gave the value by, AWS does not know; an import has it as `value`.
    prop = "insecureValue" if c.get("insecureValue") is not None else "value"
    return {**described, **{key: item for key, item in found.items() if key != "Value"}, prop: found["Value"]}


def _put_tags(c: Context, tags: dict[str, str]) -> None:
    client, target = c.client(), {"ResourceType": "Parameter", "ResourceId": c.id}
    there = tagging.decode(client.list_tags_for_resource(**target)["TagList"])
    if gone := sorted(there.keys() - tags.keys()):
        client.remove_tags_from_resource(**target, TagKeys=gone)
    if tags:
        client.add_tags_to_resource(**target, Tags=[{"Key": key, "Value": value} for key, value in sorted(tags.items())])


def _with_tags(c: Context) -> dict[str, Any]:
    found = _read(c)
    return {**found, "Tags": c.client().list_tags_for_resource(ResourceType="Parameter", ResourceId=c.id)["TagList"]}


PARAMETER = Resource(
    type=ssm.PARAMETER.token,
    service="ssm",
    create=_put,
    id="{name}",
    read=_with_tags,
    missing=("ParameterNotFound",),
    updates=(Update(on=_CHANGED, do=_put, after_create=False),),
    delete=Call(op="delete_parameter", params={"Name": "{id}"}),
    replace=frozenset({"name", "dataType"}),
    replace_if={"tier": lambda new, old: old == "Advanced" and new == "Standard"},
    computed=frozenset({"arn", "dataType", "insecureValue", "keyId", "tier", "value"}),
    empty={"allowedPattern": "", "description": "", "keyId": "", "tier": "Standard"},
    moves={"version": ""},
    autoname=Autoname(limit=2048),
    rename={"arn": "ARN"},
    checks=(
        one_of("type", "String", "StringList", "SecureString"),
        one_of("tier", "Standard", "Advanced", "Intelligent-Tiering"),
        exactly_one(*_VALUES),
    ),
    tags=Tags(create="", target=("ResourceId", "{id}"), read="Tags", change=_put_tags),
)

ROWS = (PARAMETER,)
