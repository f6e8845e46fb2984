"""The AWS account that a preflight asks: each call gives an answer, or the reason why there is none.

No other module of the package has effects.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

# CloudWatch counts the use of a quota every five minutes; a count that is older than this is not used.
USE_IS_FRESH: Final = timedelta(hours=1)
USE_PERIOD_S: Final = 300
# Services whose quotas are per account and not per region; Service Quotas lists them in one region only.
GLOBAL: Final = ("iam", "s3")


class Unanswered(Exception):
    """The account did not answer. The message is the reason in words; `code` is AWS's error code, "" where it gave none."""

    def __init__(self, reason: str, code: str = "") -> None:
        super().__init__(reason)
        self.code = code


class NoAccount(ValueError):
    """There is no account to ask, because there are no credentials or AWS refuses them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A quota as Service Quotas lists it. `metric` is the CloudWatch metric of its use; None where AWS does not count it."""

    service: str
    code: str
    name: str
    value: float
    adjustable: bool = True
    metric: Mapping[str, Any] | None = field(default=None, hash=False)


class Account:
    """An account. `clients` gives a boto3 client by service in the stack's region, `home` one in the region of `GLOBAL` quotas.

    `local` says that it is the local cloud, which has no owner to compare and simulates no permissions.
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
        """The caller's partition: `aws`, `aws-cn` (China) or `aws-us-gov`."""
        return str(self.caller["Arn"]).split(":")[1]

    def ask(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """The answer of one call. Raises Unanswered."""
        answer: dict[str, Any] = self._answered(service, operation, lambda client: getattr(client, operation)(**params))
        return answer

    def every(self, service: str, operation: str, key: str, *, home: bool = False, **params: Any) -> list[Any]:
        """The items under `key` of all pages of an answer; `home` asks in the home region. Raises Unanswered."""

        def pages(client: Any) -> list[Any]:
            if not client.can_paginate(operation):
                return list(getattr(client, operation)(**params).get(key, ()))
            return [item for page in client.get_paginator(operation).paginate(**params) for item in page.get(key, ())]

        found: list[Any] = self._answered(service, operation, pages, self._home if home else None)
        return found

    def found(self, service: str, operation: str, free: tuple[str, ...], **params: Any) -> dict[str, Any] | None:
        """The answer of one call; None for an error whose code is in `free`, which means no such thing. Raises Unanswered."""
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
        """The quota with this code or, where no quota has it, this name; None where AWS lists none. Raises Unanswered.

        A quota that was never applied to the account is listed among AWS's defaults only, so those are asked second.
        """
        for operation in ("list_service_quotas", "list_aws_default_service_quotas"):
            known = self._listed(service, operation)
            if found := known.get(code) or known.get(name):
                return found
        return None

    def used(self, quota: Quota) -> float | None:
        """How much of a quota is in use by CloudWatch's last count; None where CloudWatch has none. Raises Unanswered."""
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
            EndTime=now + timedelta(seconds=USE_PERIOD_S),  # includes the period that has not ended yet
            Period=USE_PERIOD_S,
            Statistics=[statistic],
        )["Datapoints"]
        return float(max(points, key=lambda point: point["Timestamp"])[statistic]) if points else None

    def _listed(self, service: str, operation: str) -> dict[str, Quota]:
        """A service's quotas by code and by name. An answer is cached, and so is a refusal."""
        with self._lock:
            if (service, operation) not in self._quotas:
                try:
                    items = self.every("service-quotas", operation, "Quotas", home=service in GLOBAL, ServiceCode=service)
                    quotas = [_quota(service, item) for item in items if isinstance(item.get("Value"), int | float)]
                    self._quotas[service, operation] = {key: quota for quota in quotas for key in (quota.code, quota.name)}
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
    """AWS's code and message on one line, without boto3's sentence about the call."""
    response = getattr(error, "response", None)
    fault = (response or {}).get("Error", {})
    text = f"{fault.get('Code', '')}: {fault.get('Message', '')}".strip(": ") if fault else str(error)
    return " ".join(text.split())[:300]
