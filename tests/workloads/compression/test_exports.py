"""Every format is opened in its own runtime and answers as the model does; a file that does not is found."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import onnx
import pytest
import torch
import torch._inductor.config as inductor
from torch import nn

from tests.workloads.compression.conftest import DECODER
from tests.workloads.compression.support import Ran, run
from tests.workloads.conftest import Trained
from tests.workloads.support import DIGITS
from workloads import artifact
from workloads.compression import exports, formats
from workloads.errors import CompressionError

# These tests are slow because tracing imports the compiler, which takes seconds, and each runtime takes as long again.
pytestmark = pytest.mark.e2e
PIXELS = torch.randint(0, 17, (4, 64), generator=torch.Generator().manual_seed(0)).float()


@pytest.fixture(scope="module")
def exported(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """The digits model in every format, exported once for all tests that look at it."""
    with pytest.MonkeyPatch.context() as patch:
        # The code around the kernels runs a few times here: what g++ spends on optimising it is never earned back.
        patch.setattr(inductor.aot_inductor, "compile_wrapper_opt_level", "O0")
        ran = run(trained.model, DIGITS, tmp_path_factory.mktemp("exported"), "--export", ",".join(formats.BY_NAME))
    assert ran.code == 0, ran.errors
    return ran


def test_digits_leave_in_every_format(exported: Ran) -> None:
    ran = exported
    document = ran.report("export.json")
    assert document["passed"]
    assert [item["format"] for item in document["exports"]] == list(formats.BY_NAME)
    for item in document["exports"]:
        assert (ran.model / item["file"]).stat().st_size == item["bytes"]
        assert [check["shape"][0] for check in item["checks"]] == [4, 1]
        assert all(check["max_relative"] <= item["tolerance"] and check["argmax_agreement"] == 1.0 for check in item["checks"])
    assert "onnx_difference=" in ran.said
    assert artifact.load(ran.model).description["task"] == "digits", "the model itself is beside them"


def test_the_server_without_pytorch_answers_with_an_exported_model(trained: Trained, exported: Ran) -> None:
    from workloads.serving.onnx_predictor import OnnxPredictor

    many = PIXELS.repeat(8, 1)  # more rows than the file was exported with
    with torch.inference_mode():
        wanted = artifact.load(trained.model).model(many).argmax(1).tolist()
    assert OnnxPredictor.load(exported.model).predict(many.tolist()) == wanted


def test_a_decoder_leaves_with_rows_and_positions_open(shallow_decoder: Path, corpus: Path, tmp_path: Path) -> None:
    ran = run(shallow_decoder, corpus, tmp_path, "--export", "torch-export,onnx,executorch")
    assert ran.code == 0, ran.errors
    for item in ran.report("export.json")["exports"]:
        assert [check["shape"] for check in item["checks"]] == [[4, 32], [1, 32], [4, 16]]
        assert all(check["max_relative"] <= item["tolerance"] for check in item["checks"]), item["format"]


def test_a_quantised_decoder_leaves_with_its_integers(shallow_decoder: Path, corpus: Path, tmp_path: Path) -> None:
    asked = ("--recipe", "int8-weight-only", "--min-speedup", "0", "--export", "torch-export,onnx")
    ran = run(shallow_decoder, corpus, tmp_path, *asked)
    assert ran.code == 0, ran.errors
    stored = onnx.load(ran.model / "model.onnx").graph.initializer
    integers = [math.prod(tensor.dims) for tensor in stored if tensor.data_type == onnx.TensorProto.INT8]
    # The ONNX optimiser turns matrices of a few thousand numbers back; the embedding and the head are larger.
    assert integers == [DECODER["vocabulary"] * DECODER["width"]] * 2


def test_both_models_can_be_compared_compiled(trained: Trained, tmp_path: Path) -> None:
    asked = ("--recipe", "prune-magnitude", "--sparsity", "0.1", "--min-speedup", "0", "--runtime", "compiled")
    ran = run(trained.model, DIGITS, tmp_path, *asked, "--batch-sizes", "4")
    assert ran.code == 0, ran.errors
    assert ran.report()["conditions"]["runtime"] == "compiled"


def test_a_format_that_cannot_take_a_model_names_the_operator(shallow_decoder: Path, corpus: Path, tmp_path: Path) -> None:
    ran = run(shallow_decoder, corpus, tmp_path, "--recipe", "int8-dynamic", "--min-speedup", "0", "--export", "onnx")
    assert ran.code == 2
    assert ran.errors.startswith("CompressionError: export onnx failed: ")
    assert "_int_mm" in ran.errors
    assert "take another format, or export the model before it is quantised" in ran.errors
    assert not (ran.model / "model.json").exists()


def test_a_file_that_answers_otherwise_than_its_model_is_found(trained: Trained, tmp_path: Path) -> None:
    """A real file, of a model whose last layer differs a little, run by the real runtime."""
    model = artifact.load(trained.model).model
    other = artifact.load(trained.model).model
    with torch.no_grad():
        next(layer for layer in other.modules() if isinstance(layer, nn.Linear)).bias.add_(torch.arange(10) * 0.001)
    plain = formats.BY_NAME["torch-export"]
    wrong = dataclasses.replace(
        plain, write=lambda source, path: plain.write(dataclasses.replace(source, model=other.requires_grad_(False)), path)
    )
    (fault,) = exports.faults(exports.export(model, [wrong], [PIXELS, PIXELS[:1]], tmp_path))
    assert "export torch-export answers otherwise than the model: on a batch of shape [4, 64] logits differ by" in fault
    assert exports.faults(exports.export(model, [plain], [PIXELS, PIXELS[:1]], tmp_path)) == []


def test_answers_that_are_no_numbers_or_of_another_shape_never_pass() -> None:
    wanted = torch.randn(2, 10)
    item = {"format": "onnx", "tolerance": 1e-5}
    for answer in (torch.full((2, 10), float("nan")), wanted[:1]):
        check = exports.difference(answer, wanted, (2, 64))
        assert exports.faults([{**item, "checks": [check.as_dict()]}])
    assert not exports.faults([{**item, "checks": [exports.difference(wanted, wanted, (2, 64)).as_dict()]}])
    json.dumps(exports.difference(wanted, wanted, (2, 64)).as_dict())


def test_an_exporter_that_breaks_says_so_in_one_line(tmp_path: Path) -> None:
    class Undecided(nn.Module):
        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return pixels if pixels.sum() > 0 else -pixels  # no trace can know which branch is taken

    with pytest.raises(CompressionError, match="export torch-export failed: ") as caught:
        exports.export(Undecided(), [formats.BY_NAME["torch-export"]], [PIXELS, PIXELS[:1]], tmp_path)
    assert "\n" not in str(caught.value)
