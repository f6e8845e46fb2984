"""What a job's hosts wrote, out of CloudWatch Logs: new lines as they come, and the curve of a metric at any time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from tools.jobs.clients import Clients
from tools.jobs.lines import values_of

LOG_GROUP: Final = "/aws/sagemaker/TrainingJobs"
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html: a page's most.
PAGE: Final = 10_000
# Pages of one stream that one look reads at most: a chatty job must not keep its follower from seeing that it ended.
PAGES: Final = 20


class Log:
    """A cursor over all streams of one job. Between hosts the order is by time within one look."""

    def __init__(self, clients: Clients, name: str) -> None:
        self._clients, self._name = clients, name
        self._tokens: dict[str, str] = {}

    def lines(self) -> list[str]:
        """The new lines since the last call, of all hosts. None where the group or the streams are not there (yet)."""
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


def series(clients: Clients, name: str, metrics: tuple[str, ...] = ("train_loss",)) -> list[tuple[int, float]]:
    """(step, value) over a job's whole log, by step: of the first of `metrics` that a line has."""
    return points(Log(clients, name).lines(), metrics)


def points(lines: list[str], metrics: tuple[str, ...] = ("train_loss",)) -> list[tuple[int, float]]:
    """The same out of lines. A resumed job writes some steps twice: what it wrote last counts."""
    found: dict[int, float] = {}
    for line in lines:
        values = values_of(line)
        value = next((values[metric] for metric in metrics if metric in values), None)
        if value is not None and "step" in values:
            found[int(values["step"])] = value
    return sorted(found.items())


def tail(clients: Clients, name: str, count: int = 20) -> list[str]:
    """The last lines of a job, of all hosts together, by time; none where they cannot be read."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        streams = clients.logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=f"{name}/")["logStreams"]
        events = [
            event
            for stream in streams
            for event in clients.logs.get_log_events(
                logGroupName=LOG_GROUP, logStreamName=stream["logStreamName"], limit=count, startFromHead=False
            )["events"]
        ]
    except (BotoCoreError, ClientError):
        return []
    return [event["message"].rstrip() for event in sorted(events, key=lambda event: event["timestamp"])][-count:]
