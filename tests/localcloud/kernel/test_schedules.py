"""Expressions of time: what AWS's pages show as right and wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localcloud.kernel.schedules import is_schedule


@pytest.mark.parametrize(
    "expression",
    [
        *("rate(1 minute)", "rate(5 minutes)", "rate(1 hour)", "rate(7 days)"),
        *("cron(0 10 * * ? *)", "cron(15 12 ? * 1 *)", "cron(0 18 ? * MON-FRI *)", "cron(0/15 * * * ? *)", "cron(0 8 1 * ? *)"),
        *("cron(0/10 * ? * MON-FRI *)", "cron(0 9 ? * 2#1 *)", "cron(0 0 L * ? *)", "cron(0 0 ? * 6L *)", "cron(0 0 15W * ? *)"),
        *("cron(0 0,12 1,15 JAN,JUL ? 2026-2030)", "cron(*/5 * * * ? *)", "at(2026-11-20T13:00:00)"),
    ],
)
def test_what_aws_shows_is_a_schedule(expression: str) -> None:
    assert is_schedule(expression)


@pytest.mark.parametrize(
    "expression",
    [
        *(
            "",
            "rate()",
            "rate(0 days)",
            "rate(1.5 hours)",
            "rate(1 week)",
            "rate(-1 days)",
            "rate(5)",
        ),
        *("cron()", "cron(0 10 * * *)", "cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(60 10 * * ? *)", "cron(0 24 * * ? *)"),
        *("cron(0 10 32 * ? *)", "cron(0 10 * 13 ? *)", "cron(0 10 ? * 8 *)", "cron(0 10 ? * MOON *)", "cron(0 10 * * ? 1969)"),
        *(
            "cron(0/0 * * * ? *)",
            "cron(? * * * ? *)",
            "at()",
            "at(2026-02-30T00:00:00)",
            "at(2026-01-01)",
            "every day",
            "0 10 * * *",
        ),
    ],
)
def test_what_aws_refuses_is_none(expression: str) -> None:
    assert not is_schedule(expression)


def test_a_moment_is_no_rule_s_schedule() -> None:
    assert not is_schedule("at(2026-11-20T13:00:00)", once=False)


@given(st.text(max_size=30))
def test_no_text_is_too_odd_to_be_judged(text: str) -> None:
    for expression in (text, f"cron({text})", f"rate({text})", f"at({text})"):
        assert is_schedule(expression) in (True, False)
