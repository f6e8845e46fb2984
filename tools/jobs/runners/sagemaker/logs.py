"""What a job's hosts wrote, out of CloudWatch Logs: new lines as they come, and how the log ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from catalog.jobs import LOG_GROUP
from tools.jobs.clients import Clients
from tools.jobs.runner import HostLog, LogLine, LogTail

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html: a page's most.
PAGE: Final = 10_000
# Pages of one stream that one look reads at most: a chatty job must not keep its follower from seeing that it ended.
PAGES: Final = 20
# Hosts whose last lines an error message shows: those of a large job fail alike.
TAIL_HOSTS: Final = 4


class CloudWatchLog:
    """A cursor over all streams of one run. Between hosts the order is by time within one look."""

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients, self._name = clients, name
        self._tokens: dict[str, str] = {}

    def lines(self) -> list[str]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            events = [event for stream in self._streams() for event in self._new(stream)]
        except (BotoCoreError, ClientError):
            return []  # not there yet, or not for this principal to read; the job's status tells what matters
        return [event["message"].rstrip() for event in sorted(events, key=lambda event: event["timestamp"])]

    def _streams(self) -> list[str]:
        pages = self._clients.logs.get_paginator("describe_log_streams").paginate(
            logGroupName=LOG_GROUP, logStreamNamePrefix=f"{self._name}/"
        )
        return [stream["logStreamName"] for page in pages for stream in page["logStreams"]]

    def _new(self, stream: str) -> Iterator[dict[str, Any]]:
        for _ in range(PAGES):
            token = self._tokens.get(stream)
            more = {"nextToken": token} if token else {}
            answer = self._clients.logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=stream, startFromHead=True, limit=PAGE, **more
            )
            self._tokens[stream] = answer["nextForwardToken"]
            yield from answer["events"]
            if answer["nextForwardToken"] == token or (self._clients.local and len(answer["events"]) < PAGE):
                return


def tail_of(clients: Clients, name: str, *, lines: int) -> LogTail:
    """The last lines of each of the first hosts of a run; why not, where they cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        streams = clients.logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/", limit=TAIL_HOSTS)[
            "logStreams"
        ]
        return LogTail(place=LOG_GROUP, hosts=tuple(_host(clients, stream["logStreamName"], lines) for stream in streams))
    except (BotoCoreError, ClientError) as error:
        return LogTail(place=LOG_GROUP, problem=str(error))


def _host(clients: Clients, stream: str, lines: int) -> HostLog:
    events = clients.logs.get_log_events(logGroupName=LOG_GROUP, logStreamName=stream, limit=lines, startFromHead=False)["events"]
    said = tuple(LogLine(at=event["timestamp"], text=event["message"].rstrip()) for event in events[-lines:])
    return HostLog(source=f"{LOG_GROUP} {stream}", lines=said)
