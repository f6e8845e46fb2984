"""The pieces of our SVG pictures (text that fits, chips that wrap, boxes, icons, arrows) and their light and dark palettes.

Colours are classes with a `prefers-color-scheme` override and no CSS variables, so that renderers other than browsers show the
light picture. Nothing is fetched: no fonts, no images, no scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape as xml_escape

FONT: Final = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', sans-serif"
# Advance widths of Helvetica in em. Any other Latin character is taken as wide as a digit, one beyond Latin as a full em.
_WIDTHS: Final = {
    **dict.fromkeys("ijl.,:;'|! ", 0.28),
    **dict.fromkeys("ftIr()[]/-·*", 0.34),
    **dict.fromkeys("cksvxyzJ", 0.5),
    **dict.fromkeys("mMW@", 0.9),
    **dict.fromkeys("w%", 0.8),
    **dict.fromkeys("ABCDEFGHKLNOPQRSTUVXYZ&", 0.72),
}
_BOLD: Final = 1.07
# Room for a fallback font that is a little wider than Helvetica.
_SAFETY: Final = 1.06

# class: (light, dark) fill; accents also colour lines.
PALETTE: Final = {
    "paper": ("#f6f8fb", "#0b1120"),
    "card": ("#ffffff", "#131c2f"),
    "ink": ("#0f172a", "#f1f5f9"),
    "soft": ("#526077", "#a3b1c6"),
    "line": ("#d9e0ea", "#2b3951"),
    "chip": ("#eef2f7", "#1f2c44"),
    "blue": ("#1d4ed8", "#7ab2ff"),
    "violet": ("#6d28d9", "#bca2ff"),
    "green": ("#047857", "#4fd6a5"),
    "amber": ("#a34a07", "#f7bb5c"),
    "rose": ("#be185d", "#ff93c0"),
    "teal": ("#0f6f78", "#5ed3dc"),
}
ACCENTS: Final = ("blue", "violet", "green", "amber", "rose", "teal")

# Icons on a 16 x 16 grid, drawn as lines.
ICONS: Final = {
    "cloud": "M4.5 12.5h7a2.8 2.8 0 0 0 .3-5.6 4 4 0 0 0-7.6-.6 3.1 3.1 0 0 0 .3 6.2z",
    "globe": "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM2 8h12M8 2c2 2 2.6 4 2.6 6S10 12 8 14c-2-2-2.6-4-2.6-6S6 4 8 2z",
    "hexagon": "M8 1.8l5.4 3.1v6.2L8 14.2l-5.4-3.1V4.9zM8 5.2l2.5 1.4v2.9L8 10.9 5.5 9.5V6.6z",
    "bucket": (
        "M2.5 4.5l1.3 8c.1.9 1.9 1.5 4.2 1.5s4.1-.6 4.2-1.5l1.3-8M8 2.5c3 0 5.5.9 5.5 2s-2.5 2-5.5 2-5.5-.9-5.5-2 2.5-2 5.5-2z"
    ),
    "key": "M10.5 2.5a3 3 0 1 1 0 6 3 3 0 0 1 0-6zM8.4 7.6L2.5 13.5M4.3 11.7l1.8 1.8",
    "box": "M2.5 5L8 2l5.5 3v6L8 14l-5.5-3zM2.5 5L8 8l5.5-3M8 8v6",
    "spark": "M8 1.8l1.7 4.5 4.5 1.7-4.5 1.7L8 14.2l-1.7-4.5L1.8 8l4.5-1.7z",
    "layers": "M8 2l6 3.2-6 3.2-6-3.2zM2 8.2l6 3.2 6-3.2M2 11l6 3.2 6-3.2",
    "pulse": "M1.5 8.5h3l2-5 3 9 2-4h3",
    "person": "M8 8.2a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2.5 14c.4-3 2.6-4.3 5.5-4.3s5.1 1.3 5.5 4.3",
    "bell": "M3.5 11.5c1-1 1-2.2 1-4a3.5 3.5 0 0 1 7 0c0 1.8 0 3 1 4zM6.7 13.5h2.6",
    "coin": (
        "M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2z"
        "M10 5.8C9.6 5.2 9 5 8 5c-1.2 0-2 .6-2 1.5C6 8.6 10 7.5 10 9.6c0 .9-.8 1.5-2 1.5-1 0-1.7-.3-2.1-.9M8 3.9V5M8 11.1v1.1"
    ),
    "dots": "M3.5 8h.01M8 8h.01M12.5 8h.01",
}


def escape(text: str) -> str:
    """Text as XML content or attribute: markup escaped, characters that XML forbids replaced."""
    allowed = "".join(
        char if char in "\t\n" or " " <= char <= "\ud7ff" or "\ue000" <= char <= "\ufffd" or char > "\uffff" else "?"
        for char in text
    )
    return xml_escape(allowed, {'"': "&quot;"})


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide `text` is at `size` px at most, in px."""
    em = sum(_WIDTHS.get(char, 0.56 if char < "\u0250" else 1.0) for char in text)
    return em * size * _SAFETY * (_BOLD if bold else 1.0)


def fit(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """`text`, cut with an ellipsis where it is wider than `room` px."""
    if width(text, size, bold=bold) <= room:
        return text
    while text and width(text + "…", size, bold=bold) > room:
        text = text[:-1]
    return text.rstrip(" ·-") + "…"


@dataclass(slots=True)
class Canvas:
    """Collects elements in drawing order."""

    parts: list[str] = field(default_factory=list)

    def add(self, element: str) -> None:
        """Appends one element, unescaped."""
        self.parts.append(element)

    def text(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float = 12,
        room: float = 1e9,
        style: str = "ink",
        bold: bool = False,
        anchor: str = "start",
    ) -> None:
        """A line of text with its baseline at `y`, cut to `room` px; a text that was cut is whole in its tooltip."""
        shown = fit(text, size, room, bold=bold)
        tip = f"<title>{escape(text)}</title>" if shown != text else ""
        weight = ' font-weight="700"' if bold else ""
        where = f' text-anchor="{anchor}"' if anchor != "start" else ""
        self.add(
            f'<text class="{style}" x="{_n(x)}" y="{_n(y)}" font-size="{_n(size)}"{weight}{where}>{tip}{escape(shown)}</text>'
        )

    def box(self, x: float, y: float, w: float, h: float, style: str, *, radius: float = 10, extra: str = "") -> None:
        """A rounded rectangle; `style` is one or more classes."""
        self.add(f'<rect class="{style}" x="{_n(x)}" y="{_n(y)}" width="{_n(w)}" height="{_n(h)}" rx="{_n(radius)}"{extra}/>')

    def icon(self, x: float, y: float, name: str, accent: str, *, size: float = 16) -> None:
        """An icon with its top left corner at (x, y)."""
        self.add(f'<path class="{accent}-line" transform="translate({_n(x)} {_n(y)}) scale({_n(size / 16)})" d="{ICONS[name]}"/>')

    def arrow(self, x1: float, y: float, x2: float, accent: str) -> None:
        """A horizontal arrow from x1 to x2."""
        self.add(f'<path class="{accent}-line" stroke-width="2" d="M{_n(x1)} {_n(y)}H{_n(x2)}m-5 -5l5 5l-5 5"/>')

    def chips(self, x: float, y: float, room: float, chips: Sequence[Chip], accent: str, *, style: str = "chip") -> None:
        """Chips in as many rows as they need."""
        for chip, left, top, wide in _placed(chips, room):
            self.add("<g>")
            if chip.tip:
                self.add(f"<title>{escape(chip.tip)}</title>")
            self.box(x + left, y + top, wide, CHIP, style, radius=6)
            self.add(f'<rect class="{accent}" x="{_n(x + left)}" y="{_n(y + top)}" width="3" height="{CHIP}" rx="1.5"/>')
            # 19.9, not 20, as in `_placed`: rounding of the sum must not cut a label that fits.
            label = fit(chip.label, 12, wide - 19.9 - (_detail(chip) if chip.detail else 0), bold=True)
            self.text(x + left + 11, y + top + 15, label, bold=True)
            if chip.detail:
                self.text(x + left + 17 + width(label, 12, bold=True), y + top + 15, chip.detail, size=11, style="soft")
            self.add("</g>")

    def document(self, wide: float, high: float, title: str) -> str:
        """The whole picture as one SVG document."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(wide)} {_n(high)}" width="{_n(wide)}" height="{_n(high)}"'
            f' role="img" font-family="{FONT}"><title>{escape(title)}</title><style>{_style()}</style>'
        )
        return "\n".join((head, *self.parts, "</svg>")) + "\n"


CHIP: Final = 22.0
_GAP: Final = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """A small labelled box: its label in bold, its detail in a soft colour, its tooltip."""

    label: str
    detail: str = ""
    tip: str = ""


def chips_height(chips: Sequence[Chip], room: float) -> float:
    """The height in px of all rows that `chips` take in `room` px of width; 0 for no chips."""
    return max((top + CHIP for _, _, top, _ in _placed(chips, room)), default=0.0)


def rows(chips: Sequence[Chip], room: float) -> int:
    """How many rows `chips` take in `room` px."""
    return len({top for _, _, top, _ in _placed(chips, room)})


def _detail(chip: Chip) -> float:
    return width(chip.detail, 11) + 6


def _placed(chips: Sequence[Chip], room: float) -> list[tuple[Chip, float, float, float]]:
    placed = []
    left = top = 0.0
    for chip in chips:
        wide = min(width(chip.label, 12, bold=True) + 20 + (_detail(chip) if chip.detail else 0), room)
        if left and left + wide > room:
            left, top = 0.0, top + CHIP + _GAP
        placed.append((chip, left, top, wide))
        left += wide + _GAP
    return placed


def _style() -> str:
    def rules(dark: int) -> str:
        fills = "".join(f".{name}{{fill:{colours[dark]}}}" for name, colours in PALETTE.items())
        lines = "".join(
            f".{name}-line{{stroke:{PALETTE[name][dark]}}}.{name}-tint{{fill:{PALETTE[name][dark]}}}" for name in ACCENTS
        )
        return f"{fills}{lines}.edge{{stroke:{PALETTE['line'][dark]}}}"

    lines = ",".join(f".{name}-line" for name in ACCENTS)
    tints = ",".join(f".{name}-tint" for name in ACCENTS)
    shape = f"{lines}{{fill:none;stroke-width:1.5;stroke-linecap:round;stroke-linejoin:round}}{tints}{{fill-opacity:.09}}"
    return f"{rules(0)}{shape}@media (prefers-color-scheme:dark){{{rules(1)}{lines}{{fill:none}}{tints}{{fill-opacity:.13}}}}"


def _n(number: float) -> str:
    """A number to two decimals, without trailing zeros."""
    return f"{number:.2f}".rstrip("0").rstrip(".")
