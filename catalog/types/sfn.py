"""Step Functions."""

from __future__ import annotations

from typing import Final

from catalog.types.card import Card

STATE_MACHINE = Card(
    token="aws:sfn/stateMachine:StateMachine",
    unit="state transition",
)

CARDS: Final = (STATE_MACHINE,)
