"""One boto3 call as a row describes it, and the context of one operation, in which such calls are made and rows' code runs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import botocore.exceptions
import jmespath

from localcloud.kernel.schema import Schema
from localcloud.kernel.values import member_of, to_aws

Clients = Callable[[str, str], Any]  # (service, region) -> boto3 client
# A column value: a literal, a template ("{id}", "{clusterName}:{name}", "{data.Vpc.VpcId}"), or code over the context.
Value = Any
_TEMPLATE = re.compile(r"\{([A-Za-z0-9_.\[\]]+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One boto3 call. `op` is the client's method name.

    `take`: the properties passed on; None means each property whose name the operation's input shape has.
    `params`: members set besides; strings are templates over properties, `id`, `region`, `account`; functions get the context.
    A param that comes out None is left out. `path`: jmespath to the part of the response that matters.
    """

    op: str
    take: tuple[str, ...] | None = None
    skip: tuple[str, ...] = ()
    params: Mapping[str, Value] = field(default_factory=dict)
    rename: Mapping[str, str] = field(default_factory=dict)
    path: str = ""
    service: str = ""


@dataclass(slots=True, kw_only=True)
class Context:
    """One operation on one resource.

    service  boto3's name of the type's service; `rename` and `missing` are the row's columns of that name
    props    what the program wants (inputs with defaults)
    state    what the resource was before (outputs)
    data     the last response
    changed  the top-level properties that differ (update only)
    """

    service: str
    rename: Mapping[str, str]
    missing: tuple[str, ...]
    schema: Schema
    clients: Clients
    region: str
    account: str
    props: Mapping[str, Any] = field(default_factory=dict)
    state: Mapping[str, Any] = field(default_factory=dict)
    id: str = ""
    data: Any = None
    changed: frozenset[str] = frozenset()

    def get(self, name: str, default: Any = None) -> Any:
        """The wanted value, else the state's, else `default`."""
        for source in (self.props, self.state):
            if source.get(name) is not None:
                return source[name]
        return default

    def client(self, service: str = "") -> Any:
        return self.clients(service or self.service, self.region)

    def call(self, call: Call) -> Any:
        """Runs a `Call`; returns `path` of the response."""
        response = getattr(self.client(call.service), call.op)(**self.parameters(call))
        return jmespath.search(call.path, response) if call.path else response

    def every(self, call: Call) -> Any:
        """Runs a `Call` through all pages of its answer, where the operation has pages."""
        client = self.client(call.service)
        if not client.can_paginate(call.op):
            return self.call(call)
        response = client.get_paginator(call.op).paginate(**self.parameters(call)).build_full_result()
        return jmespath.search(call.path, response) if call.path else response

    def parameters(self, call: Call) -> dict[str, Any]:
        """What a `Call` sends: parameters from the properties by the operation's own input shape."""
        client = self.client(call.service)
        shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[call.op]).input_shape
        parameters: dict[str, Any] = {}
        members = shape.members if shape else {}
        rename = {**self.rename, **call.rename}
        names = call.take if call.take is not None else tuple(self.props)
        for name in names:
            value = self.props.get(name)
            if value is None or name in call.skip or name in ("tags", "region"):
                continue
            member = rename.get(name) or member_of(members, name)
            if member is not None and member in members:
                parameters[member] = to_aws(value, members[member], rename, name)
        for member, raw in call.params.items():
            value = self.fill(raw)
            if value is None:
                parameters.pop(member, None)
            else:
                parameters[member] = value
        return parameters

    def fill(self, raw: Any) -> Any:
        """A column value made concrete: code is called, templates are filled, the rest is itself."""
        if callable(raw):
            return raw(self)
        if isinstance(raw, str):
            whole = _TEMPLATE.fullmatch(raw)
            if whole:
                return self._look_up(whole[1])
            return _TEMPLATE.sub(lambda found: str(self._look_up(found[1]) or ""), raw)
        if isinstance(raw, Mapping):
            return {key: self.fill(item) for key, item in raw.items()}
        if isinstance(raw, (list, tuple)):
            return [self.fill(item) for item in raw]
        return raw

    def _look_up(self, name: str) -> Any:
        if name == "id":
            return self.id
        if name in ("region", "account"):
            return getattr(self, name)
        if name.startswith("data."):
            return jmespath.search(name[5:], self.data)
        return self.get(name)

    def gone(self, error: botocore.exceptions.ClientError) -> bool:
        """Whether the error says that the resource is not there."""
        code = error.response.get("Error", {}).get("Code", "")
        return code in self.missing


def error_code(error: botocore.exceptions.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
