"""A run whose packages are not installed is refused before it starts, with the way to fetch them."""

from __future__ import annotations

import importlib.util
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from workloads import entrypoint
from workloads.catalog import absent_packages
from workloads.contract import BASE_DIR_VARIABLE, TrainingContract
from workloads.errors import ContractError


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment with what `up` needs, and no more."""

    def find(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name in ("peft", "torchao", "onnxruntime", "executorch") else ModuleSpec(name, None)

    monkeypatch.setattr(importlib.util, "find_spec", find)


@pytest.mark.parametrize(
    ("workload", "hyperparameters", "absent"),
    [
        ("digits", {}, ()),
        ("language", {"lora_rank": 0, "precision": "bf16"}, ()),
        ("language", {"lora_rank": 4}, ("peft",)),
        ("language", {"precision": "float8"}, ("torchao",)),
        ("compress", {}, ("torchao", "onnxruntime", "executorch")),
        ("evaluate", {}, ()),
    ],
)
@pytest.mark.usefixtures("bare")
def test_what_is_absent_is_named(workload: str, hyperparameters: dict[str, Any], absent: tuple[str, ...]) -> None:
    assert absent_packages(workload, hyperparameters) == absent


@pytest.mark.usefixtures("bare")
def test_the_job_is_refused_with_the_way_to_fetch_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "input" / "config"
    config.mkdir(parents=True)
    (config / "hyperparameters.json").write_text('{"workload": "compress"}')
    (config / "resourceconfig.json").write_text('{"current_host": "algo-1", "hosts": ["algo-1"]}')
    (config / "inputdataconfig.json").write_text("{}")
    monkeypatch.setenv(BASE_DIR_VARIABLE, str(tmp_path))
    contract = TrainingContract.from_environment()
    with pytest.raises(ContractError, match=r"torchao, onnxruntime, executorch.*slipway setup compression"):
        entrypoint.plan(contract)
