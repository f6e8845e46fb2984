"""Documented limits of SQS, SNS, CloudWatch Logs and CloudWatch."""

from __future__ import annotations

from typing import Final

from catalog.limits.row import At, Limit
from catalog.types import cloudwatch, sns, sqs

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RETENTION_DAYS: Final = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
_SQS: Final = "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/"
# Attribute -> (the property of a declared queue, least, most).
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
QUEUE_ATTRIBUTES: Final = {
    "DelaySeconds": ("delaySeconds", 0, 900),
    "MaximumMessageSize": ("maxMessageSize", 1_024, 1_048_576),
    "MessageRetentionPeriod": ("messageRetentionSeconds", 60, 1_209_600),
    "ReceiveMessageWaitTimeSeconds": ("receiveWaitTimeSeconds", 0, 20),
    "VisibilityTimeout": ("visibilityTimeoutSeconds", 0, 43_200),
    "KmsDataKeyReusePeriodSeconds": ("kmsDataKeyReusePeriodSeconds", 60, 86_400),
}


def _of_one_call(operation: str, member: str, least: int, most: int, reason: str) -> Limit:
    """A limit of one value of one request to SQS."""
    return Limit(
        service="sqs",
        calls={operation: member},
        measure="number",
        least=least,
        most=most,
        code="InvalidParameterValue",
        says=f"Value {{value}} for parameter {member} is invalid. Reason: {reason}",
        source=f"{_SQS}API_{operation}.html",
    )


LIMITS: Final = (
    *(
        Limit(
            service="sqs",
            calls={"CreateQueue": f"Attributes.{name}", "SetQueueAttributes": f"Attributes.{name}"},
            at=(At(card=sqs.QUEUE, path=path),),
            measure="number",
            least=least,
            most=most,
            code="InvalidAttributeValue",
            says=f"Invalid value for the parameter {name}.",
            source=f"{_SQS}API_SetQueueAttributes.html",
        )
        for name, (path, least, most) in QUEUE_ATTRIBUTES.items()
    ),
    Limit(
        service="sqs",
        calls={"CreateQueue": "QueueName"},
        at=(At(card=sqs.QUEUE, path="name"),),
        measure="text",
        pattern=r"(?=.{1,80}$)[A-Za-z0-9_-]+(\.fifo)?",
        code="InvalidParameterValue",
        says="Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
        source=f"{_SQS}API_CreateQueue.html",
    ),
    _of_one_call("ReceiveMessage", "MaxNumberOfMessages", 1, 10, "Must be between 1 and 10, if provided."),
    _of_one_call("ReceiveMessage", "WaitTimeSeconds", 0, 20, "Must be >= 0 and <= 20, if provided."),
    _of_one_call("ReceiveMessage", "VisibilityTimeout", 0, 43_200, "Must be >= 0 and <= 43200, if provided."),
    _of_one_call(
        "ChangeMessageVisibility", "VisibilityTimeout", 0, 43_200, "VisibilityTimeout must be an integer between 0 and 43200."
    ),
    _of_one_call("SendMessage", "DelaySeconds", 0, 900, "DelaySeconds must be >= 0 and <= 900."),
    Limit(
        service="sqs",
        calls={"SendMessage": "MessageBody"},
        measure="bytes",
        least=1,
        most=1_048_576,
        code="InvalidParameterValue",
        says="One or more parameters are invalid. Reason: Message must be shorter than {most} bytes.",
        source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html",
    ),
    Limit(
        service="sns",
        calls={"CreateTopic": "Name"},
        at=(At(card=sns.TOPIC, path="name"),),
        measure="text",
        pattern=r"[A-Za-z0-9_-]{1,256}|[A-Za-z0-9_-]{1,251}\.fifo",
        code="InvalidParameter",
        says="Invalid parameter: Topic Name",
        source="https://docs.aws.amazon.com/sns/latest/api/API_CreateTopic.html",
    ),
    Limit(
        service="sns",
        calls={"Publish": "Message"},
        measure="bytes",
        most=262_144,
        code="InvalidParameter",
        says="Invalid parameter: Message too long",
        source="https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
    ),
    Limit(
        service="sns",
        calls={"Publish": "Subject"},
        measure="characters",
        least=1,
        most=100,
        code="InvalidParameter",
        says="Invalid parameter: Subject",
        source="https://docs.aws.amazon.com/sns/latest/api/API_Publish.html",
    ),
    Limit(
        service="sns",
        calls={"Subscribe": "Protocol"},
        at=(At(card=sns.TOPIC_SUBSCRIPTION, path="protocol"),),
        measure="text",
        allowed=("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose"),
        code="InvalidParameter",
        says="Invalid parameter: Does not support this protocol string: {value}",
        source="https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html",
    ),
    *(
        Limit(
            service="logs",
            calls=calls,
            at=at,
            measure="number",
            allowed=allowed,
            code="InvalidParameterException",
            says="1 validation error detected: Value '{value}' at 'retentionInDays' failed to satisfy constraint: "
            f"Member must satisfy enum value set: [{', '.join(str(days) for days in RETENTION_DAYS)}]",
            source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html",
        )
        # A declared group with 0 days is never put: its logs are kept for ever.
        for calls, at, allowed in (
            ({"PutRetentionPolicy": "retentionInDays"}, (), RETENTION_DAYS),
            ({}, (At(card=cloudwatch.LOG_GROUP, path="retentionInDays"),), (0, *RETENTION_DAYS)),
        )
    ),
    Limit(
        service="logs",
        calls={"CreateLogGroup": "logGroupName"},
        at=(At(card=cloudwatch.LOG_GROUP, path="name"),),
        measure="text",
        never="[Aa][Ww][Ss]/.*",
        code="InvalidParameterException",
        says="Log groups starting with AWS/ are reserved for AWS.",
        source="https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html",
    ),
)
