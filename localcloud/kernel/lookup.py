"""The typed row that describes one look-up (`pulumi_aws.get_*`), and what all look-ups do: ask AWS, take the answer, shape it.

The arguments and results of a function come from pulumi-aws itself (`schema.py`), the members of the answer from botocore's
response; a row says only what neither can say.
"""

from __future__ import annotations

import difflib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions

from localcloud.kernel import tagging
from localcloud.kernel.context import Call, Context, Value
from localcloud.kernel.engine import Engine
from localcloud.kernel.schema import Schema
from localcloud.kernel.spec import Check
from localcloud.kernel.values import from_aws, member_of, nothing


class NoAnswer(ValueError):
    """Nothing, or more than one thing, is what the look-up asks for; or its arguments are wrong. The words are pulumi-aws's."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value of an answer that the engine shall keep encrypted."""

    value: Any = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One look-up.

    function  the token, of `catalog/functions.py`
    service   boto3's name of the service that is asked
    ask       the call (through all pages), or code returning the data; a list must hold exactly one where `one` is given
    id        template or code over the data and the arguments
    one       what pulumi-aws calls the thing in its refusals ("EC2 VPC"); "" where the call answers one, or all
    none      pulumi-aws's words where nothing matches, where they differ from "no matching ... found"
    many      the same for several
    missing   error codes that mean "not there"
    rename    result path -> member name, where they differ in more than case
    outputs   results that are not simply a member of the data: template or code
    checks    what is refused before AWS is asked
    secret    results that are secret
    """

    function: str
    service: str = "sts"
    ask: Call | Callable[[Context], Any]
    id: str | Callable[[Context], Any]
    one: str = ""
    none: str = ""
    many: str = ""
    missing: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    secret: frozenset[str] = frozenset()


def answer(lookup: Lookup, schema: Schema, engine: Engine, args: Mapping[str, Any]) -> dict[str, Any]:
    """The results by their names. Raises NoAnswer, or AWS's own error."""
    given = {key: value for key, value in args.items() if value is not None}
    _refuse(lookup, schema, given)
    context = Context(
        service=lookup.service,
        rename=lookup.rename,
        missing=lookup.missing,
        schema=schema,
        clients=engine.clients,
        region=str(given.get("region") or engine.region),
        account=engine.account,
        props=given,
        state={"defaultTags": dict(engine.default_tags)},
    )
    context.data = _ask(lookup, context)
    context.id = str(context.fill(lookup.id))
    results = {name: _result(lookup, context, engine, name, kind) for name, kind in schema.outputs.items()}
    return {name: Secret(value) if name in lookup.secret else value for name, value in results.items()}


def hashcode(text: str) -> str:
    """The id that Terraform makes of a text where AWS has none."""
    return str(zlib.crc32(text.encode()))


def _refuse(lookup: Lookup, schema: Schema, given: Mapping[str, Any]) -> None:
    for key in given:
        if key not in schema.inputs:
            near = difflib.get_close_matches(key, schema.inputs, 1)
            raise NoAnswer(f"unsupported argument {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    for key in sorted(schema.required):
        if key not in given:
            raise NoAnswer(f'Missing required argument: the argument "{key}" is required, but no definition was found')
    for check in lookup.checks:
        if message := check.says(given):
            raise NoAnswer(message)


def _ask(lookup: Lookup, context: Context) -> Any:
    try:
        data = context.every(lookup.ask) if isinstance(lookup.ask, Call) else lookup.ask(context)
    except botocore.exceptions.ClientError as error:
        if not context.gone(error) or not (lookup.one or lookup.none):
            raise
        data = None
    if not lookup.one and not lookup.none:
        return data
    found = data if isinstance(data, list) else [data] if data else []
    if not found:
        raise NoAnswer(lookup.none.format_map(_Given(context.props)) or f"no matching {lookup.one} found")
    if len(found) > 1:
        several = f"multiple {lookup.one}s matched; use additional constraints to reduce matches to a single {lookup.one}"
        raise NoAnswer(lookup.many or several)
    return found[0]


class _Given(dict[str, Any]):
    """The arguments, for a message that names them; one that is not given is empty."""

    def __missing__(self, key: str) -> str:
        return ""


def _result(lookup: Lookup, context: Context, engine: Engine, name: str, kind: Any) -> Any:
    value: Any = None
    if name in lookup.outputs:
        value = from_aws(context.fill(lookup.outputs[name]), kind, lookup.rename, name)
    elif name == "id":
        value = context.id
    elif name == "region":
        value = context.region
    elif name == "tags":
        value = _tags(context, engine)
    elif isinstance(context.data, Mapping):
        member = lookup.rename.get(name) or member_of(context.data, name)
        value = from_aws(context.data.get(member) if member else None, kind, lookup.rename, name)
    if value is None:
        value = context.props.get(name)
    return nothing(kind) if value is None else value


def _tags(context: Context, engine: Engine) -> dict[str, str] | None:
    if not isinstance(context.data, Mapping):
        return None
    member = next((key for key in ("Tags", "tags", "TagSet", "TagList") if key in context.data), None)
    found = tagging.decode(context.data[member]) if member else {}
    return {key: value for key, value in found.items() if not key.startswith("aws:") and not engine.ignored.hides(key)}
