"""Lambda."""

from __future__ import annotations

from typing import Final

from catalog.types.card import SETTING, Card, Points

ALIAS = Card(
    token="aws:lambda/alias:Alias",
    free=SETTING,
)
EVENT_SOURCE_MAPPING = Card(
    token="aws:lambda/eventSourceMapping:EventSourceMapping",
    free=SETTING,
)
FUNCTION = Card(
    token="aws:lambda/function:Function",
    taggable=True,
    unit="request, and GB-second of memory",
)
FUNCTION_URL = Card(
    token="aws:lambda/functionUrl:FunctionUrl",
    points=(Points(path="functionName", to="aws:lambda/function:Function"),),
)
PERMISSION = Card(
    token="aws:lambda/permission:Permission",
    free=SETTING,
    points=(Points(path="function", to="aws:lambda/function:Function"),),
)

CARDS: Final = (
    ALIAS,
    EVENT_SOURCE_MAPPING,
    FUNCTION,
    FUNCTION_URL,
    PERMISSION,
)
