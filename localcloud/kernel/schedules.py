"""Expressions of time as EventBridge, its Scheduler and Application Auto Scaling take them: rate(...), cron(...), at(...).

https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

_RATE: Final = re.compile(r"rate\(\s*[1-9]\d* (minute|hour|day)s?\s*\)")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DAYS: Final = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
# Each field of cron(minutes hours day-of-month month day-of-week year): its least and greatest value and its names.
_FIELDS: Final[tuple[tuple[int, int, tuple[str, ...]], ...]] = (
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (1, 7, _DAYS),
    (1970, 2199, ()),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = 2, 4


def is_schedule(expression: str, *, once: bool = True) -> bool:
    """Whether AWS takes the expression; `once`: whether at(...) is one too."""
    if expression.startswith("rate("):
        return bool(_RATE.fullmatch(expression))
    if expression.startswith("at("):
        return once and _is_moment(expression.removeprefix("at(").removesuffix(")"))
    if expression.startswith("cron(") and expression.endswith(")"):
        return _is_cron(expression[len("cron(") : -1].split())
    return False


def _is_moment(text: str) -> bool:
    try:
        return bool(datetime.strptime(text, "%Y-%m-%dT%H:%M:%S"))
    except ValueError:
        return False


def _is_cron(fields: list[str]) -> bool:
    if len(fields) != len(_FIELDS):
        return False
    # Exactly one of the two days says nothing: AWS cannot hold a day to both.
    if (fields[_DAY_OF_MONTH] == "?") == (fields[_DAY_OF_WEEK] == "?"):
        return False
    return all(_is_field(field.upper(), number) for number, field in enumerate(fields))


def _is_field(field: str, number: int) -> bool:
    if field == "?":
        return number in (_DAY_OF_MONTH, _DAY_OF_WEEK)
    return all(_is_part(part, number) for part in field.split(","))


def _is_part(part: str, number: int) -> bool:
    least, most, names = _FIELDS[number]
    if part == "*":
        return True
    if number == _DAY_OF_MONTH and (part in ("L", "LW") or re.fullmatch(r"([1-9]|[12]\d|3[01])W", part)):
        return True
    if number == _DAY_OF_WEEK and (part == "L" or re.fullmatch(r"([1-7]|[A-Z]{3})(L|#[1-5])", part)):
        return part == "L" or _value(re.split(r"[L#]", part)[0], least, most, names) or part[:3] in names
    span, slash, step = part.partition("/")
    if slash and not (step.isdigit() and int(step) > 0):
        return False
    if span == "*":
        return True
    low, dash, high = span.partition("-")
    return _value(low, least, most, names) and (not dash or _value(high, least, most, names))


def _value(text: str, least: int, most: int, names: tuple[str, ...]) -> bool:
    return text in names or (text.isdigit() and least <= int(text) <= most)
