"""What all tests share: which of them stay together when they run side by side."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import botocore.loaders
import pytest

# Started in the background of a script, a process ignores Ctrl-C, and so do its children: the tests of Ctrl-C need it heard.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests' processes share the cores already: PyTorch's threads would only spin while they wait for one (tenfold, measured).
os.environ.setdefault("OMP_NUM_THREADS", "1")

# botocore's session asks for a loader of its own each time, which reads and parses the same models of services again.
botocore.loaders.create_loader = cache(botocore.loaders.create_loader)

ROOT = Path(__file__).parent
# Tests that share what is dear to make: they stay together on one worker, so that it is made once.
TOGETHER = {
    "localcloud/services/sagemaker": "one running SageMaker",
    "tools/models": "one model registry",
    "workloads": "one import of torch",
    "infra": "recorded stacks",
    "upgrades": "recorded stacks",
    "tools/cost": "recorded stacks",
    "tools/report": "recorded stacks",
    "tools/preflight": "recorded stacks",
    "test_docs.py": "recorded stacks",
    "policies/test_recorded.py": "recorded stacks",
    "catalog/test_types.py": "recorded stacks",
    "tools/bootstrap": "recorded stacks",
    "tools/cli/test_promoting.py": "recorded stacks",
}
# The same for the slow tests: each file is a group of its own, but for those that look at one stack.
TOGETHER_WHEN_SLOW = {
    "e2e/test_answers.py": "one stack that is up",
    "e2e/test_drift.py": "one stack that is up",
    "e2e/test_preflight.py": "one stack that is up",
    "e2e/test_report.py": "one stack that is up",
}
# What starts training runs, jobs and servers, kills whole daemons or walks every golden file takes its time: it runs with the
# end-to-end tests, after the quick ones.
SLOW = (
    "localcloud/test_golden.py",
    "localcloud/services/sagemaker/test_endpoints.py",
    "localcloud/services/sagemaker/test_jobs.py",
    "localcloud/services/sagemaker/test_lifecycle.py",
    "localcloud/services/sagemaker/test_processing.py",
    "localcloud/services/sagemaker/test_script_contract.py",
    "localcloud/services/sagemaker/test_script_mode.py",
    "localcloud/services/sagemaker/test_script_mode_failures.py",
    "localcloud/services/sagemaker/test_tuning.py",
    "localcloud/services/sagemaker/test_script_places.py",
    "tools/jobs/test_running.py",
    "tools/jobs/test_train_verb.py",
    "tools/tuning/test_over_local_cloud.py",
    "workloads/compression/test_job.py",
    "workloads/test_launch.py",
    "workloads/training/test_checkpoint_ranks.py",
    "workloads/training/test_checkpoint_s3.py",
    "workloads/training/test_language.py",
    "workloads/training/test_parallel.py",
)
# What takes longest begins first, so that no worker is left with it when the others are done.
LONGEST = (
    "e2e/test_answers.py",
    "e2e/test_drift.py",
    "e2e/test_preflight.py",
    "e2e/test_report.py",
    "e2e/test_crashes.py",
    "e2e/test_environments.py",
    "e2e/test_clients.py",
    "workloads/compression/test_exports.py",
    "e2e/test_train.py",
    "workloads/training/test_checkpoint_runs.py",
    "e2e/test_loop.py",
    "workloads/training/test_language.py",
    "workloads/training/test_parallel.py",
    "workloads/training/test_adapters.py",
    "e2e/test_types.py",
    "e2e/test_programs.py",
    "e2e/test_state_files.py",
    "e2e/test_upgrades.py",
    "e2e/test_restarts.py",
    "e2e/test_refusals.py",
)
# What a file has that is quick but for some of its tests.
MARK = "pytest.mark.e2e"
# A file of many independent cases: they are spread over all workers.
SPREAD = ("policies/test_rules.py",)


# While tests are collected modules are imported, and hardly anything of them is garbage: there is no need to look for it.
gc.disable()


def pytest_configure(config: pytest.Config) -> None:
    # moto makes its images of Amazon anew in every region, and 1,400 managed policies in every partition, after every reset: a
    # tenth of the unit tests' time. What needs them runs with the end-to-end tests.
    if config.getoption("markexpr") == "not e2e":
        os.environ.setdefault("MOTO_EC2_LOAD_DEFAULT_AMIS", "false")
        os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")


def pytest_collection_finish() -> None:
    """What is imported by now stays: the garbage collector need not look through PyTorch and moto again and again."""
    gc.collect()
    gc.freeze()
    gc.enable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leaves the files of the other phase of `./slipway test` alone: to import them, and what they import, takes seconds."""
    if not (collection_path.name.startswith("test_") and collection_path.suffix == ".py"):
        return None
    place = place_of(collection_path)
    slow = place.startswith("e2e/") or place in SLOW
    phase = config.getoption("markexpr")
    if phase == "not e2e":
        return slow or None
    if phase == "e2e":
        return None if slow or MARK in collection_path.read_text(encoding="utf-8") else True
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if place_of(item.path) in SLOW:
            item.add_marker(pytest.mark.e2e)
    turns = {place: turn for turn, place in enumerate(LONGEST)}
    items.sort(key=lambda item: turns.get(place_of(item.path), len(turns)))


@cache
def place_of(path: Path) -> str:
    """A file, from this folder on; "" for one outside."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else ""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadgroup` as `group_of` says. xdist's own groups travel in node ids, which pytest 9 gives nobody to change."""
    if config.getoption("dist") != "loadgroup":
        return None
    from xdist.scheduler.loadscope import LoadScopeScheduling

    together = TOGETHER_WHEN_SLOW if config.getoption("markexpr") == "e2e" else TOGETHER

    class Groups(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return group_of(nodeid, together)

    return Groups(config, log)


def group_of(nodeid: str, together: Mapping[str, str]) -> str:
    """What stays on one worker: the tests of a file, or of several that share what is dear."""
    place = nodeid.partition("::")[0].removeprefix(f"{ROOT.name}/")
    return nodeid if place in SPREAD else next((name for room, name in together.items() if place.startswith(room)), place)
