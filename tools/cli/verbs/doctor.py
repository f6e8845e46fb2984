"""`slipway doctor`: what was found on this machine, what is missing, and the way out."""

from __future__ import annotations

from tools.cli.options import Json
from tools.cli.terminal import FAILED, answer, errors_said, leave


def run(as_json: Json = False) -> None:
    """Say what was found on this machine and what is missing. Changes nothing. Exit code 1 when something needed is missing.

    Example: slipway doctor
    """
    with errors_said(as_json=as_json):
        from tools.cli.diagnosis import diagnose

        findings = diagnose()
        healthy = all(finding.ok or not finding.needed for finding in findings)
        if as_json:
            answer({"healthy": healthy, "findings": [finding.to_json() for finding in findings]})
        else:
            from tools.cli.terminal import console

            out = console()
            for finding in findings:
                mark = "[green]ok[/]     " if finding.ok else "[red]missing[/]" if finding.needed else "[yellow]absent[/] "
                out.print(f"{mark} [bold]{finding.name}[/]: ", end="")
                out.print(finding.found, markup=False)
                if not finding.ok and finding.way_out:
                    out.print(f"          -> {finding.way_out}", markup=False)
        leave(0 if healthy else FAILED)
