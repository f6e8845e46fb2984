"""The architecture picture, drawn from the plan itself, so that it shows exactly what is declared.

`draw(plan)` gives one self-contained SVG, readable in light and dark. `python -m tools.report.diagram FILE` draws a JSON list of
resources.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from tools.plan.view import Plan
from tools.report.rooms import Network, Picture, Room, picture
from tools.report.svg import CHIP, Canvas, Chip, chips_height, escape, rows, width

_WIDE: Final = 1200.0
MARGIN: Final = 28.0
GAP: Final = 20.0
PAD: Final = 18.0
_SIDE: Final = 372.0  # the column beside the network
_HEAD: Final = 92.0
CARD_HEAD: Final = 44.0
HEADING: Final = 18.0
GROUP_GAP: Final = 12.0
FOOT: Final = 24.0
TIER_LABEL: Final = 76.0
CELL: Final = 40.0
LEAD: Final = 116.0  # the headings' column in a broad card
BROAD: Final = 420.0
# The chips of a heading beyond this many rows are summed up in one chip: nobody reads a list of 40 alarms.
_ROWS_SHOWN: Final = 4
CHIPS_SHOWN: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a room is titled and coloured."""

    title: str
    icon: str
    accent: str


LOOKS: Final = {
    "network": Look(title="Network", icon="cloud", accent="blue"),
    "cluster": Look(title="Cluster", icon="hexagon", accent="violet"),
    "data": Look(title="Data lake", icon="bucket", accent="green"),
    "keys": Look(title="Keys and secrets", icon="key", accent="amber"),
    "images": Look(title="Images", icon="box", accent="rose"),
    "training": Look(title="Training", icon="spark", accent="rose"),
    "models": Look(title="Models", icon="layers", accent="rose"),
    "serving": Look(title="Serving", icon="pulse", accent="rose"),
    "identity": Look(title="Identity", icon="person", accent="amber"),
    "watch": Look(title="Watching", icon="bell", accent="teal"),
    "money": Look(title="Money", icon="coin", accent="teal"),
    "other": Look(title="Also there", icon="dots", accent="teal"),
}
BESIDE: Final = ("data", "keys", "money")
PIPELINE: Final = ("images", "training", "models", "serving")
BELOW: Final = ("identity", "watch", "other")


def draw(plan: Plan) -> str:
    """The picture of `plan` as an SVG document. The same plan gives the same text; an empty plan gives a picture that says so."""
    shown = picture(plan)
    canvas = Canvas()
    body = Canvas()
    high = _body(body, shown)
    canvas.box(0, 0, _WIDE, high, "paper", radius=0)
    _header(canvas, shown)
    canvas.parts += body.parts
    return canvas.document(_WIDE, high, f"Architecture of {shown.title}: {shown.subtitle}")


def _header(canvas: Canvas, shown: Picture) -> None:
    canvas.box(MARGIN, 28, 6, 44, "rose", radius=3)
    canvas.text(MARGIN + 20, 50, shown.title, size=26, bold=True, room=_WIDE - 2 * MARGIN - 20)
    canvas.text(MARGIN + 20, 71, f"{shown.subtitle} · drawn from the plan", size=13, style="soft", room=_WIDE - 2 * MARGIN - 20)


def _body(canvas: Canvas, shown: Picture) -> float:
    """Draws all rooms below the header. Returns the height of the picture."""
    rooms = shown.rooms
    y = _HEAD
    if not rooms:
        canvas.text(MARGIN + 20, y + 20, "Nothing is declared.", size=14, style="soft")
        return y + 48
    beside = [kind for kind in BESIDE if kind in rooms]
    below = [kind for kind in BELOW if kind in rooms]
    if shown.network:
        y = _network_and_side(canvas, shown.network, shown, [rooms[kind] for kind in beside], y)
    else:
        below = [kind for kind in ("network", "cluster", *beside) if kind in rooms] + below
    pipeline = [rooms[kind] for kind in PIPELINE if kind in rooms]
    if pipeline:
        y = _row(canvas, pipeline, y, gap=44.0, arrows=True)
    for start in range(0, len(below), 2):
        y = _row(canvas, [rooms[kind] for kind in below[start : start + 2]], y, gap=GAP)
    return y - GAP + MARGIN


def _row(canvas: Canvas, rooms: Sequence[Room], y: float, *, gap: float, arrows: bool = False) -> float:
    """Draws cards side by side, all as high as the highest. Returns the y at which the next row starts."""
    wide = (_WIDE - 2 * MARGIN - gap * (len(rooms) - 1)) / len(rooms)
    high = max(_card_height(room, wide) for room in rooms)
    x = MARGIN
    for number, room in enumerate(rooms):
        if arrows and number:
            canvas.arrow(x - gap + 7, y + high / 2, x - 8, LOOKS[room.kind].accent)
        _card(canvas, room, x, y, wide, high)
        x += wide + gap
    return y + high + GAP


def _card_height(room: Room, wide: float) -> float:
    return CARD_HEAD + _groups(None, room, 0, 0, wide - 2 * PAD) + FOOT


def _card(canvas: Canvas, room: Room, x: float, y: float, wide: float, high: float) -> None:
    _frame(canvas, room, x, y, wide, high, LOOKS[room.kind].title)
    _groups(canvas, room, x + PAD, y + CARD_HEAD, wide - 2 * PAD)


def _groups(canvas: Canvas | None, room: Room, x: float, y: float, wide: float, *, style: str = "chip") -> float:
    """Draws headings with their chips, beside the heading where the card is wide enough, else below it.

    Returns the height. Without a canvas nothing is drawn and only the height is computed.
    """
    accent = LOOKS[room.kind].accent
    lead = LEAD if wide >= BROAD else 0.0
    top = y
    for group in room.groups:
        chips = _few(group.chips, wide - lead)
        if canvas:
            canvas.text(x, top + (15 if lead else 11), group.heading, size=11, style="soft", room=(lead or wide) - 6)
        top += 0 if lead else HEADING
        if canvas:
            canvas.chips(x + lead, top, wide - lead, chips, accent, style=style)
        top += chips_height(chips, wide - lead) + (8 if lead else GROUP_GAP)
    return top - y


def _frame(canvas: Canvas, room: Room, x: float, y: float, wide: float, high: float, title: str, aside: str = "") -> None:
    """Draws a card's box, its title, its number of resources, and the names of its components."""
    look = LOOKS[room.kind]
    canvas.box(x, y, wide, high, "card edge")
    canvas.box(x + PAD - 6, y + 11, 26, 26, f"{look.accent}-tint", radius=7)
    canvas.icon(x + PAD - 1, y + 16, look.icon, look.accent)
    count = " · ".join(word for word in (aside, f"{room.count} resource{'s' * (room.count != 1)}") if word)
    canvas.text(x + wide - PAD, y + 29, count, size=11, style="soft", anchor="end")
    canvas.text(x + PAD + 28, y + 29, title, size=15, bold=True, room=wide - 2 * PAD - 40 - width(count, 11))
    _components(canvas, room, x + PAD, y + high - 12, wide - 2 * PAD)


def _components(canvas: Canvas, room: Room, x: float, y: float, wide: float, *, anchor: str = "start") -> None:
    """Writes the names of a room's components in small type; the tooltip has the full names, one a line."""
    if room.components:
        full = "\n".join(component.tip for component in room.components)
        canvas.add(f"<g><title>{escape(full)}</title>")
        canvas.text(
            x,
            y,
            "from " + ", ".join(component.label for component in room.components),
            size=10,
            style="soft",
            room=wide,
            anchor=anchor,
        )
        canvas.add("</g>")


def _few(chips: Sequence[Chip], room: float) -> list[Chip]:
    """As many chips as fit into `_ROWS_SHOWN` rows of `room` px, and one that counts the rest and names them in its tooltip."""
    for shown in range(min(len(chips), CHIPS_SHOWN), 0, -1):
        rest = chips[shown:]
        more = [Chip(label=f"+ {len(rest)} more", tip=", ".join(chip.tip or chip.label for chip in rest))] if rest else []
        few = [*chips[:shown], *more]
        if rows(few, room) <= _ROWS_SHOWN:
            return few
    return []


def _network_and_side(canvas: Canvas, network: Network, shown: Picture, beside: Sequence[Room], y: float) -> float:
    """Draws the VPC, and the rooms of `beside` in a column next to it. Both columns end at the same height."""
    wide = _WIDE - 2 * MARGIN - (_SIDE + GAP if beside else 0)
    blocks = _network_blocks(network, shown, wide - 2 * PAD)
    network_high = CARD_HEAD + sum(block.high for block in blocks) + FOOT
    heights = [_card_height(room, _SIDE) for room in beside]
    side_high = sum(heights) + GAP * (len(beside) - 1 if beside else 0)
    high = max(network_high, side_high)
    _frame(canvas, shown.rooms["network"], MARGIN, y, wide, high, network.title, network.edge)
    top, slack = y + CARD_HEAD, (high - network_high) / max(1, len(blocks))
    for block in blocks:
        block.draw(canvas, MARGIN + PAD, top)
        top += block.high + slack
    top = y
    for room, room_high in zip(beside, heights, strict=True):
        taller = room_high + (high - side_high) / len(beside)
        _card(canvas, room, _WIDE - MARGIN - _SIDE, top, _SIDE, taller)
        top += taller + GAP
    return y + high + GAP


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of the VPC with its height. `draw(canvas, x, y)` draws it at that place."""

    high: float
    draw: Callable[[Canvas, float, float], None]


def _network_blocks(network: Network, shown: Picture, wide: float) -> list[Block]:
    blocks = [Block(high=24.0, draw=lambda canvas, x, y: _zones(canvas, network, x, y, wide))]
    cluster = shown.rooms.get("cluster")
    names = [tier.tier for tier in network.tiers]
    home = "private" if "private" in names else names[-1] if names else ""
    for tier in network.tiers:
        blocks.append(_tier(network, tier.tier, [text for _, text in tier.cells], wide))
        if cluster and tier.tier == home:
            blocks.append(_band(cluster, wide, title=LOOKS["cluster"].title))
    if cluster and not home:
        blocks.append(_band(cluster, wide, title=LOOKS["cluster"].title))
    if shown.rooms["network"].groups:
        blocks.append(_band(shown.rooms["network"], wide))
    return blocks


def _zones(canvas: Canvas, network: Network, x: float, y: float, wide: float) -> None:
    for number, zone in enumerate(network.zones):
        left, cell = _cell(network, number, wide)
        canvas.text(x + left + 12, y + 13, zone, size=11, style="soft", room=cell - 24)


def _cell(network: Network, number: int, wide: float) -> tuple[float, float]:
    """(left edge, width) of a zone's column."""
    cell = (wide - TIER_LABEL - 10.0 * (len(network.zones) - 1)) / max(1, len(network.zones))
    return TIER_LABEL + number * (cell + 10.0), cell


def _tier(network: Network, tier: str, cells: Sequence[str], wide: float) -> Block:
    """One tier of subnets, a cell a zone. A NAT gateway stands beside its subnet's range, or below it where zones are narrow."""
    nat = Chip(label="NAT", tip="NAT gateway")
    nat_wide = width(nat.label, 12, bold=True) + 20
    cell = _cell(network, 0, wide)[1]
    nats = network.nat_zones if tier == "public" else ()
    below = bool(nats) and any(width(text, 12) > cell - nat_wide - 32 for text in cells)
    high = CELL + (CHIP if below else 0)

    def paint(canvas: Canvas, x: float, y: float) -> None:
        canvas.text(x, y + high / 2 + 4, tier.capitalize(), size=12, bold=True, style="blue", room=TIER_LABEL - 8)
        for number, text in enumerate(cells):
            left = x + _cell(network, number, wide)[0]
            canvas.box(left, y, cell, high, "blue-tint", radius=8)
            has_nat = network.zones[number] in nats
            room = cell - 24 - (nat_wide + 8 if has_nat and not below else 0)
            canvas.text(left + 12, y + CELL / 2 + (0 if below else 4), text or "no subnet", size=12, room=room)
            if has_nat:
                nat_left, nat_top = (left + 12, CELL - 10) if below else (left + cell - nat_wide - 10, (CELL - CHIP) / 2)
                canvas.chips(nat_left, y + nat_top, nat_wide, [nat], "blue", style="card edge")

    return Block(high=high + 10, draw=paint)


def _band(room: Room, wide: float, *, title: str = "") -> Block:
    """A room that is drawn inside the VPC, across all its zones."""
    look = LOOKS[room.kind]
    head = 36.0 if title else 12.0
    high = head + _groups(None, room, 0, 0, wide - TIER_LABEL - 26) + 4

    def paint(canvas: Canvas, x: float, y: float) -> None:
        left = x + TIER_LABEL
        canvas.box(left, y, wide - TIER_LABEL, high, f"{look.accent}-tint", radius=8)
        if title:
            canvas.icon(left + 12, y + 9, look.icon, look.accent)
            named = f"{title} · {room.count} resources"
            canvas.text(left + 34, y + 22, named, size=13, bold=True, style=look.accent)
            taken = 60 + width(named, 13, bold=True)
            _components(canvas, room, x + wide - 14, y + 22, wide - TIER_LABEL - taken, anchor="end")
        _groups(canvas, room, left + 14, y + head, wide - TIER_LABEL - 26, style="card edge")

    return Block(high=high + 10, draw=paint)


def main() -> None:
    """`python -m tools.report.diagram FILE`: draws a JSON list of resources on standard output."""
    import json
    import sys
    from pathlib import Path

    from tools.plan.view import from_json

    if len(sys.argv) != 2:
        sys.exit("one argument expected: a JSON file with a list of {type, name, props, urn, parent}")
    sys.stdout.write(draw(from_json(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))


if __name__ == "__main__":
    main()
