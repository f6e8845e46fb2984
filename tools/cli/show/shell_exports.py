"""Environment variables as lines that a shell takes: POSIX shells, fish, PowerShell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

# PowerShell ends a text in single quotes at any of these, and takes two of one as that one.
# https://learn.microsoft.com/powershell/module/microsoft.powershell.core/about/about_quoting_rules
_POWERSHELL_QUOTES: Final = "'\u2018\u2019\u201a\u201b"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """How a shell unsets a variable, sets one for the programs it starts, and writes a text that it must not look into.

    `use` is what a person types to take the lines over.
    """

    unset: str
    export: str
    quoted: Callable[[str], str]
    use: str


def _posix(text: str) -> str:
    # Always in quotes: shlex.quote leaves `=x` bare, which zsh looks up as a program.
    escaped = text.replace("'", "'\"'\"'")
    return f"'{escaped}'"


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _powershell(text: str) -> str:
    return "'" + "".join(each * 2 if each in _POWERSHELL_QUOTES else each for each in text) + "'"


_SH: Final = Shell(unset="unset {name}", export="export {name}={value}", quoted=_posix, use='eval "$(./slipway local env)"')
_FISH: Final = Shell(
    unset="set -e {name}", export="set -gx {name} {value}", quoted=_fish, use="./slipway local env --shell fish | source"
)
_POWERSHELL: Final = Shell(
    unset="Remove-Item -ErrorAction Ignore Env:{name}",
    export="$Env:{name} = {value}",
    quoted=_powershell,
    use="./slipway local env --shell powershell | Out-String | Invoke-Expression",
)
# Every name that a person may call a shell by.
SHELLS: Final[Mapping[str, Shell]] = {
    "sh": _SH,
    "bash": _SH,
    "zsh": _SH,
    "fish": _FISH,
    "powershell": _POWERSHELL,
    "pwsh": _POWERSHELL,
}


def exports(variables: Mapping[str, str], unset: Iterable[str], shell: str = "sh") -> list[str]:
    """The lines: first what is unset, then what is set, by name. Raises ValueError for a shell that is not known."""
    form = SHELLS.get(shell)
    if form is None:
        raise ValueError(f"--shell {shell!r} is not known; name one of {', '.join(SHELLS)}, or take --json")
    gone = [form.unset.format(name=name) for name in unset if name not in variables]
    return [*gone, *(form.export.format(name=name, value=form.quoted(value)) for name, value in sorted(variables.items()))]
