"""Logs, alarms, dashboards, and the messages they send."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from catalog.types import budgets, cloudwatch, ec2, sns, sqs
from tools.cost.bill import Ask, Charge, Row, Term, flat

DAYS_A_MONTH: Final = 730 / 24
# An alarm with a shorter period is a high-resolution one:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/AlarmThatSendsEmail.html
STANDARD_PERIOD_S: Final = 60
# An alarm on an anomaly band is charged as three metrics: the value, its upper and its lower bound.
METRICS_OF_A_BAND: Final = 3
FREE_SNS_REQUESTS: Final = 1e6
FREE_ACTION_BUDGETS: Final = 2


def _log_group(ask: Ask) -> Iterator[Charge]:
    ingested = ask.usage.log_gb
    if ask.links.siblings(ask.view, ec2.FLOW_LOG) and "flow" in ask.view.name:
        ingested = ask.usage.flow_log_gb
        ask.note("what flow logs write is in their own line")
    else:
        yield from ask.charge("logs", "ingest", "written (assumed)", ingested)
    days = ask.number("retentionInDays", 0)
    months = days / DAYS_A_MONTH if days else ask.usage.log_months
    label = f"kept {days:g} days" if days else f"kept for ever, {months:g} months counted"
    yield from ask.charge("logs", "storage", label, ingested * months)


def _alarm(ask: Ask) -> Iterator[Charge]:
    queries = ask.items("metricQueries")
    periods = [ask.number("metric.period", 300, query, called="period") for query in queries if query.given("metric")]
    if not periods:
        periods = [ask.number("period", 300)]
    band = any("ANOMALY_DETECTION_BAND" in query.text("expression", unknown="") for query in queries)
    shortest = min(periods)
    dimension = "alarm" if shortest >= STANDARD_PERIOD_S else "alarm-high-resolution"
    yield from ask.charge("cloudwatch", dimension, "alarm metrics", METRICS_OF_A_BAND if band else len(periods))


def _topic(ask: Ask) -> Iterator[Charge]:
    over: Any = max(0.0, ask.usage.sns_requests - FREE_SNS_REQUESTS)
    ask.note(f"{ask.usage.sns_requests:,.0f} requests assumed, the first million is free")
    if over:
        yield from ask.charge("sns", "requests", "requests", over / 1e6)


def _queue(ask: Ask) -> Iterator[Charge]:
    fifo = ask.flag("fifoQueue")
    yield from ask.charge("sqs", "fifo" if fifo else "standard", "requests (assumed)", ask.usage.sqs_requests / 1e6)


def _budget_action(ask: Ask) -> Iterator[Charge]:
    actions = ask.links.of(budgets.BUDGET_ACTION)
    if actions.index(ask.view) < FREE_ACTION_BUDGETS:
        ask.note("the first two budgets with actions are free")
    else:
        ask.gaps.append("no price row for a third budget with actions")
    yield from ()


ROWS: Final = (
    Row(card=cloudwatch.LOG_GROUP, charges=_log_group),
    Row(card=cloudwatch.METRIC_ALARM, charges=_alarm),
    Row(card=sns.TOPIC, charges=_topic),
    Row(card=sqs.QUEUE, charges=_queue),
    Row(card=budgets.BUDGET_ACTION, charges=_budget_action),
    flat(cloudwatch.DASHBOARD, Term(service="cloudwatch", dimension="dashboard", label="dashboard")),
)
