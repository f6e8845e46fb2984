"""The look-up of SNS topics, by name."""

from __future__ import annotations

from typing import Any

from catalog import functions
from localcloud.kernel.context import Call, Context
from localcloud.kernel.lookup import Lookup


def _topic(c: Context) -> list[dict[str, Any]]:
    arns = [each["TopicArn"] for each in c.every(Call(op="list_topics", take=(), path="Topics"))]
    found = [arn for arn in arns if arn.rpartition(":")[2] == c.props["name"]]
    return [{"arn": arn, "tags": c.client().list_tags_for_resource(ResourceArn=arn)["Tags"]} for arn in found]


TOPIC = Lookup(function=functions.SNS_TOPIC, service="sns", ask=_topic, id="{data.arn}", one="SNS Topic")

LOOKUPS = (TOPIC,)
