"""The style sheet of a change's page: light, dark, on a phone and on paper, in the palette of the pictures."""

from __future__ import annotations

from typing import Final

from tools.report.svg import FONT, PALETTE

_LAYOUT: Final = f"""
*{{box-sizing:border-box}}[hidden]{{display:none!important}}
body{{margin:0;font:15px/1.5 {FONT}}}main{{max-width:76rem;margin:0 auto;padding:1.5rem}}
h1{{font-size:1.6rem;margin:0 0 .6rem;overflow-wrap:anywhere}}h2{{font-size:1.15rem;margin:0 0 .6rem}}
code{{font:.88em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}}
section,main>details{{border:1px solid;border-radius:10px;padding:1rem 1.2rem;margin:1rem 0}}
.verdict{{border-left:4px solid;padding:.35rem .8rem;margin:.4rem 0;font-weight:600}}
.tiles{{display:flex;flex-wrap:wrap;gap:.5rem;list-style:none;padding:0;margin:1rem 0}}
.tiles li{{border:1px solid;border-radius:8px;padding:.45rem .8rem}}.tiles b{{display:block;font-size:1.35rem;line-height:1.2}}
.wide{{overflow-x:auto}}table{{border-collapse:collapse;width:100%}}
th,td{{border-top:1px solid;padding:.35rem .8rem .35rem 0;text-align:left;vertical-align:top;
overflow-wrap:break-word}}
thead th{{border-top:0;font-weight:600}}tbody th{{font-weight:400}}
.figures{{width:auto}}.figures td{{text-align:right;padding-right:0}}
.beside{{display:flex;flex-wrap:wrap;gap:1rem 2.5rem;align-items:flex-start}}
.beside .bars{{flex:1 1 20rem;min-width:0;max-width:40rem}}
.bars text{{font-size:13px}}details>summary{{cursor:pointer;padding:.3rem 0}}section details{{border-top:1px solid}}
#find{{font:inherit;padding:.4rem .6rem;border:1px solid;border-radius:6px;width:min(24rem,70vw)}}
figure{{margin:0;overflow-x:auto}}.drawn svg{{width:100%;min-width:44rem;height:auto}}
@media (max-width:40rem){{main{{padding:.8rem}}section,main>details{{padding:.8rem}}.tiles li{{flex:1 1 6.5rem}}
.wide table,.wide tbody,.wide tr,.wide td{{display:block;width:100%}}.wide thead th:not(:first-child){{display:none}}
.wide td{{border:0;padding:.1rem 0}}.wide tr{{border-top:1px solid;padding:.3rem 0}}.wide thead{{display:block}}}}
@media print{{
#finder,script{{display:none}}main{{max-width:none;padding:0}}section{{border:0;padding:0}}tr{{break-inside:avoid}}}}
"""


def css() -> str:
    """The page's style sheet. It shares no class with the style sheet of the picture, which lies in the same page."""
    return f"{_LAYOUT}{_colours(0)}@media screen and (prefers-color-scheme:dark){{:root{{color-scheme:dark}}{_colours(1)}}}"


def _colours(dark: int) -> str:
    value = {name: pair[dark] for name, pair in PALETTE.items()}
    ops = {"create": "green", "update": "amber", "replace": "violet", "delete": "rose", "same": "soft", "usd": "blue"}
    words = "".join(f".op-{op}{{color:{value[colour]}}}" for op, colour in ops.items())
    return (
        f"body{{background:{value['paper']};color:{value['ink']}}}.tiles li{{color:{value['ink']}}}"
        f"section,main>details,.tiles li,#find{{background:{value['card']};border-color:{value['line']}}}"
        f"th,td,.wide tr,section details{{border-color:{value['line']}}}#find{{color:{value['ink']}}}"
        f".quiet,th{{color:{value['soft']}}}.wrong,.verdict.no{{color:{value['rose']}}}.verdict.yes{{color:{value['green']}}}"
        f".tiles li b{{color:inherit}}.bars text{{fill:{value['ink']}}}.bars rect{{fill:{value['blue']}}}{words}"
    )
