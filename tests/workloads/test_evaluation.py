"""A model is evaluated, its metrics are written, and wrong input is refused. No model is trained."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import torch

from tests.workloads.support import DIGITS, lay_out
from workloads import artifact, evaluation, models
from workloads.contract import TrainingContract
from workloads.errors import ContractError, DataError, HyperparameterError, ModelError
from workloads.evaluation import Settings
from workloads.training import tasks

ROWS = 40


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an untrained digits model."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("untrained")
    model = models.build({"name": "digits-cnn", "width": 8})
    keep(folder, model.state_dict())
    return folder


def keep(folder: Path, state: dict[str, torch.Tensor], task: str = "digits") -> None:
    architecture = {"name": "digits-cnn", "width": 8}
    artifact.save(folder, state=state, architecture=architecture, task=task, details={}, metrics={}, settings={})


@pytest.fixture
def model(saved: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(saved, tmp_path / "model"))


def packed(model: Path, where: Path) -> Path:
    where.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(where, "w:gz") as tar:
        for path in sorted(model.iterdir()):
            tar.add(path, path.name)
    return where


def run(model: Path, out: Path, **changes: Any) -> dict[str, float]:
    given = {"model": model, "data": str(DIGITS), "outputs": (out,), "max_rows": ROWS, **changes}
    return evaluation.run(Settings(**given))


def test_the_metrics_are_the_tasks_own_and_are_printed_for_the_job(
    model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured = run(model, tmp_path / "out")
    assert measured == tasks.evaluate(artifact.load(model), str(DIGITS), max_rows=ROWS)
    printed = dict(item.split("=") for item in capsys.readouterr().out.strip().rstrip(";").split("; "))
    assert {name: float(value) for name, value in printed.items()} == pytest.approx(measured, rel=1e-5)


def test_the_report_has_sagemakers_form_and_says_what_was_measured(model: Path, tmp_path: Path) -> None:
    measured = run(model, tmp_path / "out")
    report = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert report["multiclass_classification_metrics"]["accuracy"] == {
        "value": measured["test_accuracy"],
        "standard_deviation": "NaN",
    }
    weights = json.loads((model / "model.json").read_text())["weights"]["sha256"]
    assert report["slipway"] == {
        "format_version": 1,
        "task": "digits",
        "metrics": measured,
        "data": str(DIGITS),
        "weights_sha256": weights,
        "archive_sha256": "",
    }
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["evaluation.json"]


def test_an_archive_and_a_folder_that_holds_one_are_the_same_model(model: Path, tmp_path: Path) -> None:
    archive = packed(model, tmp_path / "channel" / "model.tar.gz")
    assert run(model, tmp_path / "a") == run(archive, tmp_path / "b") == run(archive.parent, tmp_path / "c")
    report = json.loads((tmp_path / "c" / "evaluation.json").read_text())
    assert len(report["slipway"]["archive_sha256"]) == 64


def contract(base: Path, model: Path, hyperparameters: dict[str, str], *, data: bool = True) -> Path:
    """A container's tree with the archive in channel `model`."""
    lay_out(base, {"workload": "evaluate", "processes_per_host": "1", **hyperparameters}, digits=data)
    told = base / "input" / "config" / "inputdataconfig.json"
    told.write_text(json.dumps({**json.loads(told.read_text()), "model": {"TrainingInputMode": "File"}}))
    packed(model, base / "input" / "data" / "model" / "model.tar.gz")
    return base


def test_under_the_contract_the_report_is_in_the_model_and_among_the_outputs(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    base = contract(tmp_path / "ml", model, {"max_rows": str(ROWS)})
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    monkeypatch.delenv("RANK", raising=False)
    assert evaluation.main([]) == 0
    reports = [base / folder / "evaluation.json" for folder in ("model", "output/data")]
    assert reports[0].read_text() == reports[1].read_text()
    assert "test_accuracy=" in capsys.readouterr().out


def test_only_one_process_of_several_measures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(tmp_path / "nothing"))
    assert evaluation.main([]) == 0


def test_data_elsewhere_is_named_by_a_hyperparameter(model: Path, tmp_path: Path) -> None:
    base = contract(tmp_path / "ml", model, {"data_uri": str(DIGITS)}, data=False)
    settings = evaluation.from_contract(TrainingContract.from_environment({"SAGEMAKER_BASE_DIR": str(base)}))
    assert settings.data == str(DIGITS)


def test_a_job_without_model_or_data_names_the_channel(model: Path, tmp_path: Path) -> None:
    with_model = contract(tmp_path / "a", model, {}, data=False)
    with pytest.raises(ContractError, match="input channel 'test' is missing"):
        evaluation.from_contract(TrainingContract.from_environment({"SAGEMAKER_BASE_DIR": str(with_model)}))
    with_data = lay_out(tmp_path / "b", {"workload": "evaluate"}, digits=True)
    with pytest.raises(ContractError, match="input channel 'model' is missing"):
        evaluation.from_contract(TrainingContract.from_environment({"SAGEMAKER_BASE_DIR": str(with_data)}))


@pytest.mark.parametrize(
    ("hyperparameters", "said"),
    [
        ({"epochs": "3"}, "epochs: no hyperparameter of an evaluation, which has data_uri, max_rows, task"),
        ({"max_rows": "-1"}, "max_rows is -1; it must be a whole number"),
        ({"max_rows": "many"}, "max_rows is 'many'"),
    ],
)
def test_a_hyperparameter_that_is_wrong_is_named(model: Path, tmp_path: Path, hyperparameters: dict[str, str], said: str) -> None:
    base = contract(tmp_path / "ml", model, hyperparameters)
    with pytest.raises(HyperparameterError, match=said):
        evaluation.from_contract(TrainingContract.from_environment({"SAGEMAKER_BASE_DIR": str(base)}))


def without_description(model: Path) -> None:
    (model / "model.json").unlink()


def tampered(model: Path) -> None:
    with (model / "model.pt").open("ab") as file:
        file.write(b"x")


def of_another_task(model: Path) -> None:
    described = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**described, "task": "chess"}))


def no_numbers(model: Path) -> None:
    state = {name: torch.full_like(tensor, float("nan")) for name, tensor in artifact.load(model).model.state_dict().items()}
    keep(model, state)


def removed(model: Path) -> None:
    shutil.rmtree(model)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (without_description, r"model.json is missing"),
        (tampered, r"SHA-256 differs"),
        (of_another_task, r"is for task 'chess'; this image measures digits, language"),
        (no_numbers, r"gives no numbers on .*test_loss is nan. Train it again"),
        (removed, r"is not there. Give the folder of a trained model"),
    ],
)
def test_a_model_that_cannot_be_measured_is_refused_in_words(
    model: Path, tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    damage(model)
    with pytest.raises(ModelError, match=said):
        run(model, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_model_of_another_task_than_asked_for_is_refused(model: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is for task 'digits', and 'language' is to be measured"):
        run(model, tmp_path / "out", task="language")


@pytest.mark.parametrize("member", ["../outside.txt", "/outside.txt"])
def test_an_archive_that_would_leave_its_folder_is_refused(tmp_path: Path, member: str) -> None:
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        info = tarfile.TarInfo(member)
        info.size = 1
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(ModelError, match=r"cannot be unpacked|model.json is missing"):
        run(archive, tmp_path / "out")
    assert not (tmp_path / "outside.txt").exists()
    assert not Path("/outside.txt").exists()


def test_an_archive_that_is_cut_short_is_refused(model: Path, tmp_path: Path) -> None:
    archive = packed(model, tmp_path / "model.tar.gz")
    archive.write_bytes(archive.read_bytes()[:-200])
    with pytest.raises(ModelError, match=r"cannot be unpacked: .*Give it as a training job left it"):
        run(archive, tmp_path / "out")


def test_empty_or_missing_data_is_refused_in_words(model: Path, tmp_path: Path) -> None:
    table = pyarrow.parquet.read_table(DIGITS / "test.parquet").slice(0, 0)
    (tmp_path / "empty").mkdir()
    pyarrow.parquet.write_table(table, tmp_path / "empty" / "test.parquet")
    for data, said in ((tmp_path / "empty", "it has no rows"), (tmp_path / "gone", "no Parquet file is there")):
        with pytest.raises(DataError, match=said):
            run(model, tmp_path / "out", data=str(data))


def test_the_command_line_says_what_is_wrong_with_exit_code_two(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("RANK", raising=False)
    tampered(model)
    arguments = ["--model", str(model), "--data", str(DIGITS), "--out", str(tmp_path / "out")]
    assert evaluation.main(arguments) == 2
    said = capsys.readouterr().err
    assert said.startswith("ModelError: ")
    assert "Traceback" not in said
