"""The job as users run it: recipes that pass, recipes that fail, and the error for each bad input."""

from __future__ import annotations

import json
import re
import shutil
import tarfile
from pathlib import Path

import pytest
import torch

from tests.workloads.compression.support import run
from tests.workloads.conftest import Trained
from tests.workloads.support import DIGITS, lay_out
from workloads import artifact
from workloads.compression.__main__ import main


def test_magnitude_pruning_leaves_a_model_its_report_and_its_metrics(trained: Trained, tmp_path: Path) -> None:
    ran = run(
        trained.model, DIGITS, tmp_path, "--recipe", "prune-magnitude", "--sparsity", "0.3", "--min-speedup", "0.3", timed=True
    )
    assert ran.code == 0, ran.errors
    names = {"model.pt", "model.json", "compression.json", "compression.md"}
    assert {path.name for path in ran.model.iterdir()} == names
    report = ran.report()
    assert report["passed"]
    assert report == json.loads((ran.model / "compression.json").read_text())
    assert report["size"]["compressed"]["zeros"] / report["size"]["compressed"]["parameters"] == pytest.approx(0.3, abs=0.01)
    assert report["size"]["compressed"]["weights_bytes"] == (ran.model / "model.pt").stat().st_size
    assert report["metrics"]["archive_ratio"] < 0.85, "zeros pack well"
    assert [timing["rows"] for timing in report["speed"]] == [1, 4]
    line = next(line for line in ran.said.splitlines() if line.startswith("size_ratio="))
    said = dict(re.findall(r"(\w+)=([^;]+);", line))
    assert {name: float(value) for name, value in said.items()} == pytest.approx(report["metrics"], rel=1e-4)
    table = (ran.out / "output" / "data" / "compression.md").read_text()
    assert "| weights, bytes |" in table
    assert "Gate: passed." in table
    model = artifact.load(ran.model)
    assert model.description["metrics"] == report["quality"]["compressed"]


def test_structure_that_goes_makes_a_decoder_smaller_and_faster(decoder: Path, corpus: Path, tmp_path: Path) -> None:
    ran = run(decoder, corpus, tmp_path, "--recipe", "prune-neurons", "--sparsity", "0.5", "--max-quality-drop", "1", timed=True)
    assert ran.code == 0, ran.errors
    assert artifact.load(ran.model).description["architecture"]["feed_forward"] == 32
    assert ran.report()["metrics"]["parameter_ratio"] < 1
    assert ran.report()["metrics"]["size_ratio"] < 1


def test_a_sequence_of_steps_is_one_recipe(decoder: Path, corpus: Path, tmp_path: Path) -> None:
    recipe = "prune-neurons+bf16+int8-weight-only"
    ran = run(decoder, corpus, tmp_path, "--recipe", recipe, "--max-quality-drop", "1", "--min-speedup", "0")
    assert ran.code == 0, ran.errors
    made = artifact.load(ran.model)
    assert made.description["compression"]["recipe"] == recipe
    assert made.description["architecture"]["feed_forward"] == 32
    assert made.model.get_parameter("norm.weight").dtype == torch.bfloat16
    assert type(made.model.get_parameter("head.weight")).__name__ == "Int8Tensor"


def test_a_recipe_that_makes_the_model_worse_fails_and_leaves_no_model(trained: Trained, tmp_path: Path) -> None:
    good = run(trained.model, DIGITS, tmp_path, "--recipe", "prune-magnitude", "--sparsity", "0.1", "--min-speedup", "0")
    assert good.code == 0, good.errors
    ran = run(trained.model, DIGITS, tmp_path, "--recipe", "prune-channels", "--sparsity", "0.75", "--min-speedup", "0")
    assert ran.code == 2
    assert re.search(r"^CompressionError: recipe prune-channels fails: quality_drop is 0\.\d+ \(test_accuracy ", ran.errors)
    assert "above max_quality_drop 0.01; take a milder recipe or a sparsity below 0.75" in ran.errors
    assert list(ran.model.iterdir()) == [], "nor is the model of an earlier run left to pass for this one's"
    assert not ran.report()["passed"]
    assert "Gate: failed; quality_drop is" in (ran.out / "output" / "data" / "compression.md").read_text()


def test_a_recipe_that_makes_the_model_really_slower_fails(trained: Trained, tmp_path: Path) -> None:
    """Quantising activations at every call costs a model of this size more time than it saves, which the job measures."""
    ran = run(trained.model, DIGITS, tmp_path, "--recipe", "int8-dynamic", timed=True)
    assert ran.code == 2
    assert re.search(r"speedup is 0\.\d+ \(batches of \d, .* of noise forgiven\), below min_speedup 0\.9", ran.errors)
    assert not (ran.model / "model.json").exists()


def test_a_recipe_that_saves_too_little_fails(trained: Trained, tmp_path: Path) -> None:
    asked = ("--recipe", "prune-magnitude", "--sparsity", "0.1", "--max-size-ratio", "0.5", "--min-speedup", "0")
    ran = run(trained.model, DIGITS, tmp_path, *asked)
    assert ran.code == 2
    assert re.search(r"size_ratio is 1\.0\d\d .* above max_size_ratio 0\.5; take another recipe", ran.errors)


def test_under_the_contract_the_model_comes_as_an_archive_in_its_channel(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wishes = {"workload": "compress", "recipe": "prune-magnitude", "sparsity": "0.2", "min_speedup": "0", "rounds": "4"}
    base = lay_out(tmp_path / "job", {**wishes, "batch_sizes": "4", "sagemaker_region": "x"}, digits=True)
    config = base / "input" / "config" / "inputdataconfig.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "model": {"TrainingInputMode": "File"}}))
    channel = base / "input" / "data" / "model"
    channel.mkdir()
    with tarfile.open(channel / "model.tar.gz", "w:gz") as tar:
        for path in trained.model.iterdir():
            tar.add(path, arcname=path.name)
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    assert main([]) == 0
    assert artifact.load(base / "model").description["compression"]["recipe"] == "prune-magnitude"
    assert (base / "output" / "data" / "compression.json").is_file()


def test_a_process_that_is_not_the_first_leaves_the_work_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RANK", "1")
    assert main([]) == 0


def test_a_missing_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    ran = run(tmp_path / "empty", DIGITS, tmp_path / "out", "--recipe", "bf16")
    assert ran.code == 2
    assert "model.json is missing" in ran.errors


def test_tampered_weights_are_refused(trained: Trained, tmp_path: Path) -> None:
    model = tmp_path / "model-in"
    shutil.copytree(trained.model, model)
    whole = bytearray((model / "model.pt").read_bytes())
    whole[-200] ^= 1
    (model / "model.pt").write_bytes(whole)
    ran = run(model, DIGITS, tmp_path / "out", "--recipe", "bf16")
    assert ran.code == 2
    assert "SHA-256 differs" in ran.errors


def test_a_model_of_another_task_is_refused(trained: Trained, tmp_path: Path) -> None:
    model = tmp_path / "model-in"
    shutil.copytree(trained.model, model)
    description = json.loads((model / "model.json").read_text())
    (model / "model.json").write_text(json.dumps({**description, "task": "weather"}))
    ran = run(model, DIGITS, tmp_path / "out", "--recipe", "bf16")
    assert ran.code == 2
    assert "is for task 'weather'; models of digits, language can be compressed" in ran.errors


def test_an_archive_that_reaches_out_of_its_folder_is_refused(trained: Trained, tmp_path: Path) -> None:
    archive = tmp_path / "model.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(trained.model / "model.json", arcname="../escaped.json")
    ran = run(archive, DIGITS, tmp_path / "out", "--recipe", "bf16")
    assert ran.code == 2
    assert "cannot be unpacked" in ran.errors
    assert not list(tmp_path.rglob("escaped.json"))


def test_the_model_to_compress_is_never_overwritten(trained: Trained, tmp_path: Path) -> None:
    shutil.copytree(trained.model, tmp_path / "model")
    ran = run(tmp_path / "model", DIGITS, tmp_path, "--recipe", "bf16")
    assert ran.code == 2
    assert "where the result goes; give another folder for one of them" in ran.errors
    artifact.load(tmp_path / "model")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_missing_gpu_is_refused(trained: Trained, tmp_path: Path) -> None:
    ran = run(trained.model, DIGITS, tmp_path, "--recipe", "bf16", "--device", "cuda")
    assert ran.code == 2
    assert "device is 'cuda', and PyTorch sees no GPU here; set device to auto or cpu" in ran.errors


def test_data_without_rows_to_test_is_refused(trained: Trained, tmp_path: Path) -> None:
    ran = run(trained.model, tmp_path, tmp_path / "out", "--recipe", "bf16")
    assert ran.code == 2
    assert ran.errors.startswith("DataError: ")
