"""`slipway doctor`: what was found on this machine, what is missing, and the way out."""

from __future__ import annotations

from tools.cli.options import Json
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, leave
from tools.flows.ending import Ending


def run(as_json: Json = False) -> None:
    """Say what was found on this machine and what is missing. Changes nothing. Exit code 1 when something needed is missing.

    Example: slipway doctor
    """
    with errors_said(as_json=as_json):
        from tools.cli.show import findings as show
        from tools.flows.diagnosis import diagnose, healthy
        from tools.flows.documents.machine import doctor_document

        found = diagnose()
        fine = healthy(found)
        if as_json:
            answer(doctor_document(found, healthy=fine))
        else:
            show.findings(found)
        leave(Ending.DONE if fine else Ending.FAILED)
