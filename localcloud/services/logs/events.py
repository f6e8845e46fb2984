"""FilterLogEvents whole: moto ignores the prefix of streams and most patterns, and gives events stream by stream."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import ApiCall, Refusal
from localcloud.services.logs.filter_patterns import matcher

_MOST: Final = 10_000


def filter_log_events(call: ApiCall) -> Mapping[str, Any]:
    """The events of a group that pass, in the order of their times, over all its streams or those that are named."""
    asked = call.params
    group = _group(call)
    named, prefix = asked.get("logStreamNames"), asked.get("logStreamNamePrefix")
    if named and prefix:
        raise Refusal("InvalidParameterException", "Only one of LogStreamNamePrefix and LogStreamNames can be specified.")
    for name in named or ():
        if name not in group.streams:
            raise Refusal("ResourceNotFoundException", "The specified log stream does not exist.")
    matches = matcher(asked.get("filterPattern") or "")
    begin, end = asked.get("startTime") or 0, asked.get("endTime")
    events = [
        {**event.to_filter_dict(), "logStreamName": name}
        for name, stream in group.streams.items()
        if (not named or name in named) and name.startswith(prefix or "")
        for event in stream.events
        if event.timestamp >= begin and (end is None or event.timestamp <= end) and matches(event.message)
    ]
    events.sort(key=lambda event: (event["timestamp"], event["ingestionTime"]))
    first = _place(asked["nextToken"]) if asked.get("nextToken") else 0
    last = first + int(asked.get("limit") or _MOST)
    following = {"nextToken": base64.urlsafe_b64encode(f"events:{last}".encode()).decode()} if last < len(events) else {}
    return {"events": events[first:last], "searchedLogStreams": [], **following}


def _group(call: ApiCall) -> Any:
    from moto.logs.models import logs_backends

    asked = call.params
    name = asked.get("logGroupName") or str(asked.get("logGroupIdentifier") or "").partition(":log-group:")[2].removesuffix(":*")
    name = name or str(asked.get("logGroupIdentifier") or "")
    group = logs_backends[ACCOUNT][call.region].groups.get(name)
    if group is None:
        raise Refusal("ResourceNotFoundException", "The specified log group does not exist.")
    return group


def _place(token: str) -> int:
    try:
        kind, place = base64.urlsafe_b64decode(token.encode()).decode().split(":")
        if kind == "events":
            return int(place)
    except (binascii.Error, ValueError):
        pass
    raise Refusal("InvalidParameterException", "The specified nextToken is invalid.")
