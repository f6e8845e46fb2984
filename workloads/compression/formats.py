"""The formats a model can leave in: how each is written, and how its own runtime opens and runs it.

Every writer starts from the same traced program of `torch.export`, with the number of rows left open (of a decoder the number of
positions too). Runtimes are imported where they are used: each costs seconds.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import os
import platform
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn

from workloads.errors import CompressionError

# A function of one batch, which every format becomes when it is opened.
Runnable = Callable[[torch.Tensor], torch.Tensor]
INPUT: Final = "input"
_OUTPUT: Final = "logits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is exported: a model in eval mode, an example of at least two rows, and the most rows a fixed memory plan is for."""

    model: nn.Module
    example: torch.Tensor
    most_rows: int

    def trace(self, *, most_rows: int | None = None) -> torch.export.ExportedProgram:
        shapes: dict[int, Any] = {0: torch.export.Dim("rows", min=1, max=most_rows)}
        if self.example.ndim == 2 and not self.example.is_floating_point():  # tokens: (rows, positions)
            positions = self.model.architecture()["positions"]  # type: ignore[operator]
            shapes[1] = torch.export.Dim("positions", min=2, max=positions)
        with torch.no_grad(), _quiet():
            return torch.export.export(self.model, (self.example,), dynamic_shapes=(shapes,))


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """`write` makes the file, `open` runs it in its own runtime."""

    name: str
    suffix: str
    modules: tuple[str, ...]  # modules that must be installed
    compiler: bool = False  # a C++ compiler is needed to write
    runs_on: str  # who uses the file
    write: Callable[[Source, Path], None]
    open: Callable[[Path], Runnable]

    def check(self) -> None:
        """Raises `CompressionError` when this machine lacks what the format needs."""
        missing = [name for name in self.modules if importlib.util.find_spec(name) is None]
        if missing:
            raise CompressionError(
                f"export {self.name} needs {', '.join(missing)}, which this image does not have; "
                "use the image for training and compression, or another format"
            )
        compiler = os.environ.get("CXX") or "g++"  # as torch._inductor.config.cpp.cxx looks for it
        if self.compiler and shutil.which(compiler) is None:
            raise CompressionError(
                f"export {self.name} compiles C++, and this machine has no {compiler!r}; install g++, name a compiler in CXX, "
                "or take torch-export, which needs none"
            )


def _write_torch_export(source: Source, path: Path) -> None:
    torch.export.save(source.trace(), path)


def _open_torch_export(path: Path) -> Runnable:
    module = torch.export.load(path).module()
    return lambda batch: _tensor(module(batch))


def _write_aot_inductor(source: Source, path: Path) -> None:
    with _quiet():
        torch._inductor.aoti_compile_and_package(source.trace(), package_path=str(path))


def _open_aot_inductor(path: Path) -> Runnable:
    compiled = torch._inductor.aoti_load_package(str(path))
    return lambda batch: _tensor(compiled(batch))


def _write_onnx(source: Source, path: Path) -> None:
    with _quiet():
        program = torch.onnx.export(
            source.trace(), (), dynamo=True, verbose=False, input_names=[INPUT], output_names=[_OUTPUT], optimize=True
        )
    assert program is not None
    program.save(str(path))


def _open_onnx(path: Path) -> Runnable:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda batch: torch.from_numpy(session.run([_OUTPUT], {INPUT: batch.numpy()})[0])


def _write_executorch(source: Source, path: Path) -> None:
    with _quiet():
        from executorch.backends.xnnpack.partition.xnnpack_partitioner import XnnpackPartitioner
        from executorch.exir import to_edge_transform_and_lower

        # Memory is planned ahead for the largest batch, so its size must be known.
        lowered = to_edge_transform_and_lower(source.trace(most_rows=source.most_rows), partitioner=[XnnpackPartitioner()])
        path.write_bytes(lowered.to_executorch().buffer)


def _open_executorch(path: Path) -> Runnable:
    from executorch.runtime import Runtime

    program = Runtime.get().load_program(path)
    method = program.load_method("forward")
    # An answer lies in memory that the program owns, so the function holds the program, and each answer is copied.
    return lambda batch: (program, method.execute([batch.contiguous()])[0].clone())[1]


FORMATS: Final = (
    Format(
        name="torch-export",
        suffix=".pt2",
        modules=(),
        runs_on="any machine with the same or a later PyTorch",
        write=_write_torch_export,
        open=_open_torch_export,
    ),
    Format(
        name="aot-inductor",
        suffix=".aoti.pt2",
        modules=(),
        compiler=True,
        runs_on=f"{platform.machine()} processors of the builder's kind, with PyTorch {torch.__version__}, also without Python",
        write=_write_aot_inductor,
        open=_open_aot_inductor,
    ),
    Format(
        name="onnx",
        suffix=".onnx",
        modules=("onnx", "onnxscript", "onnxruntime"),
        runs_on="any ONNX runtime",
        write=_write_onnx,
        open=_open_onnx,
    ),
    Format(
        name="executorch",
        suffix=".pte",
        modules=("executorch",),
        runs_on="phones and boards with the ExecuTorch runtime and XNNPACK",
        write=_write_executorch,
        open=_open_executorch,
    ),
)
BY_NAME: Final = {item.name: item for item in FORMATS}


def _tensor(output: Any) -> torch.Tensor:
    tensor = output[0] if isinstance(output, (tuple, list)) else output
    assert isinstance(tensor, torch.Tensor)
    return tensor.detach()


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """A context that drops what exporters print about themselves, which has no place in a job's log."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
