"""The gate in front of the emulated AWS: what AWS refuses by its models and its documented limits never reaches what answers.

A request that is parsed stays in `environ[aws_protocol.CALL]`, so nothing behind the gate parses it again.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any, Final

from moto.core.exceptions import ServiceException
from werkzeug.wrappers import Request

from localcloud.kernel import aws_protocol, refusal_forms
from localcloud.kernel.constraints import WrongType, violations
from localcloud.kernel.documented import Refusals, obey_limits
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.kernel.store import Store
from localcloud.kernel.tag_limits import obey_tags

# Services that sign with a name that is not boto3's. Two of one name are told apart by the operation and the API's version.
_SIGNED: Final[Mapping[str, tuple[str, ...]]] = {
    "aps": ("amp",),
    "elasticfilesystem": ("efs",),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "monitoring": ("cloudwatch",),
    "servicequotas": ("service-quotas",),
    "ses": ("ses", "sesv2"),
    "states": ("stepfunctions",),
    "sso": ("sso-admin",),
    "tagging": ("resourcegroupstaggingapi",),
}


class Gate:
    """WSGI middleware: refuses what AWS refuses, hands everything else to `app`."""

    def __init__(self, app: Callable[..., Iterable[bytes]], store: Store, refusals: Refusals) -> None:
        self.app, self.store, self.refusals = app, store, refusals

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        signed_as, region = aws_protocol.signed_for(environ)
        asked = _asked(environ, signed_as) if signed_as else None
        if asked is None:
            return self.app(environ, start_response)
        service, operation, request, body, url_params = asked
        try:
            if aws_protocol.protocol_of(service) == "json":
                # As it is written, names and all: cheaper than to parse what is only looked at.
                self.judge(ApiCall(service, operation, region, _written(service, body), self.store))
            else:
                params = _parsed(service, operation, request, body, url_params)
                environ[aws_protocol.CALL] = call = ApiCall(service, operation, region, params, self.store)
                self.judge(call)
        except ServiceException as error:
            return aws_protocol.written(service, operation, error)(environ, start_response)
        return self.app(environ, start_response)

    def judge(self, call: ApiCall) -> None:
        """Raises the Refusal of a call that AWS refuses by its model, by a limit or by a relation of its values."""
        obey(call.service, call.operation, call.params)
        related = self.refusals.get((call.service, call.operation), ())
        if related:
            call = replace(call, params=_without_nulls(call.params))
        for refuse in related:
            refuse(call)


def obey(service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Raises the Refusal of parameters that break the operation's model, AWS's rules for tags or a documented limit."""
    obey_model(service, operation, params)
    obey_tags(service, operation, params, refusal_forms.form(service, aws_protocol.protocol_of(service)).code)
    obey_limits(service, operation, params)


def obey_model(service: str, operation: str, params: Mapping[str, Any]) -> None:
    """Raises the Refusal of parameters that break the operation's own model."""
    form = refusal_forms.form(service, aws_protocol.protocol_of(service))
    try:
        found = violations(service, operation, aws_protocol.input_of(service, operation), params)
    except WrongType as error:
        raise Refusal(form.wrong, str(error)) from None
    if found:
        raise refusal_forms.refusal(form, found)


def _asked(environ: dict[str, Any], signed_as: str) -> tuple[str, str, Request, bytes, dict[str, str]] | None:
    """(service, operation, request, body, parameters of the path); None for what has no model, and for bodies that are data."""
    if signed_as == "s3" and _is_data(environ):
        return None
    request = Request(environ)
    body = b""
    for service in _services(signed_as):
        if not body:
            body = request.get_data(cache=True)
            environ["wsgi.input"] = io.BytesIO(body)
        found = aws_protocol.operation_of(service, request, environ, body)
        if found and aws_protocol.is_document(service, found[0]):
            return service, found[0], request, body, found[1]
    return None


def _is_data(environ: Mapping[str, Any]) -> bool:
    """Whether a request to S3 carries or reads an object, or a part of one: its body may be large, and its model says little."""
    query = environ.get("QUERY_STRING", "")
    within = environ.get("PATH_INFO", "").strip("/").count("/") > 0
    return within and (not query or query in ("x-id=PutObject", "x-id=GetObject") or "partNumber=" in query)


def _written(service: str, body: bytes) -> dict[str, Any]:
    """The parameters of a request in JSON; a body that is no object is refused in the service's form."""
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Refusal(refusal_forms.form(service, "json").wrong, "The request body is no JSON object")
    return found


def _without_nulls(value: Any) -> Any:
    """A value without the members that are null, which AWS takes for absent ones."""
    if isinstance(value, Mapping):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_without_nulls(item) for item in value if item is not None]
    return value


def _parsed(service: str, operation: str, request: Request, body: bytes, url_params: Mapping[str, str]) -> dict[str, Any]:
    """The parameters; a body that AWS could not read is refused in the service's form."""
    try:
        return aws_protocol.parsed(service, operation, request, body, url_params)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        form = refusal_forms.form(service, aws_protocol.protocol_of(service))
        raise Refusal(form.wrong, f"The request could not be read: {error}") from None


@cache
def _services(signed_as: str) -> tuple[str, ...]:
    """boto3's names of the services that sign so; empty for one that has no model."""
    names = _SIGNED.get(signed_as, (signed_as,))
    return tuple(name for name in names if aws_protocol.known(name))
