"""An account to ask: the local cloud in this process, in which a test sets quotas and reservations by boto3."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.localcloud.golden_report import new_engine
from tests.tools.preflight.make import REGION
from tools.preflight.account import Account

Clients = Callable[[str], Any]


def empty() -> Clients:
    """boto3 clients of a cloud with nothing in it."""
    engine = new_engine()
    return lambda service: engine.clients(service, REGION)


@pytest.fixture(scope="module")
def shared() -> list[Clients]:
    """One cloud for all tests that only ask, because emptying it takes longer than asking."""
    return [empty()]


@pytest.fixture
def aws(shared: list[Clients]) -> Iterator[Clients]:
    """Clients with which a test changes the account. Afterwards the account is empty again."""
    yield shared[0]
    shared[0] = empty()


@pytest.fixture
def account(shared: list[Clients]) -> Account:
    return Account(lambda service: shared[0](service), region=REGION)


@pytest.fixture
def grant(aws: Clients) -> Callable[[str, float], None]:
    """Sets a quota of the account: grant("ec2/L-DB2E81BA", 8)."""

    def grant(quota: str, value: float) -> None:
        service, code = quota.split("/")
        aws("service-quotas").request_service_quota_increase(ServiceCode=service, QuotaCode=code, DesiredValue=value)

    return grant
