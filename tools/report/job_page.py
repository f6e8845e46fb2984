"""A page about training jobs: one HTML file without scripts that fetches nothing. Values are escaped, secrets hidden."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tools.report.redact import scrubbed, shown
from tools.report.svg import FONT, PALETTE, escape


@dataclass(frozen=True, kw_only=True, slots=True)
class JobFacts:
    """What a page shows about one job. `sections` are titles with rows of (name, value), in order; empty ones are left out."""

    name: str
    status: str
    summary: str = ""
    failure: str = ""
    sections: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    log_tail: Sequence[str] = ()


def page(jobs: Sequence[JobFacts], plot: str, *, note: str = "") -> str:
    """The page as a whole document.

    `plot` is an SVG made by tools/report, which is not escaped, "" for none; `note` is a line beneath the title.
    """
    assert jobs
    title = jobs[0].name if len(jobs) == 1 else f"{len(jobs)} training jobs"
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(title)}</title><style>{_css()}</style></head><body><main>",
        f"<h1>{escape(title)}</h1>",
        f'<p class="soft">{escape(note)}</p>' if note else "",
        f'<figure class="card">{plot}</figure>' if plot else '<p class="card soft">No loss was found in the log.</p>',
        *(_job(job, alone=len(jobs) == 1) for job in jobs),
        "</main></body></html>",
    ]
    return "\n".join(part for part in parts if part) + "\n"


def _job(job: JobFacts, *, alone: bool) -> str:
    state = {"Completed": "good", "Failed": "bad", "Stopped": "bad"}.get(job.status, "soft")
    parts = [f'<section class="card"><h2>{escape(job.name)}</h2>' if not alone else '<section class="card">']
    parts.append(f'<p><b class="{state}">{escape(job.status)}</b> {escape(job.summary)}</p>')
    if job.failure:
        parts.append(f'<pre class="bad">{escape(scrubbed(job.failure))}</pre>')
    for title, rows in job.sections.items():
        if rows:
            parts.append(f"<h3>{escape(title)}</h3><table>")
            parts += [f"<tr><th>{escape(name)}</th><td>{escape(shown(name, value))}</td></tr>" for name, value in rows]
            parts.append("</table>")
    if job.log_tail:
        lines = escape(scrubbed("\n".join(job.log_tail)))
        parts.append(f"<details><summary>The end of its log</summary><pre>{lines}</pre></details>")
    parts.append("</section>")
    return "\n".join(parts)


def _css() -> str:
    def colours(dark: int) -> str:
        value = {name: pair[dark] for name, pair in PALETTE.items()}
        return (
            f"body{{background:{value['paper']};color:{value['ink']}}}.card{{background:{value['card']};border-color:{value['line']}}}"
            f".soft,th{{color:{value['soft']}}}.good{{color:{value['green']}}}.bad{{color:{value['rose']}}}"
            f"td,th{{border-color:{value['line']}}}pre{{background:{value['chip']}}}"
        )

    layout = (
        f"body{{margin:0;font:15px/1.5 {FONT}}}main{{max-width:60rem;margin:0 auto;padding:1.5rem}}"
        "h1{font-size:1.5rem;overflow-wrap:anywhere}h2{font-size:1.15rem;margin-top:0;overflow-wrap:anywhere}"
        "h3{font-size:.95rem;margin:1.2rem 0 .3rem}"
        ".card{border:1px solid;border-radius:10px;padding:1rem 1.2rem;margin:1rem 0}figure svg{width:100%;height:auto}"
        "table{border-collapse:collapse;width:100%}th,td{border-top:1px solid;padding:.25rem .5rem .25rem 0;vertical-align:top;"
        "text-align:left;overflow-wrap:anywhere}th{font-weight:400;width:14rem}"
        "pre{padding:.7rem;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;font-size:.85rem}"
    )
    return f"{layout}{colours(0)}@media (prefers-color-scheme:dark){{{colours(1)}}}"
