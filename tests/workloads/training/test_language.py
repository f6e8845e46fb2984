"""Task language with each of its settings, on one process and once on two: the tiny decoder learns a real corpus."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.workloads import gang
from tests.workloads.support import DIGITS
from tests.workloads.training import tiny
from workloads import artifact
from workloads.compression.pruning import fewer_neurons
from workloads.errors import HyperparameterError, ModelError
from workloads.training import cli, distillation, gradients, trainer
from workloads.training.assembly import Run
from workloads.training.checkpoint import Progress
from workloads.training.devices import peak_of
from workloads.training.distributed import Place
from workloads.training.settings_tasks import DigitsSettings
from workloads.training.sources import Paths
from workloads.training.stopping import StopRequest
from workloads.training.tasks import evaluate

# Largest relative difference between numbers in memory and the same numbers read from a file.
TOLERANCE = 1e-5
SHALLOW = replace(tiny.SIZES, layers=2)


def paths(out: Path, **models: Path) -> Paths:
    return Paths(
        train="", test="", model=out / "model", metrics=out / "metrics.json", checkpoints=str(out / "checkpoints"), **models
    )


def fit_and_save(place: Place, corpus: Path, given: Paths, **values: Any) -> dict[str, float]:
    """Set up, fit, evaluate and save a run, as `trainer.train` does. Returns the metrics."""
    run = tiny.make_run(place, corpus, given, **values)
    progress = trainer.fit(run, Progress(), StopRequest())
    metrics = {"train_loss": progress.train_loss, **trainer.evaluate(run)}
    trainer.save(run, metrics)
    return metrics


@pytest.fixture(scope="module")
def base(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of the tiny decoder: model/ and metrics.json."""
    out = tmp_path_factory.mktemp("base")
    fit_and_save(tiny.ALONE, corpus, paths(out), max_steps=30)
    return out


def test_an_artifact_has_all_that_is_needed_to_answer(base: Path) -> None:
    assert sorted(path.name for path in (base / "model").iterdir()) == ["model.json", "model.pt", "tokenizer.json"]
    description = json.loads((base / "model" / "model.json").read_text())
    assert description["task"] == "language"
    assert description["architecture"]["name"] == "decoder"
    assert description["tokenizer"] == {"kind": "bytes", "file": "tokenizer.json", "vocabulary": 257}
    assert description["metrics"] == json.loads((base / "metrics.json").read_text())


def test_a_saved_model_has_the_metrics_that_the_run_reported(base: Path, corpus: Path) -> None:
    loaded = artifact.load(base / "model")
    told = {name: value for name, value in loaded.description["metrics"].items() if name.startswith("test_")}
    assert evaluate(loaded, str(corpus)) == pytest.approx(told, rel=TOLERANCE)
    assert evaluate(loaded, str(corpus / "test")) == evaluate(loaded, str(corpus))
    assert evaluate(loaded, str(corpus), max_rows=4) != evaluate(loaded, str(corpus))


def test_the_log_has_step_loss_rate_and_speed(corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tiny.make_run(tiny.ALONE, corpus, log_every=5)
    trainer.fit(run, Progress(), StopRequest())
    lines = [dict(part.split("=") for part in line.rstrip(";").split("; ")) for line in capsys.readouterr().out.splitlines()]
    assert [line["step"] for line in lines] == ["5", "10", str(tiny.STEPS)]
    assert {tuple(line) for line in lines} == {("step", "epoch", "train_loss", "learning_rate", "tokens_per_second")}
    assert float(lines[0]["learning_rate"]) > float(lines[2]["learning_rate"]) > 0


def test_fine_tuning_starts_where_the_model_is(base: Path, corpus: Path, tmp_path: Path) -> None:
    run = tiny.make_run(tiny.ALONE, corpus, paths(tmp_path, start_from=base / "model"))
    told = json.loads((base / "metrics.json").read_text())
    assert trainer.evaluate(run)["test_loss"] == pytest.approx(told["test_loss"], rel=TOLERANCE)


def test_a_model_that_does_not_fit_is_refused(trained: Any, corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is of task 'digits', and this run of 'language'; start from one of the same task"):
        tiny.make_run(tiny.ALONE, corpus, paths(tmp_path, start_from=trained.model))


def test_a_pruned_model_is_tuned_as_it_is(base: Path, corpus: Path, tmp_path: Path) -> None:
    loaded = artifact.load(base / "model")
    small: Any = fewer_neurons(loaded.model, 0.5)
    shutil.copytree(base / "model", tmp_path / "small")
    artifact.save(
        tmp_path / "small",
        state=small.state_dict(),
        architecture=small.architecture(),
        task="language",
        details={"tokenizer": loaded.description["tokenizer"]},
        metrics={},
        settings={},
    )
    before = evaluate(artifact.load(tmp_path / "small"), str(corpus))["test_loss"]
    metrics = fit_and_save(tiny.ALONE, corpus, paths(tmp_path, start_from=tmp_path / "small"), max_steps=20)
    assert metrics["test_loss"] < before
    after = artifact.load(tmp_path / "model")
    assert after.description["architecture"] == small.architecture()
    assert evaluate(after, str(corpus))["test_loss"] == pytest.approx(metrics["test_loss"], rel=TOLERANCE)


def test_a_quantised_model_is_refused_because_integers_do_not_learn(base: Path, corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "integers"
    shutil.copytree(base / "model", folder)
    description = json.loads((folder / "model.json").read_text())
    description["compression"] = {"recipe": "int8-weight-only", "tensors": "torchao"}
    (folder / "model.json").write_text(json.dumps(description))
    with pytest.raises(ModelError, match=r"was quantised \(int8-weight-only\), and integers do not learn; start from the model"):
        tiny.make_run(tiny.ALONE, corpus, paths(tmp_path, start_from=folder))


@pytest.mark.parametrize("role", ["start_from", "teacher"])
def test_a_model_of_another_tokenizer_is_refused(base: Path, corpus: Path, tmp_path: Path, role: str) -> None:
    folder = tmp_path / "other"
    shutil.copytree(base / "model", folder)
    (folder / "tokenizer.json").write_text('{"kind": "bpe"}')
    with pytest.raises(ModelError, match=r"has another tokenizer than this corpus \(bytes, 257 tokens\).*make the corpus with"):
        tiny.make_run(tiny.ALONE, corpus, paths(tmp_path, **{role: folder}))
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelError, match=r"has no tokenizer\.json"):
        tiny.make_run(tiny.ALONE, corpus, paths(tmp_path, **{role: folder}))


def test_adapters_learn_while_the_model_stays(base: Path, corpus: Path, tmp_path: Path) -> None:
    before = artifact.read(base / "model")[1]
    given = paths(tmp_path, start_from=base / "model")
    metrics = fit_and_save(tiny.ALONE, corpus, given, start_from="model", lora_rank=4, max_steps=20)
    assert metrics["test_loss"] < json.loads((base / "metrics.json").read_text())["test_loss"]
    after = artifact.load(tmp_path / "model")
    assert torch.equal(after.model.state_dict()["embed.weight"], before["embed.weight"]), "a weight without an adapter is frozen"
    assert not torch.equal(after.model.state_dict()["blocks.0.attention.query.weight"], before["blocks.0.attention.query.weight"])
    assert evaluate(after, str(corpus))["test_loss"] == pytest.approx(metrics["test_loss"], rel=1e-4), (
        "the merged model is as good as the model with its adapters"
    )
    assert (tmp_path / "model" / "adapter" / "adapter_config.json").is_file()


def test_adapters_without_a_model_are_refused(corpus: Path) -> None:
    with pytest.raises(HyperparameterError, match=r"lora_rank is 4 without a model .* set start_from, or .* channel 'model'"):
        tiny.make_run(tiny.ALONE, corpus, lora_rank=4)


def test_a_student_comes_nearer_to_its_teacher(base: Path, corpus: Path, tmp_path: Path) -> None:
    teacher = artifact.load(base / "model").model

    def distance(run: Run) -> float:
        batch = next(run.data.test())
        with torch.no_grad():
            return distillation.divergence(run.parallel.model(batch.inputs), teacher(batch.inputs), 2.0).item()

    told = tiny.make_run(
        tiny.ALONE, corpus, paths(tmp_path, teacher=base / "model"), seed=1, distillation_weight=1.0, max_steps=30
    )
    # With the teacher's own seed the student would become the teacher, so it has another.
    untold = tiny.make_run(tiny.ALONE, corpus, seed=1, max_steps=30)
    before = distance(told)
    for run in (told, untold):
        trainer.fit(run, Progress(), StopRequest())
    assert distance(told) < 0.5 * before
    assert distance(told) < distance(untold)


def test_a_teacher_of_another_task_is_refused(trained: Any, corpus: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"is of task 'digits', and this run of 'language'; give one of the same task"):
        tiny.make_run(tiny.ALONE, corpus, paths(tmp_path, teacher=trained.model))


def test_a_light_digits_model_learns_from_the_usual_one(trained: Any, tmp_path: Path) -> None:
    places = ["--data", str(DIGITS), "--out", str(tmp_path), "--teacher", str(trained.model)]
    task, settings, given = cli.read_arguments(["digits", *places, "--arch", "depthwise", "--epochs", "8"])
    metrics = trainer.train(task, settings, given, StopRequest())
    assert metrics is not None
    assert metrics["test_accuracy"] >= 0.95
    light, usual = (
        sum(one.numel() for one in artifact.load(folder).model.parameters()) for folder in (given.model, trained.model)
    )
    assert light < 0.35 * usual


def test_lower_precision_learns_too(corpus: Path) -> None:
    low = tiny.train(tiny.ALONE, corpus, sizes=SHALLOW, max_steps=6, precision="bf16")
    exact = tiny.train(tiny.ALONE, corpus, sizes=SHALLOW, max_steps=6)
    assert low.losses != exact.losses, "equal losses would mean that the precision was not lower"
    assert low.losses == pytest.approx(exact.losses, rel=0.02)


def test_float8_on_a_cpu_is_refused_with_the_way_out(corpus: Path) -> None:
    with pytest.raises(HyperparameterError, match=r"precision is 'float8', and the CPU has no float8 .* choose bf16"):
        tiny.make_run(tiny.ALONE, corpus, precision="float8")


def test_a_loss_that_is_no_number_ends_the_run(corpus: Path) -> None:
    run = tiny.make_run(tiny.ALONE, corpus)
    with torch.no_grad():
        next(run.parallel.model.parameters()).fill_(float("nan"))
    with pytest.raises(HyperparameterError, match=r"the loss became nan in epoch 1, step 0; lower learning_rate \(now 0\.01\)"):
        trainer.fit(run, Progress(), StopRequest())


def test_gradients_are_clipped_to_the_norm_that_pytorch_finds(corpus: Path) -> None:
    run = tiny.make_run(tiny.ALONE, corpus)
    trainer.backward(run, next(run.data.batches(0)))
    own = [parameter.grad.clone() for parameter in run.parallel.model.parameters() if parameter.grad is not None]
    expected = torch.nn.utils.get_total_norm(own)
    assert gradients.clip(run.parallel, 0.1).item() == pytest.approx(expected.item(), rel=1e-6)
    assert gradients.clip(run.parallel, 0.1).item() == pytest.approx(0.1, rel=1e-4), "now they are that long"


@pytest.mark.e2e
def test_two_processes_in_lower_precision_with_adapters_and_with_a_teacher(base: Path, corpus: Path, tmp_path: Path) -> None:
    short = {"sizes": SHALLOW, "max_steps": 5}
    exact = tiny.train(tiny.ALONE, corpus, **short).losses
    cases: Mapping[str, tuple[Mapping[str, Any], Mapping[str, Path]]] = {
        "DDP": ({"precision": "bf16"}, {}),
        "FSDP2": ({"precision": "bf16", "shard": 2}, {}),
        "tensor": ({"precision": "bf16", "tensor": 2}, {}),
        "pipeline": ({"precision": "bf16", "pipeline": 2}, {}),
        "adapters": ({"lora_rank": 4, "start_from": "model", "shard": 2}, {"start_from": base / "model"}),
        "teacher, tensor": ({"tensor": 2, "distillation_weight": 0.5}, {"teacher": base / "model"}),
    }
    # An artifact that a run starts from has its own sizes; elsewhere two layers, one for each stage, show what is looked for.
    cases = {name: ({**({"max_steps": 5} if models else short), **values}, models) for name, (values, models) in cases.items()}
    together = gang.run(2, losses_of, corpus, tmp_path, cases)
    assert together[0] == together[1], "every rank knows the same losses"
    for name in ("DDP", "FSDP2", "tensor", "pipeline"):
        assert together[0][name] == pytest.approx(exact, rel=0.02), name
    for name in ("adapters", "teacher, tensor"):
        values, models = cases[name]
        alone = losses_of(tiny.ALONE, corpus, tmp_path, {name: ({**values, "shard": 1, "tensor": 1}, models)})
        assert together[0][name] == pytest.approx(alone[name], rel=TOLERANCE), name


def losses_of(place: Place, corpus: Path, out: Path, cases: Mapping[str, Any]) -> dict[str, list[float]]:
    found = {}
    for name, (values, models) in cases.items():
        run = tiny.make_run(place, corpus, paths(out, **models), **values)
        found[name] = tiny.losses(run)
    return found


@pytest.mark.e2e
def test_a_compiled_model_learns_the_same(corpus: Path) -> None:
    short = {"sizes": SHALLOW, "max_steps": 3}
    plain = tiny.train(tiny.ALONE, corpus, **short)
    assert tiny.train(tiny.ALONE, corpus, compile=True, **short).losses == pytest.approx(plain.losses, rel=TOLERANCE)


def test_the_peak_of_known_devices_is_known_and_of_others_is_not() -> None:
    assert peak_of("NVIDIA H100 80GB HBM3", "bf16") == peak_of("ml.p5.48xlarge", "bf16") == 989e12
    assert peak_of("NVIDIA L40S", "bf16") == 362e12, "not the L4"
    assert peak_of("NVIDIA A100-SXM4-40GB", "float8") is None, "it has none"
    assert peak_of("Some GPU", "bf16") is None


def test_flops_are_counted_as_stated() -> None:
    sizes = replace(tiny.SIZES, vocabulary=64)
    per_block = 2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 64 + 2 * 32
    assert sizes.flops_per_token(16) == 6 * (4 * per_block + 32 + 64 * 32) + 6 * 4 * 32 * 16


def test_a_sharded_digits_run_learns_the_same(tmp_path: Path) -> None:
    values = {"max_steps": 6, "width": 8, "epochs": 1}
    alone, (sharded, _) = (
        digits_loss(tiny.ALONE, tmp_path / "a", values),
        gang.run(2, digits_loss, tmp_path / "b", {**values, "shard": 2}),
    )
    assert sharded == pytest.approx(alone, rel=TOLERANCE)


def digits_loss(place: Place, out: Path, values: Mapping[str, Any]) -> dict[str, float]:
    given = replace(paths(out), train=str(DIGITS), test=str(DIGITS))
    run = trainer.setup("digits", DigitsSettings.from_mapping(values), given, place)
    progress = trainer.fit(run, Progress(), StopRequest())
    return {"train_loss": progress.train_loss, **trainer.evaluate(run)}
