"""LoRA by the real peft, on one process, data parallel and sharded, and what the artifact holds of it."""

from __future__ import annotations

import copy
import dataclasses
import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from tests.workloads import gang
from tests.workloads.training import tiny
from workloads import artifact, models
from workloads.errors import HyperparameterError
from workloads.training import adapters, state, tasks, trainer
from workloads.training.distributed import Place
from workloads.training.sources import Paths

# These tests are slow because the import of peft alone takes 13 s of CPU.
pytestmark = pytest.mark.e2e
LORA: dict[str, Any] = {"start_from": "base", "lora_rank": 2, "lora_alpha": 8.0}
TOKENS = torch.randint(0, 257, (3, 16), generator=torch.Generator().manual_seed(0))
SMALL = SimpleNamespace(lora_rank=2, lora_alpha=4.0, lora_dropout=0.0, seed=0)


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """The result of a run, as plain numbers."""

    losses: list[float]
    before: dict[str, float]
    after: dict[str, float]
    merged: dict[str, list[float]]
    share: float
    answers: list[Any]
    frozen_moved: bool


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def base(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The artifact to fine-tune: a tiny decoder after a few steps."""
    run = tiny.make_run(tiny.ALONE, corpus)
    for batch, number in zip(run.data.batches(0), range(run.steps), strict=False):
        trainer.step(run, batch, number)
    folder = tmp_path_factory.mktemp("base")
    run.data.save_beside(folder)
    artifact.save(
        folder,
        state=state.whole(run.parallel, run.parallel.model.state_dict()),
        architecture=run.architecture,
        task="language",
        details=run.data.details(),
        metrics={},
        settings={},
    )
    return folder


def adapt(place: Place, corpus: Path, base: Path, out: Path, values: dict[str, Any]) -> Adapted:
    """Fine-tune for a few steps and save, on every rank."""
    paths = Paths(
        train=str(corpus), test=str(corpus), model=out / "model", metrics=out / "metrics.json", checkpoints="", start_from=base
    )
    run = tiny.make_run(place, corpus, paths, **LORA, **values)
    model = run.parallel.model
    before = trainer.evaluate(run)
    run.parallel.module.train()
    losses = []
    for batch, number in zip(run.data.batches(1), range(run.steps), strict=False):
        (total,) = place.sum(trainer.step(run, batch, number))
        losses.append(total / run.parallel.loss_reporters)
    after = trainer.evaluate(run)
    trainer.save(run, after)
    merged = adapters.merged_state(model)
    original = artifact.read(base)[1]
    frozen = {name.replace(".base_layer.", "."): tensor for name, tensor in model.state_dict().items()}
    moved = any(not torch.equal(adapters._whole(frozen[name]), tensor) for name, tensor in original.items())
    with torch.inference_mode():
        answers = model(TOKENS)
    return Adapted(
        losses=losses,
        before=before,
        after=after,
        merged={name: tensor.flatten().tolist() for name, tensor in merged.items()},
        share=trainable_share(model),
        answers=answers.tolist(),
        frozen_moved=moved,
    )


def trainable_share(model: nn.Module) -> float:
    sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
    return sum(size for size, trainable in sizes if trainable) / sum(size for size, _ in sizes)


@pytest.fixture(scope="module")
def alone(corpus: Path, base: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Adapted, Path]:
    out = tmp_path_factory.mktemp("alone")
    return adapt(tiny.ALONE, corpus, base, out, {}), out


def test_fine_tuning_starts_at_the_loss_of_the_model_it_starts_from_and_lowers_it(
    alone: tuple[Adapted, Path], base: Path, corpus: Path
) -> None:
    adapted, _ = alone
    wanted = tasks.evaluate(artifact.load(base), str(corpus))
    assert adapted.before["test_loss"] == pytest.approx(wanted["test_loss"], rel=1e-5)
    assert adapted.after["test_loss"] < adapted.before["test_loss"]


def test_only_adapters_learn(alone: tuple[Adapted, Path]) -> None:
    adapted, _ = alone
    assert 0 < adapted.share < 0.15
    assert not adapted.frozen_moved


def test_the_artifact_holds_merged_weights_that_answer_as_the_adapted_model(alone: tuple[Adapted, Path], base: Path) -> None:
    adapted, out = alone
    served = artifact.load(out / "model").model
    with torch.inference_mode():
        torch.testing.assert_close(served(TOKENS), torch.tensor(adapted.answers), rtol=1e-4, atol=1e-5)
        assert (served(TOKENS) - artifact.load(base).model(TOKENS)).abs().max() > 1e-3, "and not as the one it started from"
    assert not [name for name in served.state_dict() if "lora" in name]


def test_the_adapter_beside_it_is_one_that_peft_reads(alone: tuple[Adapted, Path], base: Path) -> None:
    from peft import PeftModel

    adapted, out = alone
    folder = out / "model" / "adapter"
    assert sorted(path.name for path in folder.iterdir()) == ["adapter_config.json", "adapter_model.safetensors"]
    assert json.loads((folder / "adapter_config.json").read_text())["r"] == 2
    model = PeftModel.from_pretrained(artifact.load(base).model, str(folder)).eval()
    with torch.inference_mode():
        torch.testing.assert_close(model(TOKENS), torch.tensor(adapted.answers), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("values", [{"replicate": 2}, {"shard": 2}], ids=["ddp", "fsdp2"])
def test_two_processes_learn_the_same_adapters_as_one(
    values: dict[str, int], alone: tuple[Adapted, Path], corpus: Path, base: Path, tmp_path: Path
) -> None:
    import torch.distributed.fsdp  # imported once, before the ranks are forked

    adapted, _ = alone
    ranks: list[Adapted] = gang.run(2, adapt, corpus, base, tmp_path, values)
    assert ranks[0].losses == pytest.approx(adapted.losses, rel=1e-4)
    for rank in ranks:
        assert not rank.frozen_moved
        assert rank.before["test_loss"] == pytest.approx(adapted.before["test_loss"], rel=1e-5)
        for name, wanted in adapted.merged.items():
            torch.testing.assert_close(torch.tensor(rank.merged[name]), torch.tensor(wanted), rtol=1e-3, atol=2e-4, msg=name)
    with torch.inference_mode():
        served = artifact.load(tmp_path / "model").model(TOKENS)
    torch.testing.assert_close(served, torch.tensor(ranks[0].answers), rtol=1e-4, atol=1e-5)
    assert (tmp_path / "model" / "adapter" / "adapter_model.safetensors").is_file()


@pytest.mark.parametrize("name", ["digits-cnn", "digits-depthwise"])
def test_convolutions_are_adapted_and_merged_too(name: str) -> None:
    model = models.build({"name": name, "width": 8})
    pixels = torch.rand(6, 64, generator=torch.Generator().manual_seed(0)) * 16
    wrapped = adapters.wrap(copy.deepcopy(model), SMALL)
    wrapped.eval()
    torch.testing.assert_close(wrapped(pixels), model.eval()(pixels))
    learning = [weight for weight in wrapped.parameters() if weight.requires_grad]
    assert any(weight.ndim == 4 for weight in learning)
    optimizer = torch.optim.AdamW(learning, lr=0.05)
    for _ in range(3):
        optimizer.zero_grad()
        F.cross_entropy(wrapped(pixels), torch.arange(6)).backward()
        optimizer.step()
    plain = models.build({"name": name, "width": 8}).eval()
    plain.load_state_dict(adapters.merged_state(wrapped))
    torch.testing.assert_close(plain(pixels), wrapped(pixels), rtol=1e-4, atol=1e-5)
    assert (plain(pixels) - model(pixels)).abs().max() > 1e-3


def test_the_same_seed_gives_the_same_first_adapters_and_another_one_others() -> None:
    model = models.build({"name": "digits-cnn", "width": 8})
    torch.manual_seed(1)
    first = adapters.adapter_state(adapters.wrap(copy.deepcopy(model), SMALL))
    torch.manual_seed(2)
    again = adapters.adapter_state(adapters.wrap(copy.deepcopy(model), SMALL))
    other = adapters.adapter_state(adapters.wrap(copy.deepcopy(model), SimpleNamespace(**{**vars(SMALL), "seed": 1})))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


def test_a_model_without_a_layer_for_adapters_is_refused() -> None:
    with pytest.raises(HyperparameterError, match="lora_rank is 2, and ReLU has no layer for adapters; set lora_rank to 0"):
        adapters.wrap(nn.ReLU(), SMALL)


def test_an_image_without_peft_refuses_adapters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(HyperparameterError, match="this image has no peft; use the image for training and compression"):
        adapters.wrap(nn.Linear(2, 2), SMALL)


def test_every_setting_of_the_adapters_reaches_peft() -> None:
    settings = SimpleNamespace(lora_rank=3, lora_alpha=6.0, lora_dropout=0.25, seed=0)
    wrapped: Any = adapters.wrap(models.build({"name": "decoder", **dataclasses.asdict(tiny.SIZES)}), settings)
    query = wrapped.blocks["0"].attention.query
    assert query.lora_A["default"].weight.shape[0] == 3
    assert query.scaling["default"] == 2.0
    assert query.lora_dropout["default"].p == 0.25
    assert not hasattr(wrapped.head, "lora_A")
