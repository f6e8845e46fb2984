"""Service Quotas of the local cloud: those of a new account, more on request."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest

from localcloud.services.servicequotas.beside_moto import DEFAULTS
from tests.localcloud.golden_report import new_engine

G = {"ServiceCode": "ec2", "QuotaCode": "L-DB2E81BA"}


@pytest.fixture
def quotas() -> Any:
    return new_engine().clients("service-quotas", "us-east-1")


def every(client: Any, operation: str, **params: Any) -> dict[str, float]:
    pages = client.get_paginator(operation).paginate(**params)
    return {item["QuotaCode"]: item["Value"] for page in pages for item in page["Quotas"]}


def test_a_new_account_has_awss_defaults(quotas: Any) -> None:
    for service in {row[0] for row in DEFAULTS}:
        wanted = {code: float(value) for owner, code, _, value in DEFAULTS if owner == service}
        assert every(quotas, "list_service_quotas", ServiceCode=service) == wanted
    assert quotas.get_service_quota(**G)["Quota"]["QuotaName"] == "Running On-Demand G and VT instances"


def test_more_is_granted_at_once_in_its_region_and_the_default_stays(quotas: Any) -> None:
    asked = quotas.request_service_quota_increase(**G, DesiredValue=8)["RequestedQuota"]
    assert (asked["Status"], asked["DesiredValue"]) == ("APPROVED", 8.0)
    assert quotas.get_service_quota(**G)["Quota"]["Value"] == 8
    assert every(quotas, "list_service_quotas", ServiceCode="ec2")["L-DB2E81BA"] == 8
    assert quotas.get_aws_default_service_quota(**G)["Quota"]["Value"] == 0
    assert every(quotas, "list_aws_default_service_quotas", ServiceCode="ec2")["L-DB2E81BA"] == 0


def test_regions_are_apart_and_a_reset_takes_back_what_was_granted() -> None:
    engine = new_engine()
    engine.clients("service-quotas", "us-east-1").request_service_quota_increase(**G, DesiredValue=8)
    assert engine.clients("service-quotas", "eu-west-1").get_service_quota(**G)["Quota"]["Value"] == 0
    assert new_engine().clients("service-quotas", "us-east-1").get_service_quota(**G)["Quota"]["Value"] == 0


def test_sagemaker_has_one_for_each_type_and_use_over_many_pages(quotas: Any) -> None:
    pages = list(quotas.get_paginator("list_service_quotas").paginate(ServiceCode="sagemaker"))
    told = {item["QuotaName"]: item["Value"] for page in pages for item in page["Quotas"]}
    assert len(pages) > 3
    assert (told["ml.m5.xlarge for endpoint usage"], told["ml.p4d.24xlarge for spot training job usage"]) == (4, 0)
    codes = [item["QuotaCode"] for page in pages for item in page["Quotas"]]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(
    ("operation", "asked", "code"),
    [
        ("get_service_quota", {"ServiceCode": "ec2", "QuotaCode": "L-0"}, "NoSuchResourceException"),
        ("list_service_quotas", {"ServiceCode": "nothing"}, "NoSuchResourceException"),
        ("request_service_quota_increase", {**G, "DesiredValue": 0.0}, "IllegalArgumentException"),
    ],
)
def test_what_is_not_there_or_no_increase_is_refused_in_aws_s_words(
    quotas: Any, operation: str, asked: dict[str, Any], code: str
) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        getattr(quotas, operation)(**asked)
    assert refused.value.response["Error"]["Code"] == code
