"""`slipway images`, through the real command line."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.tools.images.test_builders import BUILDS, ID
from tests.tools.images.test_variants import BASE
from tools.cli.app import app

Put = Callable[[str, str], Path]


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["images", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_list_prints_every_image_in_every_variant() -> None:
    code, out, _ = call("list", "--json")
    rows = json.loads(out)
    assert code == 0
    assert len(rows) == 6
    assert {row["base"] for row in rows if row["variant"] == "neuron"} == {None}
    assert all(row["tag"].startswith("src-") and row["note"] for row in rows)


def test_show_says_what_a_build_would_do() -> None:
    code, out, _ = call("show", "serving", "--variant", "cpu", "--json")
    shown = json.loads(out)
    assert code == 0
    assert shown["context"]["files"] > 50
    assert 0 < shown["context"]["bytes"] < 5_000_000
    assert shown["arguments"]["REQUIREMENTS"] == "workloads/images/serving-cpu.txt"


@pytest.mark.parametrize("command", ["list", "show", "build", "push", "sbom"])
def test_every_command_has_help_with_an_example(command: str) -> None:
    code, out, _ = call(command, "--help")
    assert code == 0
    assert "Example: slipway images " in out
    assert "--json" in out


def test_a_build_prints_the_digest_and_writes_its_bill(program: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    root = tmp_path / "root"
    (root / "var/lib/dpkg").mkdir(parents=True)
    (root / "var/lib/dpkg/status").write_text("Package: a\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n")
    program("buildah", BUILDS.replace("esac", f"  from) echo one ;;\n  mount) echo {root} ;;\nesac"))
    bill = tmp_path / "bill.json"
    code, out, err = call(
        "build", "serving", "--variant", "cpu", "--tool", "buildah", "--base", BASE, "--sbom", str(bill), "--json"
    )  # fmt: skip
    assert code == 0, err
    assert json.loads(out)["id"] == ID
    assert json.loads(out)["digest"].startswith("sha256:")
    assert "pkg:deb/debian/a@1?arch=all" in bill.read_text()
    assert ID.removeprefix("sha256:") in bill.read_text()


def test_no_tool_is_exit_code_1_with_the_ways_out(program: Put) -> None:
    for name in ("docker", "podman", "buildah"):
        program(name, "exit 1")
    code, out, err = call("build", "serving", "--variant", "cpu", "--base", BASE, "--json")
    assert code == 1
    assert json.loads(out)["error"]["code"] == 1
    assert "apt install buildah" in err


def test_a_base_without_a_digest_is_wrong_use() -> None:
    code, _, err = call("build", "serving", "--base", "python:3.11")
    assert code == 2
    assert "names no digest" in err


@pytest.mark.parametrize("arguments", [("push", "all"), ("push", "serving", "dev", "--local")])
def test_the_local_cloud_has_nothing_to_push_to_and_says_why(arguments: tuple[str, ...]) -> None:
    code, _, err = call(*arguments)
    assert code == 1
    assert "the local cloud holds no images" in err


def test_the_bill_goes_to_stdout_or_to_a_file(tmp_path: Path) -> None:
    code, out, err = call("sbom", "serving", "--variant", "cpu")
    assert code == 0
    assert json.loads(out)["bomFormat"] == "CycloneDX"
    assert "--rootfs" in err, "it says what it lacks"
    file = tmp_path / "bill.json"
    code, out, _ = call("sbom", "serving", "--variant", "cpu", "-o", str(file), "--json")
    assert json.loads(out)["components"] == len(json.loads(file.read_text())["components"])
