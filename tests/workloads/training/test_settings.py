"""Impossible settings: each gives one clear error, on the command line and under the contract alike."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from tests.workloads.support import DIGITS
from workloads.contract import TrainingContract
from workloads.errors import ContractError, HyperparameterError
from workloads.models.decoder_config import PRESETS
from workloads.training import cli, sources
from workloads.training.settings import TrainerSettings
from workloads.training.settings_tasks import DigitsSettings, LanguageSettings
from workloads.training.tasks.registry import TASKS


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        (LanguageSettings, {"max_steps": -1}, "max_steps is -1; it must be a whole number from 0 to 100000000"),
        (LanguageSettings, {"precision": "fp16"}, "precision is 'fp16'; choose one of fp32, bf16, float8"),
        (LanguageSettings, {"compile": 1}, "compile is 1; it must be true or false"),
        (LanguageSettings, {"start_from": 7}, "start_from is 7; it must be text"),
        (LanguageSettings, {"model": "2b"}, "model is '2b'; choose one of 1m, 10m, 50m, 125m, 350m, 1b, 3b, 8b"),
        (
            LanguageSettings,
            {"clipnorm": 1},
            "clipnorm (given as 1) is no hyperparameter of this workload; did you mean clip_norm",
        ),
        (LanguageSettings, {"width": 8}, "width (given as 8) is no hyperparameter"),
        (LanguageSettings, {"distillation_weight": 1.5}, "distillation_weight is 1.5; it must be a number from 0 to 1"),
        (LanguageSettings, {"min_learning_rate_ratio": -0.1}, "min_learning_rate_ratio is -0.1"),
        (LanguageSettings, {"batch_size": 10, "accumulation": 4}, "batch_size is 10, which accumulation (4) does not divide"),
        (LanguageSettings, {"pipeline": 2, "accumulation": 2}, "stages work in parts anyway, set pipeline_microbatches instead"),
        (LanguageSettings, {"pipeline_microbatches": 4}, "pipeline_microbatches is 4, and pipeline is 1"),
        (LanguageSettings, {"lora_rank": 8, "start_from": "x", "tensor": 2}, "use shard or replicate with LoRA"),
        (LanguageSettings, {"teacher": "x", "pipeline": 2}, "distil with shard, replicate or tensor"),
        (LanguageSettings, {"precision": "float8", "tensor": 2}, "use shard with float8, or bf16 with tensor"),
        (DigitsSettings, {"tensor": 2}, "tensor is 2; the digits model has replicate and shard only, use shard or replicate"),
        (DigitsSettings, {"pipeline": 2}, "pipeline is 2; the digits model has replicate and shard only"),
        (DigitsSettings, {"precision": "float8"}, "the digits model's layers are too small for it"),
        (DigitsSettings, {"activation_checkpointing": True}, "the digits model has no blocks"),
        (DigitsSettings, {"arch": "transformer"}, "arch is 'transformer'; choose one of cnn, depthwise"),
    ],
)
def test_impossible_settings_are_refused_with_the_way_out(kind: type[TrainerSettings], values: dict[str, Any], says: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        kind.from_mapping(values)
    assert says in str(caught.value)


def test_the_command_line_prints_the_same_error_and_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["digits", "--data", str(DIGITS), "--out", str(tmp_path), "--tensor", "2", "--width", "6"]
    assert cli.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("HyperparameterError: width is 6; it must be a multiple of 4")
    assert "tensor is 2; the digits model has replicate and shard only" in said


@pytest.mark.parametrize("arguments", [[], ["digit"], ["digits", "--data", "x"], ["digits", "--nonsense", "1"]])
def test_wrong_use_exits_with_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m workloads.training" in capsys.readouterr().err


def test_help_shows_tasks_and_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    assert all(name in shown for name in TASKS)
    assert "torchrun --nproc-per-node 8 -m workloads.training language" in shown


@pytest.mark.parametrize("task", TASKS)
def test_a_tasks_help_has_every_setting_with_limits_and_default(task: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main([task, "--help"])
    shown = " ".join(capsys.readouterr().out.split())
    for item in fields(TASKS[task].settings):
        flag = f"--{item.name.replace('_', '-')} {item.type.upper()}"
        assert flag in shown, flag
        assert item.metadata["meaning"] in shown, item.name


def test_every_default_is_within_its_limits() -> None:
    for kind in (task.settings for task in TASKS.values()):
        assert kind.from_mapping(kind().as_dict()) == kind()


def test_presets_are_as_large_as_they_are_called() -> None:
    for name, config in PRESETS.items():
        called = float(name[:-1]) * {"m": 1e6, "b": 1e9}[name[-1]]
        assert config.parameters == pytest.approx(called, rel=0.1), name


def test_a_model_given_to_a_job_by_address_is_asked_for_as_a_channel(tmp_path: Path) -> None:
    contract = TrainingContract(base=tmp_path, hyperparameters={}, channels={}, hosts=("algo-1",), current_host="algo-1")
    settings = LanguageSettings(data_uri="s3://bucket/corpus", start_from="s3://bucket/model.tar.gz")
    with pytest.raises(ContractError, match=r"start_from is 's3://.*add a channel named 'model'"):
        sources.from_contract(settings, contract)


def test_the_channels_teacher_and_model_are_taken_unasked(tmp_path: Path) -> None:
    channels = {name: tmp_path / name for name in ("train", "test", "teacher", "model")}
    for folder in channels.values():
        folder.mkdir()
    contract = TrainingContract(base=tmp_path, hyperparameters={}, channels=channels, hosts=("algo-1",), current_host="algo-1")
    paths = sources.from_contract(LanguageSettings(), contract)
    assert (paths.teacher, paths.start_from) == (channels["teacher"], channels["model"])
    assert paths.checkpoints == str(tmp_path / "checkpoints")
