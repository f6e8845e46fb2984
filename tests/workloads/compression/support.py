"""Runs the workload in this process, as its command line does."""

from __future__ import annotations

import contextlib
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workloads.compression import speed
from workloads.compression.__main__ import main

# The least that a round needs: these tests look at what is measured, not at how fast this machine is.
QUICK = ("--rounds", "4", "--batch-sizes", "1,4", "--max-rows", "64")


@dataclass(frozen=True, kw_only=True)
class Ran:
    code: int
    out: Path
    said: str
    errors: str

    @property
    def model(self) -> Path:
        return self.out / "model"

    def report(self, name: str = "compression.json") -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.out / "output" / "data" / name).read_text())
        return document


def run(model: Path, data: Path, out: Path, *arguments: str, timed: bool = False) -> Ran:
    """Compress `model`. Where the speed decides whether the run passes, `timed` measures for as long as users' runs do."""
    said, errors = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
        if not timed:
            for name, least in (("WARM_UP_SECONDS", 0.0), ("TURN_SECONDS", 0.0), ("MOST_SETS", 1)):
                patch.setattr(speed, name, least)
        code = main(["--model", str(model), "--data", str(data), "--out", str(out), *QUICK, *arguments])
    return Ran(code=code, out=out, said=said.getvalue(), errors=errors.getvalue())
