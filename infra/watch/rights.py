"""Who may publish alerts, and what a role needs to write logs and metrics: plain policies and statements."""

from __future__ import annotations

from typing import Final

from infra.base.iam import Document, Scope, Statement, allow, document

_LOG_WRITE: Final = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")


def write_logs(scope: Scope, group: str) -> Statement:
    """Write a SageMaker log group, whose name is SageMaker's own."""
    arn = scope.arn("logs", f"log-group:{group}")
    return allow("WriteLogs", _LOG_WRITE, [f"{arn}*", f"{arn}*:log-stream:*"])


def put_metrics(namespace: str) -> Statement:
    """Publish metrics in one namespace; the action takes no resource, the condition does the narrowing."""
    return allow("PutMetrics", ("cloudwatch:PutMetricData",), ["*"], StringLike={"cloudwatch:namespace": f"{namespace}*"})


def log_groups(scope: Scope) -> list[str]:
    """The arns of every log group that is ours or that AWS makes for us."""
    ours = [f"/{scope.prefix}/*", f"/aws/eks/{scope.prefix}*", "/aws/sagemaker/*"]
    return [scope.arn("logs", f"log-group:{group}") for group in ours]


def topic_policy(scope: Scope) -> Document:
    """Our alarms, budgets and anomaly monitors may publish; nobody else, and nothing without TLS."""
    arn = scope.arn("sns", f"{scope.prefix}-alerts")
    return document(
        _allow(
            "Publish",
            ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"],
            "sns:Publish",
            arn,
            {"aws:SourceAccount": scope.account_id},
        ),
        _only_tls("sns:Publish", arn),
    )


def undelivered_policy(scope: Scope) -> Document:
    """Our topic may leave messages; nothing without TLS."""
    arn = scope.arn("sqs", f"{scope.prefix}-alerts-dead-letter")
    topic = scope.arn("sns", f"{scope.prefix}-alerts")
    return document(
        _allow("Leave", ["sns.amazonaws.com"], "sqs:SendMessage", arn, {"aws:SourceArn": topic}), _only_tls("sqs:*", arn)
    )


def _allow(sid: str, services: list[str], action: str, arn: str, equals: dict[str, str]) -> Statement:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": {"Service": services},
        "Action": [action],
        "Resource": arn,
        "Condition": {"StringEquals": equals},
    }


def _only_tls(action: str, arn: str) -> Statement:
    return {
        "Sid": "OnlyTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": action,
        "Resource": arn,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
