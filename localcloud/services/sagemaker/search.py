"""SageMaker's Search: expressions of filters over every property of a resource, sorted by any property.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_Search.html and API_Filter.html there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from localcloud.kernel.listing import moment
from localcloud.kernel.recorded import Refusal

# What Search takes beside the pages.
PARAMETERS: Final = ("SearchExpression", "SortBy", "SortOrder")
_DEFAULT_SORT: Final = "LastModifiedTime"


def search(params: Mapping[str, Any], results: list[Any]) -> list[Any]:
    """The results that the expression finds, in the order that is asked for (the latest change first)."""
    expression = params.get("SearchExpression") or {}
    found = [result for result in results if _matches(expression, _inner(result))]
    by = params.get("SortBy") or _DEFAULT_SORT
    found.sort(key=lambda result: _key(next(_values(_inner(result), by), None)))
    if params.get("SortOrder", "Descending") == "Descending":
        found.reverse()
    return found


def _inner(result: Mapping[str, Any]) -> Mapping[str, Any]:
    """The resource in a result, which has one member, named after its kind."""
    found: Mapping[str, Any] = next(iter(result.values()), {}) or {}
    return found


def _matches(expression: Mapping[str, Any], item: Any) -> bool:
    tests = [
        *(_passes(each, item) for each in expression.get("Filters") or ()),
        *(_nested(each, item) for each in expression.get("NestedFilters") or ()),
        *(_matches(each, item) for each in expression.get("SubExpressions") or ()),
    ]
    if not tests:
        return True
    return any(tests) if expression.get("Operator") == "Or" else all(tests)


def _nested(nested: Mapping[str, Any], item: Any) -> bool:
    """Whether one element of a list passes all filters, whose names begin with the list's."""
    name = nested["NestedPropertyName"]
    for elements in _values(item, name, whole_lists=True):
        for element in elements if isinstance(elements, list) else [elements]:
            filters = [{**each, "Name": each["Name"].removeprefix(f"{name}.")} for each in nested["Filters"]]
            if all(_passes(each, element) for each in filters):
                return True
    return False


def _passes(test: Mapping[str, Any], item: Any) -> bool:
    """Whether an item passes one filter; the default operator is Equals, or Exists where there is no value."""
    name, value = test["Name"], test.get("Value")
    operator = test.get("Operator") or ("Equals" if value is not None else "Exists")
    values = list(_values(item, name))
    if operator == "Exists":
        return bool(values)
    if operator == "NotExists":
        return not values
    if value is None:
        raise Refusal("ValidationException", f"The filter on {name} has the operator {operator} and no value.")
    if operator == "NotEquals":
        return not any(_compared(each, value) == 0 for each in values)
    return any(_holds(operator, each, value) for each in values)


def _holds(operator: str, actual: Any, wanted: str) -> bool:
    if operator == "Contains":
        return str(wanted).lower() in str(actual).lower()
    if operator == "In":
        return any(_compared(actual, each.strip()) == 0 for each in wanted.split(","))
    order = _compared(actual, wanted)
    if order is None:
        return False
    return {
        "Equals": order == 0,
        "GreaterThan": order > 0,
        "GreaterThanOrEqualTo": order >= 0,
        "LessThan": order < 0,
        "LessThanOrEqualTo": order <= 0,
    }[operator]


def _compared(actual: Any, wanted: str) -> int | None:
    """-1, 0 or 1 as times, as numbers, or else as texts; None where a number is compared with a text."""
    if isinstance(actual, datetime):
        one, other = moment(actual), moment(wanted)
        return None if one is None or other is None else (one > other) - (one < other)
    if isinstance(actual, bool):
        return 0 if str(actual).lower() == wanted.lower() else 1
    try:
        number, given = float(actual), float(wanted)
    except (TypeError, ValueError):
        if isinstance(actual, int | float):
            return None
        return (str(actual) > wanted) - (str(actual) < wanted)
    return (number > given) - (number < given)


def _values(item: Any, path: str, *, whole_lists: bool = False) -> Iterator[Any]:
    """What an item has at a path with dots. Lists are looked through; tags and metrics are found by their names."""
    if isinstance(item, list):
        for element in item:
            yield from _values(element, path, whole_lists=whole_lists)
        return
    if not isinstance(item, Mapping):
        return
    head, _, rest = path.partition(".")
    if head == "Tags" and rest:
        yield from (tag.get("Value") for tag in item.get("Tags") or () if tag.get("Key") == rest)
        return
    if head == "Metrics" and rest:
        metrics = item.get("FinalMetricDataList") or ()
        yield from (metric.get("Value") for metric in metrics if metric.get("MetricName") == rest)
        return
    if path in item and item[path] is not None:  # keys of maps may hold dots: a hyper-parameter `optimizer.lr`
        value = item[path]
        yield from value if isinstance(value, list) and not whole_lists else [value]
    elif rest and head in item:
        yield from _values(item[head], rest, whole_lists=whole_lists)


def _key(value: Any) -> tuple[int, float, str]:
    if value is None:
        return 0, 0.0, ""
    if isinstance(value, datetime | int | float):
        return 1, moment(value) or 0.0, ""
    return 2, 0.0, str(value)
