"""The look-up of DynamoDB tables."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel.context import Context
from localcloud.kernel.lookup import Lookup


def _table(c: Context) -> dict[str, Any]:
    client = c.client()
    found: dict[str, Any] = client.describe_table(TableName=c.props["name"])["Table"]
    keys = {each["KeyType"]: each["AttributeName"] for each in found["KeySchema"]}
    return {
        **found,
        "hashKey": keys.get("HASH"),
        "rangeKey": keys.get("RANGE"),
        "tags": client.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"],
    }


def _indexes(member: str) -> Any:
    """The indexes of a kind, their keys and projection by pulumi-aws's names."""

    def ask(c: Context) -> list[dict[str, Any]]:
        found = []
        for index in c.data.get(member) or ():
            keys = {each["KeyType"]: each["AttributeName"] for each in index["KeySchema"]}
            projection, throughput = index.get("Projection") or {}, index.get("ProvisionedThroughput") or {}
            found.append(
                {
                    "name": index["IndexName"],
                    "hashKey": keys.get("HASH", ""),
                    "rangeKey": keys.get("RANGE", ""),
                    "projectionType": projection.get("ProjectionType", ""),
                    "nonKeyAttributes": projection.get("NonKeyAttributes", []),
                    "readCapacity": throughput.get("ReadCapacityUnits", 0),
                    "writeCapacity": throughput.get("WriteCapacityUnits", 0),
                }
            )
        return found

    return ask


TABLE = Lookup(
    function=functions.DYNAMODB_TABLE,
    service="dynamodb",
    ask=_table,
    id="{name}",
    none="reading DynamoDB Table ({name}): couldn't find resource",
    missing=("ResourceNotFoundException",),
    rename={"arn": "TableArn", "streamArn": "LatestStreamArn", "streamLabel": "LatestStreamLabel"},
    outputs={
        "attributes": lambda c: [
            {"name": each["AttributeName"], "type": each["AttributeType"]} for each in c.data["AttributeDefinitions"]
        ],
        "billingMode": lambda c: (c.data.get("BillingModeSummary") or {}).get("BillingMode", "PROVISIONED"),
        "readCapacity": "{data.ProvisionedThroughput.ReadCapacityUnits}",
        "writeCapacity": "{data.ProvisionedThroughput.WriteCapacityUnits}",
        "streamEnabled": lambda c: bool((c.data.get("StreamSpecification") or {}).get("StreamEnabled")),
        "streamViewType": "{data.StreamSpecification.StreamViewType}",
        "tableClass": "{data.TableClassSummary.TableClass}",
        "globalSecondaryIndexes": _indexes("GlobalSecondaryIndexes"),
        "localSecondaryIndexes": _indexes("LocalSecondaryIndexes"),
    },
)

LOOKUPS = (TABLE,)
