"""The picture of every stack file's own plan."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from tests.support.stacks import STACKS, recorded_stack
from tools.report.diagram import draw


@pytest.mark.parametrize("stack", STACKS)
def test_every_component_of_a_stack_is_on_its_picture(stack: str) -> None:
    plan = recorded_stack(stack)
    svg = draw(plan)
    shown = "\n".join(ElementTree.fromstring(svg).itertext())
    assert [view.name for view in plan if not view.custom and view.name not in shown] == []
    assert "Also there" not in shown, "a declared type has no room of its own; give it one in tools/report/rooms.py"
