"""Task digits in this process; `test_checkpoint_runs.py` and `test_language.py` run it in several."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import re
import subprocess
import sys
from collections.abc import Mapping
from importlib import abc, machinery
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from tests.workloads.conftest import EPOCHS, Trained
from tests.workloads.support import DIGITS, REPOSITORY, lay_out
from workloads import artifact
from workloads.catalog import WORKLOADS
from workloads.data.batches import read_split
from workloads.errors import HyperparameterError, ModelError
from workloads.training import cli, quick_start, schedule, trainer
from workloads.training.checkpoint import WITHOUT_EFFECT, run_id
from workloads.training.degrees import resolve
from workloads.training.settings_tasks import DigitsSettings
from workloads.training.sources import Paths
from workloads.training.stopping import StopRequest
from workloads.training.tasks import evaluate
from workloads.training.tasks.digits import DigitsData
from workloads.training.tasks.task import Share

# An epoch has 22 steps.
SMALL = {"epochs": 2, "width": 8}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


class StopAfter(StopRequest):
    """Asks to stop after `steps` steps: each step reads `asked` once."""

    def __init__(self, steps: int) -> None:
        self._left = steps
        super().__init__()

    @property
    def asked(self) -> bool:
        self._left -= 1
        return self._left < 1

    @asked.setter
    def asked(self, value: bool) -> None:
        pass


def paths(out: Path) -> Paths:
    return cli.read_arguments(["digits", "--data", str(DIGITS), "--out", str(out)])[2]


def train(out: Path, stop: StopRequest | None = None, **values: object) -> Mapping[str, float] | None:
    return trainer.train("digits", DigitsSettings.from_mapping({**SMALL, **values}), paths(out), stop or StopRequest())


@pytest.fixture(scope="module")
def never_stopped(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, float]:
    """The metrics of a whole run of `SMALL`, with which runs that were stopped are compared."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "1")
        metrics = train(tmp_path_factory.mktemp("never-stopped"))
    assert metrics is not None
    return metrics


def test_the_log_has_the_lines_that_metric_definitions_read(trained: Trained) -> None:
    lines = trained.output.splitlines()
    epochs = re.findall(r"^epoch=(\d+); train_loss=\d+\.\d{4};$", trained.output, re.M)
    assert [int(number) for number in epochs] == list(range(1, EPOCHS + 1))
    accuracy = re.search(r"test_accuracy=([0-9.]+);", lines[-1])
    assert accuracy
    assert float(accuracy[1]) == pytest.approx(trained.metrics["test_accuracy"], abs=5e-5)


def test_the_model_is_weights_alone_and_a_description_that_fits_them(trained: Trained) -> None:
    assert sorted(path.name for path in trained.model.iterdir()) == ["model.json", "model.pt"]
    weights = torch.load(trained.model / "model.pt", weights_only=True)
    assert all(isinstance(tensor, torch.Tensor) for tensor in weights.values())
    description = json.loads((trained.model / "model.json").read_text())
    assert description["format_version"] == 2
    assert description["architecture"] == {"name": "digits-cnn", "width": DigitsSettings().width}
    assert description["labels"] == list(range(10))
    assert description["metrics"] == trained.metrics
    assert json.loads((trained.folder / "output" / "data" / "metrics.json").read_text()) == trained.metrics


def test_a_run_that_is_done_leaves_no_checkpoint(trained: Trained) -> None:
    assert not list((trained.folder / "checkpoints").iterdir())


def test_the_same_seed_gives_the_same_loss_and_another_one_another(tmp_path: Path) -> None:
    first, again, other = (train(tmp_path, max_steps=4, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize("steps", [22 + 5, 22], ids=["within an epoch", "between two"])
def test_a_run_stopped_and_resumed_ends_with_the_same_loss_as_one_never_stopped(
    tmp_path: Path, never_stopped: Mapping[str, float], steps: int
) -> None:
    assert train(tmp_path / "parts", StopAfter(steps)) is None
    assert not (tmp_path / "parts" / "model").exists(), "half a model is none"
    (run,) = (tmp_path / "parts" / "checkpoints").iterdir()
    assert [path.name for path in run.iterdir()] == [f"step-{steps:08d}"]
    assert train(tmp_path / "parts") == never_stopped


def test_a_run_of_other_settings_does_not_take_anothers_checkpoint(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, StopAfter(5), seed=1) is None
    assert train(tmp_path, seed=2, max_steps=6) is not None
    assert "resumed" not in capsys.readouterr().out


def test_a_damaged_checkpoint_is_named_and_the_run_starts_afresh(
    tmp_path: Path, never_stopped: Mapping[str, float], capsys: pytest.CaptureFixture[str]
) -> None:
    train(tmp_path / "parts", StopAfter(30))
    file = next((tmp_path / "parts" / "checkpoints").rglob("*.distcp"))
    file.write_bytes(file.read_bytes()[:1000])
    assert train(tmp_path / "parts") == never_stopped
    assert f"checkpoint {file.parent} is skipped" in capsys.readouterr().err


def test_what_changes_the_way_but_not_the_result_keeps_the_checkpoints_name() -> None:
    settings = DigitsSettings().as_dict()
    name = run_id(settings, "data")
    for key in settings.keys() & WITHOUT_EFFECT:
        assert run_id({**settings, key: 99}, "data") == name, key
    for key in settings.keys() - WITHOUT_EFFECT:
        assert run_id({**settings, key: 99}, "data") != name, key
    assert run_id(settings, "other data") != name


def test_the_identity_of_the_data_is_its_content() -> None:
    split = read_split(DIGITS / "test.parquet")
    turned = dataclasses.replace(split, pixels=split.pixels[::-1].copy())
    first, again, other = (DigitsData(DigitsSettings(), one, split, Share()).identity for one in (split, split, turned))
    assert first == again != other


def test_a_loss_that_is_no_number_stops_the_run_and_names_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schedule, "learning_rate", lambda *_: 1e30)
    with pytest.raises(HyperparameterError, match=r"the loss became (nan|inf) in epoch 1, step \d+; lower learning_rate"):
        train(tmp_path, epochs=1)


def test_the_contract_feeds_the_same_run_as_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = lay_out(
        tmp_path, {"epochs": "2", "workload": "digits", "processes_per_host": "1", "sagemaker_region": "x"}, digits=True
    )
    monkeypatch.setenv("SAGEMAKER_BASE_DIR", str(base))
    task, settings, read = cli.read_arguments(["digits"])
    assert task == "digits"
    assert settings == DigitsSettings(epochs=2)
    assert (read.train, read.model) == (str(base / "input" / "data" / "train"), base / "model")
    assert settings == cli.read_arguments(["digits", "--data", "d", "--out", "o", "--epochs", "2"])[1]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"epochs": 0}, "epochs is 0; it must be a whole number from 1 to 10000"),
        ({"epochs": 2.5}, "epochs is 2.5; it must be a whole number"),
        ({"epochs": True}, "epochs is True"),
        ({"learning_rate": "fast"}, "learning_rate is 'fast'; it must be a number from 1e-06 to 1"),
        ({"learning_rate": float("nan")}, "learning_rate is nan"),
        ({"width": 6}, "width is 6; it must be a multiple of 4"),
        ({"device": "tpu"}, "device is 'tpu'; choose one of auto, cpu, cuda"),
        ({"epoch": 3}, "epoch (given as 3) is no hyperparameter of this workload; did you mean epochs?"),
        ({"zzz": 1}, "known ones are epochs, max_steps, batch_size"),
        ({"epochs": 0, "seed": -1, "lr": 1}, "lr (given as 1)"),
    ],
)
def test_a_bad_hyperparameter_is_named_with_its_value_and_range(values: dict[str, object], says: str) -> None:
    with pytest.raises(HyperparameterError) as caught:
        DigitsSettings.from_mapping(values)
    assert says in str(caught.value)
    assert str(caught.value).count("; it must be") + str(caught.value).count("no hyperparameter") + str(caught.value).count(
        "choose"
    ) == len(values), "every fault at once"


def test_a_batch_that_cannot_be_shared_evenly_is_refused() -> None:
    with pytest.raises(HyperparameterError, match=r"batch_size is 64, which 3 processes cannot share evenly; .* such as 63"):
        resolve(DigitsSettings(), 3, None)


def test_a_batch_larger_than_the_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(HyperparameterError, match=r"batch_size is 2000, and .* has 1438 rows; make it 1438 or less"):
        train(tmp_path, batch_size=2000)


def test_a_damaged_model_is_refused_by_name(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json is missing"):
        artifact.load(tmp_path)
    description = json.loads((trained.model / "model.json").read_text())
    (tmp_path / "model.json").write_text(json.dumps(description))
    with pytest.raises(ModelError, match=r"model\.pt is missing"):
        artifact.load(tmp_path)
    (tmp_path / "model.pt").write_bytes((trained.model / "model.pt").read_bytes()[:-1])
    with pytest.raises(ModelError, match="SHA-256 differs"):
        artifact.load(tmp_path)
    (tmp_path / "model.json").write_text(json.dumps({**description, "format_version": 3}))
    with pytest.raises(ModelError, match="format_version 3; this image reads 1 and 2"):
        artifact.load(tmp_path)
    (tmp_path / "model.json").write_text("{")
    with pytest.raises(ModelError, match="is damaged"):
        artifact.load(tmp_path)


def test_a_model_of_the_first_format_still_loads(trained: Trained, tmp_path: Path) -> None:
    description = json.loads((trained.model / "model.json").read_text())
    del description["task"]
    (tmp_path / "model.json").write_text(json.dumps({**description, "format_version": 1}))
    (tmp_path / "model.pt").write_bytes((trained.model / "model.pt").read_bytes())
    loaded = artifact.load(tmp_path)
    assert loaded.task == "digits"
    assert evaluate(loaded, str(DIGITS)) == pytest.approx(
        {name: trained.metrics[name] for name in ("test_accuracy", "test_loss")}, rel=1e-6
    )


def test_every_workload_a_job_can_name_has_a_main() -> None:
    for name, workload in WORKLOADS.items():
        spec = importlib.util.find_spec(workload.module)
        is_package = spec is not None and spec.submodule_search_locations is not None
        module = f"{workload.module}.__main__" if is_package else workload.module
        assert callable(getattr(importlib.import_module(module), "main", None)), name


def test_hyperparameters_are_held_against_a_workloads_settings_without_pytorch() -> None:
    program = (
        "import sys; from workloads import catalog; "
        "print(*(name for name in catalog.WORKLOADS if catalog.settings_class(name)), 'torch' in sys.modules)"
    )
    told = subprocess.run([sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True).stdout
    assert told.split() == ["digits", "language", "corpus", "False"]


@pytest.mark.e2e
def test_the_defaults_get_97_of_100_held_out_images_right_and_load_nothing_that_they_do_not_use(tmp_path: Path) -> None:
    """The defaults run in a process of their own, because the other tests load the compiler, what cuts models, and DCP."""
    program = (
        "import sys; from workloads.training.cli import main; assert main(sys.argv[1:]) == 0; "
        "print(*sorted(sys.modules), sep='\\n')"
    )
    arguments = ["digits", "--data", str(DIGITS), "--out", str(tmp_path)]
    done = subprocess.run([sys.executable, "-c", program, *arguments], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    loaded = done.stdout.splitlines()
    assert "workloads.training.trainer" in loaded
    unused = ("torch._inductor", "torch._dynamo.", "torch.distributed.tensor", "torch.distributed.checkpoint", "boto3", "s3torch")
    assert not [name for name in loaded if name.startswith(unused)], "each would add seconds of import to every process"
    metrics = json.loads((tmp_path / "output" / "data" / "metrics.json").read_text())
    assert metrics["test_accuracy"] >= 0.97


def test_a_program_that_uses_the_compiler_gets_the_real_one(monkeypatch: pytest.MonkeyPatch) -> None:
    class Compiler(abc.MetaPathFinder, abc.Loader):
        """Stands for the real compiler, whose import takes seconds."""

        def find_spec(self, name: str, *_: object) -> machinery.ModuleSpec | None:
            return machinery.ModuleSpec(name, self) if name == quick_start.COMPILER else None

        def exec_module(self, module: ModuleType) -> None:
            module.__dict__["optimize"] = "real"

    monkeypatch.setitem(sys.modules, quick_start.COMPILER, None)
    monkeypatch.delitem(sys.modules, quick_start.COMPILER)
    monkeypatch.setattr(torch, "_dynamo", None, raising=False)
    monkeypatch.setattr(sys, "meta_path", [Compiler(), *sys.meta_path])
    quick_start.without_compiler()
    stand_in: Any = sys.modules[quick_start.COMPILER]
    assert stand_in.disable(len)([1]) == 1
    assert stand_in.utils.get_optimize_ddp_mode() == "ddp_optimizer"
    assert not hasattr(stand_in, "__wrapped__")
    assert sys.modules[quick_start.COMPILER] is stand_in, "so far nothing was loaded"
    assert stand_in.optimize == "real"
    assert sys.modules[quick_start.COMPILER] is torch._dynamo is not stand_in, "it has stepped aside"


def test_help_names_every_hyperparameter_with_its_limits(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["digits", "--help"])
    assert caught.value.code == 0
    shown = capsys.readouterr().out
    for item in dataclasses.fields(DigitsSettings):
        assert f"--{item.name.replace('_', '-')} " in shown
    assert "(1 to 10000; default 15)" in shown


def test_a_command_line_without_its_output_folder_is_wrong_use() -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["digits", "--data", "x"])
    assert caught.value.code == 2
