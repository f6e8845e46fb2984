"""The report's facts about the machine."""

from __future__ import annotations

import platform
from pathlib import Path

import pytest

from workloads.compression import report


def test_a_processor_is_named_on_linux(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    info = tmp_path / "cpuinfo"
    monkeypatch.setattr(report, "CPUINFO", info)
    info.write_text("processor\t: 0\nmodel name\t: A Processor 9000\n")
    assert report.processor() == "A Processor 9000"
    info.write_text("processor\t: 0\nCPU implementer\t: 0x41\n")
    assert report.processor() == platform.machine(), "Linux on arm64 gives no name"


def test_a_processor_is_named_where_there_is_no_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(report, "CPUINFO", tmp_path / "absent")
    sysctl = tmp_path / "sysctl"
    sysctl.write_text('#!/bin/sh\n[ "$2" = machdep.cpu.brand_string ] && echo Another Processor\n')
    sysctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert report.processor() == "Another Processor"
    sysctl.unlink()
    assert report.processor() == platform.machine()
