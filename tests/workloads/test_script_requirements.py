"""What a script needs: installed into the job's own folder where it can be, refused by name where it cannot."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from workloads import script_requirements
from workloads.errors import ContractError


@pytest.mark.parametrize(
    ("line", "lacking"),
    [
        ("numpy", []),
        ("NumPy>=1.0", []),
        ("numpy  # for arrays", []),
        ("# numpy==0.0.1", []),
        ("", []),
        ("--index-url https://example.org/simple", []),
        ("numpy==0.0.1; python_version < '3'", []),
        ("surely-none", ["surely-none (not here)"]),
        ("surely_none[extra]>=2,<3", ["surely_none[extra]>=2,<3 (not here)"]),
        ("surely-none --hash=sha256:00", ["surely-none (not here)"]),
        ("numpy==0.0.1", ["numpy==0.0.1 (here {numpy})"]),
        ("numpy>=1000", ["numpy>=1000 (here {numpy})"]),
        ("numpy<1,\\\n>=0.1", ["numpy<1, >=0.1 (here {numpy})"]),
        ("-r more.txt", ["-r more.txt"]),
        ("./vendor/x.whl", ["./vendor/x.whl"]),
        ("git+https://example.org/x.git", ["git+https://example.org/x.git"]),
    ],
)
def test_lines_that_this_python_does_not_meet_are_named(line: str, lacking: list[str]) -> None:
    from importlib.metadata import version

    assert list(script_requirements.unmet([line])) == [text.replace("{numpy}", version("numpy")) for text in lacking]


@pytest.mark.e2e
def test_a_package_in_the_submitted_folder_is_installed_for_the_job_alone(tmp_path: Path) -> None:
    wheel = tmp_path / "vendor" / "slipway_test_tiny-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("slipway_test_tiny.py", "SAID = 'hello'")
        archive.writestr(
            "slipway_test_tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: slipway-test-tiny\nVersion: 1.0\n"
        )
        archive.writestr(
            "slipway_test_tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr("slipway_test_tiny-1.0.dist-info/RECORD", "")
    file = tmp_path / "requirements.txt"
    file.write_text("./vendor/slipway_test_tiny-1.0-py3-none-any.whl\nnumpy\n")
    target = tmp_path / "packages"
    brought = script_requirements.bring([], file, python=sys.executable, folder=tmp_path, target=target)
    assert [Path(name).name for name in brought] == [wheel.name], "what is here already is not brought again"
    said = subprocess.run(
        [sys.executable, "-c", "import slipway_test_tiny as t; print(t.SAID, t.__file__)"],
        env={"PYTHONPATH": str(target)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert said == ["hello", str(target / "slipway_test_tiny.py")]
    assert subprocess.run([sys.executable, "-c", "import slipway_test_tiny"], capture_output=True, check=False).returncode == 1


@pytest.mark.e2e
def test_what_cannot_be_installed_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    with pytest.raises(ContractError, match=r"needs surely-none-a \(not here\), surely-none-b==2 \(not here\), and pip cannot"):
        script_requirements.bring(
            ["surely-none-a", "surely-none-b==2"], None, python=sys.executable, folder=tmp_path, target=tmp_path / "t"
        )
