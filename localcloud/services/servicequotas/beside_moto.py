"""Service Quotas of a new account: moto 5.2.5 knows only some of VPC's. More is granted at once, and nothing enforces them.

EC2's and the rest are AWS's defaults for a new account. SageMaker has a quota for each instance type and use, and what an account
gets of them differs: here 4 of each, 0 of those with accelerators; their codes are made of their names.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from hashlib import sha256
from typing import Any, Final

from catalog.instances import instance_facts
from catalog.limits import NODES_A_GROUP
from localcloud.kernel.account import ACCOUNT
from localcloud.kernel.recorded import Addition, ApiCall, Refusal

# (service, code, name, value)
DEFAULTS: Final = (
    ("ec2", "L-1216C47A", "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 5),
    ("ec2", "L-DB2E81BA", "Running On-Demand G and VT instances", 0),
    ("ec2", "L-417A185B", "Running On-Demand P instances", 0),
    ("ec2", "L-1945791B", "Running On-Demand Inf instances", 0),
    ("ec2", "L-2C3B7624", "Running On-Demand Trn instances", 0),
    ("ec2", "L-6E869C2A", "Running On-Demand DL instances", 0),
    ("ec2", "L-F7808C92", "Running On-Demand HPC instances", 0),
    ("ec2", "L-74FC7D96", "Running On-Demand F instances", 0),
    ("ec2", "L-7295265B", "Running On-Demand X instances", 0),
    ("ec2", "L-43DA4232", "Running On-Demand High Memory instances", 0),
    ("ec2", "L-34B43A08", "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 5),
    ("ec2", "L-3819A6DF", "All G and VT Spot Instance Requests", 0),
    ("ec2", "L-7212CCBC", "All P4, P3 and P2 Spot Instance Requests", 0),
    ("ec2", "L-C4BD4855", "All P5 Spot Instance Requests", 0),
    ("ec2", "L-B5D1601B", "All Inf Spot Instance Requests", 0),
    ("ec2", "L-6B0D517C", "All Trn Spot Instance Requests", 0),
    ("ec2", "L-85EED4F7", "All DL Spot Instance Requests", 0),
    ("ec2", "L-88CF9481", "All F Spot Instance Requests", 0),
    ("ec2", "L-E3A00192", "All X Spot Instance Requests", 0),
    ("ec2", "L-0263D0A3", "EC2-VPC Elastic IPs", 5),
    ("vpc", "L-F678F1CE", "VPCs per Region", 5),
    ("vpc", "L-A4707A72", "Internet gateways per Region", 5),
    ("vpc", "L-FE5A380F", "NAT gateways per Availability Zone", 5),
    ("vpc", "L-29B6F2EB", "Interface VPC endpoints per VPC", 50),
    ("vpc", "L-1B52E74A", "Gateway VPC endpoints per Region", 20),
    ("vpc", "L-407747CB", "Subnets per VPC", 200),
    ("vpc", "L-589F43AA", "Route tables per VPC", 200),
    ("vpc", "L-E79EC296", "VPC security groups per Region", 2500),
    ("vpc", "L-0EA8095F", "Inbound or outbound rules per security group", 60),
    ("eks", "L-1194D53C", "Clusters", 100),
    ("eks", "L-6D54EA21", "Managed node groups per cluster", 30),
    ("eks", "L-BD136A63", "Nodes per managed node group", NODES_A_GROUP),
    ("s3", "L-DC2B2D3D", "Buckets", 10000),
    ("iam", "L-FE177D64", "Roles per account", 1000),
    ("iam", "L-E95E4862", "Customer managed policies per account", 1500),
    ("kms", "L-C2F1777E", "Customer Master Keys (CMKs)", 100000),
    ("ecr", "L-CFEB8E8D", "Registered repositories", 100000),
)
USES: Final = ("training job usage", "spot training job usage", "endpoint usage", "notebook instance usage")
# The families that SageMaker has, near enough.
FAMILIES: Final = re.compile(r"(c[4-7]|m[4-7]|r[5-7]|t[23]|g4dn|g5|g6e?|p[2-6]|inf|trn)[a-z\d-]*\.\d*x?large")
OF_A_CPU_TYPE: Final = 4
PAGE: Final = 100


@cache
def _defaults() -> dict[str, dict[str, dict[str, Any]]]:
    """Service -> code -> quota."""
    from moto.ec2.models.instance_types import INSTANCE_TYPES

    rows: list[tuple[str, str, str, int]] = [*DEFAULTS]
    for type_ in sorted(filter(FAMILIES.fullmatch, INSTANCE_TYPES)):
        for use in USES:
            name = f"ml.{type_} for {use}"
            code = f"L-{sha256(name.encode()).hexdigest()[:8].upper()}"
            rows.append(("sagemaker", code, name, 0 if instance_facts(type_).accelerators else OF_A_CPU_TYPE))
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for service, code, name, value in rows:
        found.setdefault(service, {})[code] = {
            "ServiceCode": service,
            "ServiceName": service,
            "QuotaCode": code,
            "QuotaName": name,
            "Value": float(value),
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": service in ("iam", "s3"),
        }
    return found


def _of(call: ApiCall) -> Mapping[str, dict[str, Any]]:
    found = _defaults().get(call.params["ServiceCode"])
    if found is None:
        raise Refusal("NoSuchResourceException", "The request failed because the specified service does not exist.")
    return found


def _one(call: ApiCall) -> dict[str, Any]:
    found = _of(call).get(call.params["QuotaCode"])
    if found is None:
        raise Refusal("NoSuchResourceException", "The request failed because the specified quota does not exist.")
    return found


def _applied(call: ApiCall, quota: dict[str, Any]) -> dict[str, Any]:
    """The quota as this account and region has it."""
    granted = call.store.of("service-quotas", "granted", call.region)
    arn = f"arn:aws:servicequotas:{call.region}:{ACCOUNT}:{quota['ServiceCode']}/{quota['QuotaCode']}"
    return {**quota, "QuotaArn": arn, **granted.get((quota["ServiceCode"], quota["QuotaCode"]), {})}


def _page(call: ApiCall, quotas: list[dict[str, Any]]) -> Mapping[str, Any]:
    first = int(call.params.get("NextToken") or 0)
    last = first + min(PAGE, int(call.params.get("MaxResults") or PAGE))
    more = {"NextToken": str(last)} if last < len(quotas) else {}
    return {"Quotas": quotas[first:last], **more}


def _list(call: ApiCall) -> Mapping[str, Any]:
    return _page(call, [_applied(call, quota) for quota in _of(call).values()])


def _list_defaults(call: ApiCall) -> Mapping[str, Any]:
    return _page(call, list(_of(call).values()))


def _get(call: ApiCall) -> Mapping[str, Any]:
    return {"Quota": _applied(call, _one(call))}


def _get_default(call: ApiCall) -> Mapping[str, Any]:
    return {"Quota": _one(call)}


def _increase(call: ApiCall) -> Mapping[str, Any]:
    """Grants the increase at once. As on AWS, a value that is not higher than the quota is refused."""
    quota, wanted = _applied(call, _one(call)), float(call.params["DesiredValue"])
    if wanted <= quota["Value"]:
        raise Refusal(
            "IllegalArgumentException", "You must provide a quota value greater than or equal to the current quota value."
        )
    key = (quota["ServiceCode"], quota["QuotaCode"])
    call.store.of("service-quotas", "granted", call.region)[key] = {"Value": wanted}
    named = {name: quota[name] for name in ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName", "QuotaArn", "GlobalQuota")}
    return {"RequestedQuota": {"Id": call.new_id(digits=32), "DesiredValue": wanted, "Status": "APPROVED", **named}}


ADDITION = Addition(
    service="service-quotas",
    signed_as="servicequotas",
    extras={
        "ListServiceQuotas": _list,
        "ListAWSDefaultServiceQuotas": _list_defaults,
        "GetServiceQuota": _get,
        "GetAWSDefaultServiceQuota": _get_default,
        "RequestServiceQuotaIncrease": _increase,
    },
)
