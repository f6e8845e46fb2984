"""The findings of the doctor; a check that raises is a finding too."""

from pathlib import Path

import pytest

from tools.flows import diagnosis


def test_a_check_of_the_doctor_that_fails_is_a_finding_and_not_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def _broken_thing() -> diagnosis.Finding:
        raise OSError("no such device")

    monkeypatch.setattr(diagnosis, "CHECKS", (_broken_thing, diagnosis._python))
    first, second, *_ = diagnosis.diagnose()
    assert (first.name, first.ok) == ("broken thing", False)
    assert "no such device" in first.found
    assert second.ok


@pytest.mark.parametrize("variable", ["SLIPWAY_HOME", "SLIPWAY_CACHE"])
def test_the_doctor_finds_a_folder_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variable: str) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(variable, str(tmp_path / "file" / "below"))
    finding = diagnosis._home() if variable == "SLIPWAY_HOME" else diagnosis._cache()
    assert (finding.ok, finding.needed) == (False, True)
    assert variable in finding.way_out
    monkeypatch.setenv(variable, str(tmp_path / "not" / "yet" / "there"))
    assert (diagnosis._home() if variable == "SLIPWAY_HOME" else diagnosis._cache()).ok


def test_the_doctor_misses_stack_files_where_there_are_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SLIPWAY_STACKS", str(tmp_path / "nowhere"))
    (finding,) = diagnosis._stacks()
    assert (finding.name, finding.ok, finding.needed) == ("stack files", False, True)
    assert str(tmp_path / "nowhere") in finding.found
