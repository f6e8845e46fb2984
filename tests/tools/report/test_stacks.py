"""The picture of every stack file's own plan."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from infra.program import program
from tests.support.recorder import record
from tools.report.diagram import draw

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("path", sorted(ROOT.glob("Pulumi.*.yaml")), ids=lambda path: path.name)
def test_every_component_of_a_stack_is_on_its_picture(path: Path) -> None:
    config = yaml.safe_load(path.read_text(encoding="utf-8"))["config"]
    plan = record(program, stack=path.name.split(".")[1], config=config)
    svg = draw(plan)
    shown = "\n".join(ElementTree.fromstring(svg).itertext())
    assert [view.name for view in plan if not view.custom and view.name not in shown] == []
    assert "Also there" not in shown, "a declared type has no room of its own; give it one in tools/report/rooms.py"
