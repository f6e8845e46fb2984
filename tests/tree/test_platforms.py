"""What only Linux has is used with another way beside it: the code runs on macOS as well."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Final

from tests.tree.code import ROOMS, Source, sources

# File -> the way that it takes where there is no /proc, and the test that makes /proc seem absent.
OTHER_WAYS: Final[Mapping[str, str]] = {
    "localcloud/process.py": "ps; tests/localcloud/test_process.py",
    "localcloud/services/sagemaker/namespace.py": "no namespace; tests/localcloud/services/sagemaker/test_processing.py",
    "localcloud/services/sagemaker/supervisor.py": "ps; tests/localcloud/services/sagemaker/test_supervisor.py",
    "workloads/compression/report.py": "sysctl; tests/workloads/compression/test_report.py",
    "benchmarks/conditions.py": "ps; a figure, not a test",
}
LINUX_ONLY: Final = ("/proc", "/sys")


def named(source: Source) -> Iterator[str]:
    """The paths of Linux's own file systems among a file's texts."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from (node.value for root in LINUX_ONLY if node.value == root or node.value.startswith(f"{root}/"))


def test_proc_is_read_only_where_there_is_another_way() -> None:
    found = {source.place for room in (*ROOMS, "benchmarks") for source in sources(room) if any(named(source))}
    assert found == set(OTHER_WAYS), "give the file another way for macOS, test it with /proc absent, and name both above"
