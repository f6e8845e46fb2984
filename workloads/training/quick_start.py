"""Keeps PyTorch from loading its compiler in a program that compiles nothing.

PyTorch 2.15's optimizers and DistributedDataParallel ask `torch._dynamo` for things that are trivial unless `torch.compile` is in
use, and so import it: about 900 modules, 5 s of CPU and 170 MB in every training process, more than this package's whole training
run. Until someone asks for more than those trivial things, a stand-in answers; then it steps aside for the real module.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, Final

import torch

COMPILER: Final = "torch._dynamo"


def without_compiler() -> None:
    """Call once, before the first optimizer or DDP model is made. No effect when the compiler is loaded already."""
    if COMPILER not in sys.modules:
        stand_in = _StandIn(COMPILER)
        sys.modules[COMPILER] = stand_in
        torch._dynamo = stand_in


def _disable(function: Callable[..., Any], *_: Any, **__: Any) -> Callable[..., Any]:
    return function


class _StandIn(ModuleType):
    """`torch._dynamo` of a process in which nothing is ever traced."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.disable = _disable  # "do not trace this function": nothing is traced
        self.graph_break = lambda *_, **__: None  # "end the traced graph here": there is none
        # The default of torch._dynamo.config.optimize_ddp; the other modes are for compiled models.
        self.utils = SimpleNamespace(get_optimize_ddp_mode=lambda: "ddp_optimizer")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__path__":
            raise AttributeError(name)
        if sys.modules.get(COMPILER) is self:
            del sys.modules[COMPILER]
            # While the real module is imported it looks itself up in `torch`, and must not find the stand-in there.
            if torch.__dict__.get("_dynamo") is self:
                del torch._dynamo
        return getattr(importlib.import_module(COMPILER), name)
