"""What all tests share: which of them stay together when they run side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
# Rooms whose tests share one running thing: they stay together, whole.
TOGETHER = ("tools/localcloud/sagemaker",)
# What starts whole training runs or kills whole daemons takes its time: it runs with the end-to-end tests, after the quick ones.
SLOW = (
    "workloads/test_distributed.py",
    "tools/localcloud/sagemaker/test_lifecycle.py",
    "tools/localcloud/sagemaker/test_endpoints.py",
)
# Files of many independent cases: they are spread over all workers.
SPREAD = ("tools/localcloud/test_golden.py", "policies/test_rules.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives each file a group of its own, so that its module fixtures are made once (`--dist loadgroup`)."""
    for item in items:
        if not item.path.is_relative_to(ROOT):
            continue
        place = item.path.relative_to(ROOT).as_posix()
        if place in SLOW:
            item.add_marker(pytest.mark.e2e)
        if place in SPREAD:
            continue
        group = next((room for room in TOGETHER if place.startswith(room)), place)
        item.add_marker(pytest.mark.xdist_group(group))
