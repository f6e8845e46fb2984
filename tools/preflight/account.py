"""The account as it is asked: an answer, or the reason why there is none. The only module here with effects."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

# Use is counted by CloudWatch every five minutes; what is older than this says nothing of now.
USE_IS_FRESH: Final = timedelta(hours=1)
USE_PERIOD_S: Final = 300
# Services whose quotas are per account and not per region; Service Quotas lists them in one region only.
GLOBAL: Final = ("iam", "s3")


class Unanswered(Exception):
    """The account did not answer. The message is the reason, in words for a reader; `code` AWS's own, where it gave one."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class NoAccount(ValueError):
    """There is no account to ask: no credentials, or none that AWS takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A quota as Service Quotas lists it. `metric` is where CloudWatch counts its use; None where its use is not counted."""

    service: str
    code: str
    name: str
    value: float
    adjustable: bool = True
    metric: Mapping[str, Any] | None = field(default=None, hash=False)


class Account:
    """`clients` gives a boto3 client by service, in the stack's region; `home` in the region that lists the quotas of `GLOBAL`.

    `local` is the local cloud: it has no owner to compare and judges nobody's permissions.
    """

    def __init__(
        self,
        clients: Callable[[str], Any],
        *,
        region: str,
        home: Callable[[str], Any] | None = None,
        local: bool = False,
    ) -> None:
        self.region, self.local = region, local
        self._clients, self._home = clients, home or clients
        self._quotas: dict[tuple[str, str], dict[str, Quota] | Unanswered] = {}
        self._lock = threading.Lock()
        self._caller: Mapping[str, str] | None = None

    @property
    def caller(self) -> Mapping[str, str]:
        """Account and Arn of the caller. Raises NoAccount with the way out."""
        from botocore.exceptions import BotoCoreError, ClientError

        if self._caller is None:
            try:
                self._caller = self._clients("sts").get_caller_identity()
            except (BotoCoreError, ClientError) as error:
                raise NoAccount(
                    f"no account can be asked: {_words(error)}; log in or set AWS_PROFILE until `aws sts get-caller-identity` "
                    "answers, or rehearse with --local, which needs no account"
                ) from error
        return self._caller

    @property
    def partition(self) -> str:
        """`aws`, or that of China or of the US government."""
        return str(self.caller["Arn"]).split(":")[1]

    def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """The answer of one call. Raises Unanswered."""
        answer: dict[str, Any] = self._answered(service, operation, lambda client: getattr(client, operation)(**params))
        return answer

    def every(self, service: str, operation: str, key: str, *, home: bool = False, **params: Any) -> list[Any]:
        """The items of all pages under `key`; with `home` those of the home region. Raises Unanswered."""

        def pages(client: Any) -> list[Any]:
            if not client.can_paginate(operation):
                return list(getattr(client, operation)(**params).get(key, ()))
            return [item for page in client.get_paginator(operation).paginate(**params) for item in page.get(key, ())]

        found: list[Any] = self._answered(service, operation, pages, self._home if home else None)
        return found

    def found(self, service: str, operation: str, free: tuple[str, ...], **params: Any) -> dict[str, Any] | None:
        """The answer, or None where the error's code is one of `free`: there is no such thing. Raises Unanswered."""
        from botocore.exceptions import ClientError

        def call(client: Any) -> dict[str, Any] | None:
            try:
                answer: dict[str, Any] = getattr(client, operation)(**params)
                return answer
            except ClientError as error:
                if error.response["Error"]["Code"] in free:
                    return None
                raise

        answer: dict[str, Any] | None = self._answered(service, operation, call)
        return answer

    def quota(self, service: str, code: str, name: str) -> Quota | None:
        """The quota of this code, or of this name where no code is known; None where AWS lists none. Raises Unanswered.

        What was never applied to an account is told by AWS's defaults alone, so these are asked for what the first list lacks.
        """
        for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
            known = self._listed(service, operation)
            if found := known.get(code) or known.get(name):
                return found
        return None

    def used(self, quota: Quota) -> float | None:
        """How much of a quota is in use, as CloudWatch last counted; None where it is not counted. Raises Unanswered."""
        metric = quota.metric
        if not metric or not metric.get("MetricName"):
            return None
        statistic = metric.get("MetricStatisticRecommendation") or "Maximum"
        now = datetime.now(UTC)
        points = self.ask(
            "cloudwatch",
            "get_metric_statistics",
            Namespace=metric.get("MetricNamespace", "AWS/Usage"),
            MetricName=metric["MetricName"],
            Dimensions=[{"Name": key, "Value": value} for key, value in (metric.get("MetricDimensions") or {}).items()],
            StartTime=now - USE_IS_FRESH,
            EndTime=now + timedelta(seconds=USE_PERIOD_S),  # the period that runs counts
            Period=USE_PERIOD_S,
            Statistics=[statistic],
        )["Datapoints"]
        return float(max(points, key=lambda point: point["Timestamp"])[statistic]) if points else None

    def _listed(self, service: str, operation: str) -> dict[str, Quota]:
        """A service's quotas by code and by name; asked once, a refusal as well."""
        with self._lock:
            if (service, operation) not in self._quotas:
                try:
                    items = self.every("service-quotas", operation, "Quotas", home=service in GLOBAL, ServiceCode=service)
                    told = [_quota(service, item) for item in items if isinstance(item.get("Value"), int | float)]
                    self._quotas[service, operation] = {key: quota for quota in told for key in (quota.code, quota.name)}
                except Unanswered as error:
                    self._quotas[service, operation] = error
            known = self._quotas[service, operation]
        if isinstance(known, Unanswered):
            raise known
        return known

    def _answered(
        self, service: str, operation: str, call: Callable[[Any], Any], clients: Callable[[str], Any] | None = None
    ) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call((clients or self._clients)(service))
        except (BotoCoreError, ClientError) as error:
            raise Unanswered(f"{service} {operation}: {_words(error)}", _code(error)) from error


def _quota(service: str, item: Mapping[str, Any]) -> Quota:
    return Quota(
        service=service,
        code=item["QuotaCode"],
        name=item["QuotaName"],
        value=float(item["Value"]),
        adjustable=bool(item.get("Adjustable", True)),
        metric=item.get("UsageMetric"),
    )


def _code(error: Exception) -> str:
    return str((getattr(error, "response", None) or {}).get("Error", {}).get("Code", ""))


def _words(error: Exception) -> str:
    """AWS's own words, on one line and without our call around them."""
    response = getattr(error, "response", None)
    told = (response or {}).get("Error", {})
    text = f"{told.get('Code', '')}: {told.get('Message', '')}".strip(": ") if told else str(error)
    return " ".join(text.split())[:300]
