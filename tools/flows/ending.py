"""How a verb ends. The number is what the command line exits with, and part of its contract."""

from __future__ import annotations

from enum import IntEnum


class Ending(IntEnum):
    """DONE; FAILED: what a person can act on went wrong; WRONG_USE: a wrong argument or stack file; POLICY: a mandatory rule is
    violated; CEILING: the month costs more than the stack may; PREFLIGHT: the account is known to lack something."""

    DONE = 0
    FAILED = 1
    WRONG_USE = 2
    POLICY = 3
    CEILING = 4
    PREFLIGHT = 5
