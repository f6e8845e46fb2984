"""An account to ask: the local cloud in this process, with Service Quotas and reservations that a test plants by boto3."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tools.localcloud.golden_report import new_engine
from tests.tools.preflight.make import REGION
from tools.preflight.account import Account

Clients = Callable[[str], Any]


@pytest.fixture
def aws() -> Clients:
    """boto3 clients of a cloud with nothing in it."""
    engine = new_engine()
    return lambda service: engine.clients(service, REGION)


@pytest.fixture
def account(aws: Clients) -> Account:
    return Account(aws, region=REGION)


@pytest.fixture
def grant(aws: Clients) -> Callable[[str, float], None]:
    """Plants a quota of EC2 or another service: grant("ec2/L-DB2E81BA", 8)."""

    def grant(quota: str, value: float) -> None:
        service, code = quota.split("/")
        aws("service-quotas").request_service_quota_increase(ServiceCode=service, QuotaCode=code, DesiredValue=value)

    return grant
