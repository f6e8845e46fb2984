"""The plot of a loss as SVG: train and test loss over steps, and below them, smaller, the learning rate and the speed.

matplotlib draws the plot for a light page; a style sheet in the SVG, which only browsers apply, has the colours of a dark page.
The SVG has no date and no random ids, so the same curves give the same bytes. matplotlib is imported when a plot is drawn.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from tools.report.curves import Curves, Points
from tools.report.svg import PALETTE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS: Final = ("blue", "amber", "green", "rose", "violet", "teal")
INCHES: Final = (8.4, 5.2)
# Longer names are cut in the middle, because jobs with a common prefix differ in how their names end.
LEGEND_ROOM: Final = 44


def loss_plot(jobs: Sequence[Curves]) -> str:
    """One SVG for one job or several. Raises ValueError where none of them has a loss."""
    drawn = [curves for curves in jobs if not curves.empty]
    if not drawn:
        raise ValueError("no job has said a loss yet; a plot needs lines like `step=10; train_loss=2.1;` in its log")
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_style()):  # type: ignore[arg-type]
        figure = Figure(figsize=INCHES, layout="constrained")
        loss, learning_rate, rate = figure.subplots(3, 1, sharex=True, height_ratios=(5, 1, 1))
        for number, curves in enumerate(drawn):
            colour = PALETTE[COLOURS[number % len(COLOURS)]][0]
            title = _short(curves.name) if len(drawn) > 1 else ""
            _line(loss, curves.train, colour, f"{title} train".strip())
            _line(loss, curves.test, colour, f"{title} test".strip(), dashed=True)
            _line(learning_rate, curves.learning_rate, colour)
            _line(rate, curves.rate, colour)
        units = sorted({curves.rate_unit for curves in drawn if curves.rate_unit})
        for axes, name in ((loss, "loss"), (learning_rate, "learning rate"), (rate, f"{' or '.join(units) or 'steps'}/s")):
            axes.set_ylabel(name, rotation=0, ha="right", va="center")
            axes.grid(axis="y", linewidth=0.6)
        for axes in (learning_rate, rate):
            axes.set_ylim(bottom=0)
            axes.locator_params(axis="y", nbins=2)
            if not axes.lines:
                axes.set_yticks([])
        rate.set_xlabel("step")
        rate.xaxis.get_major_locator().set_params(integer=True)
        loss.legend(frameon=False, loc="upper right", ncols=2 if len(drawn) > 3 else 1)
        figure.align_ylabels()
        target = io.StringIO()
        figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return _for_both_pages(target.getvalue(), ", ".join(curves.name for curves in drawn))


def _line(axes: Axes, points: Points, colour: str, label: str = "", *, dashed: bool = False) -> None:
    if not points:
        return
    steps, values = zip(*points, strict=True)
    # A single value, such as the loss on the test set at the end, would be an invisible line: it is drawn as a dot.
    marker = "o" if len(points) == 1 else ""
    axes.plot(steps, values, color=colour, label=label, linestyle="--" if dashed else "-", marker=marker, markersize=4)


def _style() -> dict[str, Any]:
    ink, soft, line = (PALETTE[name][0] for name in ("ink", "soft", "line"))
    return {
        "svg.hashsalt": "slipway",
        "svg.fonttype": "none",
        "font.family": "sans-serif",
        "font.size": 9.5,
        "text.color": ink,
        "axes.labelcolor": soft,
        "axes.edgecolor": line,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.grid.axis": "y",
        "axes.axisbelow": True,
        "grid.color": line,
        "xtick.color": soft,
        "ytick.color": soft,
        "lines.linewidth": 1.6,
    }


def _for_both_pages(svg: str, title: str) -> str:
    """The SVG ready for a page: without its XML header, with a title, and with a style sheet for dark pages."""
    from tools.report.svg import escape

    start = svg.index("<svg")
    head, bracket, body = svg[start:].partition(">")
    return f'{head} role="img"{bracket}<title>Loss of {escape(title)}</title><style>{dark_style()}</style>{body}'


def dark_style() -> str:
    """CSS that turns every colour of the light palette into the dark one's, wherever an element's own style names it."""
    rules = []
    for name in ("ink", "soft", "line", *COLOURS):
        light, dark = PALETTE[name]
        rules += [f'[style*="{what}: {light}"]{{{what}:{dark}!important}}' for what in ("stroke", "fill")]
    return f"@media (prefers-color-scheme:dark){{{''.join(rules)}}}"


def _short(name: str) -> str:
    if len(name) <= LEGEND_ROOM:
        return name
    half = (LEGEND_ROOM - 1) // 2
    return f"{name[:half]}…{name[-half:]}"
