"""Reads AWS Price List files: which of their products are rows of our price table, and what they cost on demand.

Format: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/reading-service-price-list-file-for-services.html
`products` by SKU with `attributes`, `terms.OnDemand` by SKU with `priceDimensions`; each product names its service and region.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# A usage type begins with its region's short name (EUW1-, us-east-1-); in us-east-1 that is often absent.
_REGION: Final = r"(?:[A-Za-z0-9]+-)*?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """Products of one AWS service that are rows of the price table.

    A `dimension` of "" stands for the instance type that `usage` captures.
    """

    code: str
    service: str
    dimension: str
    usage: str
    factor: float = 1.0  # units of the price list in one unit of our table
    attributes: Mapping[str, str] = field(default_factory=dict)

    def holds(self, service: str, dimension: str) -> bool:
        """Whether a row of the price table belongs to this offer."""
        return self.service == service and (self.dimension == dimension or (not self.dimension and "." in dimension))


def _rows(code: str, service: str, *rows: tuple[str, str, float]) -> tuple[Offer, ...]:
    return tuple(Offer(code=code, service=service, dimension=name, usage=usage, factor=factor) for name, usage, factor in rows)


OFFERS: Final = (
    Offer(
        code="AmazonEC2",
        service="ec2",
        dimension="",
        usage=r"BoxUsage:([a-z0-9-]+\.[a-z0-9-]+)",
        attributes={"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "capacitystatus": "Used"},
    ),
    Offer(code="AmazonSageMaker", service="sagemaker", dimension="", usage=r"(?:Host|Train):(ml\.[a-z0-9-]+\.[a-z0-9-]+)"),
    *_rows(
        "AmazonEC2",
        "ebs",
        ("gp2", r"EBS:VolumeUsage\.gp2", 1),
        ("gp3", r"EBS:VolumeUsage\.gp3", 1),
        ("io1", r"EBS:VolumeUsage\.piops", 1),
        ("io2", r"EBS:VolumeUsage\.io2", 1),
        ("st1", r"EBS:VolumeUsage\.st1", 1),
        ("sc1", r"EBS:VolumeUsage\.sc1", 1),
        ("snapshot", r"EBS:SnapshotUsage", 1),
    ),
    *_rows("AmazonEC2", "nat-gateway", ("gateway", "NatGateway-Hours", 1), ("data", "NatGateway-Bytes", 1)),
    *_rows("AmazonVPC", "vpc-endpoint", ("interface", "VpcEndpoint-Hours", 1), ("data", "VpcEndpoint-Bytes", 1)),
    *_rows("AmazonVPC", "public-ipv4", ("address", "PublicIPv4:InUseAddress", 1)),
    *_rows("AmazonEKS", "eks", ("cluster", "AmazonEKS-Hours:perCluster", 1)),
    *_rows("AmazonECR", "ecr", ("storage", "TimedStorage-ByteHrs", 1)),
    *_rows(
        "AmazonS3",
        "s3",
        ("standard", "TimedStorage-ByteHrs", 1),
        ("put", "Requests-Tier1", 1000),
        ("get", "Requests-Tier2", 1000),
    ),
    *_rows("awskms", "kms", ("key", "KMS-Keys", 1), ("requests", "KMS-Requests", 10_000)),
    *_rows(
        "AWSSecretsManager",
        "secretsmanager",
        ("secret", "AWSSecretsManager-Secrets", 1),
        ("calls", "AWSSecretsManagerAPIRequest", 10_000),
    ),
    *_rows("AmazonCloudWatch", "logs", ("ingest", "DataProcessing-Bytes", 1), ("storage", "TimedStorage-ByteHrs", 1)),
    *_rows("AmazonCloudWatch", "cloudwatch", ("alarm", "CW:AlarmMonitorUsage", 1)),
    *_rows(
        "AmazonDynamoDB",
        "dynamodb",
        ("write", "WriteRequestUnits", 1e6),
        ("read", "ReadRequestUnits", 1e6),
        ("storage", "TimedStorage-ByteHrs", 1),
    ),
    *_rows("AWSLambda", "lambda", ("requests", "Request", 1e6), ("gb-second", "Lambda-GB-Second", 1)),
    *_rows("AmazonStates", "stepfunctions", ("transitions", "StateTransition", 1000)),
    *_rows("AmazonKinesis", "kinesis", ("shard", "Storage-ShardHour", 1)),
    *_rows("AWSGlue", "glue", ("job", "ETL-DPU-Hour", 1), ("crawler", "Crawler-DPU-Hour", 1)),
    *_rows("AWSQueueService", "sqs", ("standard", "Requests-RBP", 1e6)),
)
CODES: Final = tuple(sorted({offer.code for offer in OFFERS}))
_BY_CODE: Final = {code: [(re.compile(_REGION + offer.usage), offer) for offer in OFFERS if offer.code == code] for code in CODES}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceList:
    """The prices of one file: USD by (service, dimension, region) of our table, and the day of its publication."""

    code: str
    published: str
    regions: frozenset[str]
    usd: Mapping[tuple[str, str, str], float]


def read(text: str, where: str) -> PriceList:
    """Reads the text of a price list file. Raises ValueError that names `where` and what is wrong with it.

    EC2's file has some 450 MB, so products and terms are reduced to what we need while the JSON is parsed.
    """
    try:
        document: Any = json.loads(text, object_hook=_reduced)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: not JSON ({error}); give index.json files of the AWS Price List") from error
    if not isinstance(document, dict) or not {"offerCode", "publicationDate", "products", "terms"} <= document.keys():
        raise ValueError(f"{where}: no price list; expected offerCode, publicationDate, products and terms, as in index.json")
    usd: dict[tuple[str, str, str], float] = {}
    regions = set()
    terms = document["terms"].get("OnDemand", {})
    for sku, product in document["products"].items():
        if not isinstance(product, _Product):
            continue
        regions.add(product.region)
        prices = [price for price in (terms.get(sku) or {}).values() if price is not None]
        if product.offer and prices:
            # Several products (hosting and training) may share one row of the table, which takes the highest price.
            key = (product.offer.service, product.dimension, product.region)
            usd[key] = max(usd.get(key, 0.0), round(min(prices) * product.offer.factor, 10))
    return PriceList(
        code=document["offerCode"], published=document["publicationDate"][:10], regions=frozenset(regions - {""}), usd=usd
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Product:
    region: str
    dimension: str
    offer: Offer | None


def _reduced(item: dict[str, Any]) -> Any:
    """Reduces a product to a `_Product` and a term to its price (None for free terms and commitments); other objects stay."""
    if "priceDimensions" in item:
        return None if item.get("termAttributes") else _first_paid(item["priceDimensions"])
    if "sku" in item and "attributes" in item:
        return _product(item["attributes"])
    return item


def _first_paid(dimensions: Mapping[str, Any]) -> float | None:
    """The USD of the first tier that is not free; None where all are free."""
    tiers = [
        (float(one.get("beginRange") or 0), usd)
        for one in dimensions.values()
        if (usd := float((one.get("pricePerUnit") or {}).get("USD") or 0)) > 0
    ]
    return min(tiers)[1] if tiers else None


def _product(attributes: Mapping[str, str]) -> _Product:
    region, usage = attributes.get("regionCode", ""), attributes.get("usagetype", "")
    for pattern, offer in _BY_CODE.get(attributes.get("servicecode", ""), ()):
        found = pattern.fullmatch(usage)
        if found and all(attributes.get(key) == value for key, value in offer.attributes.items()):
            return _Product(region=region, dimension=offer.dimension or found[1], offer=offer)
    return _Product(region=region, dimension="", offer=None)
