"""What AWS would refuse of a declared resource, found before anything is made: the same tables that the gate judges requests by.

Only what is known is judged. An absent member may come from a value that only `up` knows, so absence is never a fault here.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from localcloud.kernel import aws_protocol, refusal_forms
from localcloud.kernel.constraints import Violation, WrongType, violations
from localcloud.kernel.context import Call, Context
from localcloud.kernel.documented import Refusals, broken_by, obey_limits
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.kernel.spec import Resource
from localcloud.kernel.store import Store
from localcloud.kernel.tag_limits import obey_tags

_NOTHING = Store()


def refused(
    row: Resource, context: Context, refusals: Refusals, *, whole: bool, tags: Mapping[str, str] | None
) -> list[tuple[str, str]]:
    """(property, `CODE: words`) of each thing that AWS would refuse of the properties of `context`.

    `whole`: every property is known, so relations between them can be judged too.
    """
    found = broken_by(row.type, context.props)
    for rule in row.foreseen if not found else ():
        if (whole or all(prop in context.props for prop in rule.props)) and (message := rule.says(context.props)):
            found.append((rule.props[0], message))
    if found:
        return found
    for service, operation, params in _requests(row, context):
        try:
            _judge(service, operation, params, tags)
            for refuse in refusals.get((service, operation), ()) if whole else ():
                refuse(ApiCall(service, operation, context.region, params, _NOTHING))
        except Refusal as error:
            return [(_property(context, params, error), f"{error.code}: {error.message}")]
    return []


def steps_refused(row: Resource, olds: Mapping[str, Any], news: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(property, words) of each change that AWS does not take from the old value."""
    found = []
    for name, says in row.steps.items():
        old, new = olds.get(name), news.get(name)
        if isinstance(old, str) and isinstance(new, str) and (message := says(old, new)):
            found.append((name, message))
    return found


def _requests(row: Resource, context: Context) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(service, operation, known parameters) of the calls that make the resource, where the row names them."""
    calls = [row.create, *(update.do for update in row.updates if update.after_create and set(update.on) & context.props.keys())]
    for call in calls:
        if not isinstance(call, Call):
            continue
        try:
            # Only what the program itself says: a parameter that the row computes may need what is not made yet.
            params = context.parameters(dataclasses.replace(call, params={}))
            client = context.client(call.service)
            yield call.service or context.service, client.meta.method_to_api_mapping[call.op], params
        except (ValueError, TypeError, KeyError, AttributeError, IndexError):
            continue  # a value of a wrong kind has been named already, or is named when the call is made


def _judge(service: str, operation: str, params: Mapping[str, Any], tags: Mapping[str, str] | None) -> None:
    form = refusal_forms.form(service, aws_protocol.protocol_of(service))
    try:
        found = [
            each for each in violations(service, operation, aws_protocol.input_of(service, operation), params) if _is_known(each)
        ]
    except WrongType:
        found = []
    if found:
        raise refusal_forms.refusal(form, found)
    obey_limits(service, operation, params)
    if tags:
        obey_tags(service, operation, {"tags": dict(tags)}, form.code)


def _is_known(violation: Violation) -> bool:
    """Whether a violation is of a value that is there: an empty text may be a value that is not known yet."""
    return violation.kind != "null" and violation.value not in ("", None)


def _property(context: Context, params: Mapping[str, Any], error: Refusal) -> str:
    """The property that the words are about, by the member that they name; the first one that was given otherwise."""
    words = str(error.message).lower()
    named = [name for name in context.props if f"'{context.rename.get(name, name)}'".lower() in words]
    return named[0] if named else next(iter(context.props), "")
