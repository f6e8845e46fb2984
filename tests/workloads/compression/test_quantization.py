"""A model quantised by the real torchao has a smaller file, loads as it was saved, and answers nearly the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from tests.workloads.compression.support import run
from tests.workloads.conftest import Trained
from tests.workloads.support import DIGITS
from workloads import artifact
from workloads.compression import quantization
from workloads.errors import ModelError

TOKENS = torch.randint(0, 257, (3, 16), generator=torch.Generator().manual_seed(0))
# Recipe -> (largest size ratio, largest difference of a logit as a share of the largest logit). bf16 has half the
# bytes, int8 a quarter and its scales; the class names of torchao's tensors take room too in a file of 60 kB.
EXPECTED = {"bf16": (0.7, 0.02), "int8-weight-only": (0.6, 0.03), "int8-dynamic": (0.75, 0.05)}


@pytest.mark.parametrize("recipe", EXPECTED)
def test_a_quantised_decoder_is_smaller_and_answers_nearly_the_same(
    recipe: str, decoder: Path, corpus: Path, tmp_path: Path
) -> None:
    ran = run(decoder, corpus, tmp_path, "--recipe", recipe, "--min-speedup", "0")
    assert ran.code == 0, ran.errors
    largest_size, largest_difference = EXPECTED[recipe]
    original, made = artifact.load(decoder).model, artifact.load(ran.model)
    with torch.inference_mode():
        wanted, answers = original(TOKENS), made.model(TOKENS).float()
    assert 0 < (answers - wanted).abs().max() / wanted.abs().max() < largest_difference
    ratio = (ran.model / "model.pt").stat().st_size / (decoder / "model.pt").stat().st_size
    assert ratio < largest_size
    assert ran.report()["metrics"]["size_ratio"] == pytest.approx(ratio)
    assert made.description["metrics"] == ran.report()["quality"]["compressed"]
    assert made.description["compression"]["original"]["sha256"] == artifact.load(decoder).description["weights"]["sha256"]
    assert (ran.model / "tokenizer.json").read_bytes() == (decoder / "tokenizer.json").read_bytes()


def test_a_quantised_model_loads_in_integers_and_from_data_alone(trained: Trained, tmp_path: Path) -> None:
    ran = run(trained.model, DIGITS, tmp_path, "--recipe", "int8-weight-only", "--min-speedup", "0")
    assert ran.code == 0, ran.errors
    weights = torch.load(ran.model / "model.pt", weights_only=True)
    integers = [name for name, tensor in weights.items() if hasattr(tensor, "qdata") and tensor.qdata.dtype == torch.int8]
    assert integers == [name for name in weights if name.endswith("11.weight")]
    assert ran.report()["quality"]["compressed"]["test_accuracy"] > 0.9


def test_rotary_tables_keep_their_digits_in_bfloat16(decoder: Path) -> None:
    model = quantization.to_bf16(artifact.load(decoder).model)
    assert {weight.dtype for weight in model.parameters()} == {torch.bfloat16}
    assert {table.dtype for table in model.buffers()} == {torch.float32}


def test_a_model_without_a_layer_that_fits_is_refused() -> None:
    with pytest.raises(ModelError, match="int8-dynamic found no linear layer whose shape fits"):
        quantization.quantize(nn.Conv2d(1, 1, 3), "int8-dynamic")


def test_without_torchao_the_model_names_what_it_needs(decoder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description = json.loads((decoder / "model.json").read_text())
    description["compression"] = {"recipe": "int8-dynamic", "tensors": "torchao"}
    (tmp_path / "model.json").write_text(json.dumps(description))
    (tmp_path / "model.pt").write_bytes((decoder / "model.pt").read_bytes())
    monkeypatch.setitem(sys.modules, "torchao", None)
    monkeypatch.setitem(sys.modules, "torchao.quantization", None)
    with pytest.raises(ModelError, match=r"quantised with torchao \(int8-dynamic\), which this image does not have"):
        artifact.load(tmp_path)
