"""The typer application. A verb's module is imported when the verb is called, so `--help` stays fast."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass
from typing import Any, Final

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from tools.cli.terminal.streams import answer, prepare_streams, say
from tools.flows.ending import Ending


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """A verb: its name (of two words where the first is a verb of its own), the line that `--help` shows, and the module whose
    `run` (or, for a group, `app`) it is."""

    name: str
    help: str
    module: str
    group: bool = False
    passes_arguments: bool = False


VERBS: Final = (
    Verb(name="up", help="Bring a stack up: plan, guards, then the change.", module="tools.cli.verbs.up"),
    Verb(name="preview", help="Say what `up` would do, cost and break, and touch nothing.", module="tools.cli.verbs.preview"),
    Verb(name="destroy", help="Take a stack away and ask the cloud what is left.", module="tools.cli.verbs.destroy"),
    Verb(name="refresh", help="Read the cloud's own view of a stack into its state.", module="tools.cli.verbs.refresh"),
    Verb(name="outputs", help="Print a stack's outputs.", module="tools.cli.verbs.outputs"),
    Verb(name="export", help="Print a stack as `pulumi stack export` does.", module="tools.cli.verbs.export"),
    Verb(name="train", help="Run a training job of a stack that is up.", module="tools.cli.verbs.train"),
    Verb(name="check", help="Judge a preview, a state or a file by the policies.", module="tools.cli.verbs.check"),
    Verb(name="cost", help="Price a preview, a state or a file.", module="tools.cli.verbs.cost"),
    Verb(name="cost refresh", help="Renew the price table from the AWS Price List.", module="tools.cli.verbs.cost_refresh"),
    Verb(
        name="preflight", help="Ask the account whether a preview will fit: quotas, capacity.", module="tools.cli.verbs.preflight"
    ),
    Verb(
        name="images",
        help="The workload images: list, show, build, push, sbom.",
        module="tools.cli.verbs.images",
        group=True,
    ),
    Verb(
        name="models",
        help="The model registry: list, register, show, evaluate, approve, reject, promote, diff, delete.",
        module="tools.cli.verbs.models",
        group=True,
    ),
    Verb(name="tune", help="Search for better hyperparameters: training jobs, several at once.", module="tools.cli.verbs.tune"),
    Verb(
        name="report", help="Write a change for a pull request, or a page about training jobs.", module="tools.cli.verbs.report"
    ),
    Verb(
        name="local",
        help="The local cloud: start, stop, status, env, reset, coverage.",
        module="tools.cli.verbs.local",
        group=True,
    ),
    Verb(
        name="bootstrap",
        help="Make what an environment on AWS needs before its first `up`: state bucket, key, roles of CI.",
        module="tools.cli.verbs.bootstrap",
    ),
    Verb(name="doctor", help="Say what was found on this machine and what is missing.", module="tools.cli.verbs.doctor"),
    Verb(name="setup", help="Fetch packages ahead of the verb that needs them.", module="tools.cli.verbs.setup"),
    Verb(name="lint", help="Check the source: format, lint, types, the form of the tree.", module="tools.cli.verbs.lint"),
    Verb(
        name="test", help="Run lint, then the tests: unit, then end to end.", module="tools.cli.verbs.test", passes_arguments=True
    ),
)
_BY_NAME: Final = {verb.name: verb for verb in VERBS}


class LazyGroup(TyperGroup):
    """Knows the verbs by name and line, and imports one only when it is called."""

    _called = False

    def list_commands(self, ctx: Any) -> list[str]:
        return [verb.name for verb in VERBS]

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        self._called = True
        try:
            return super().resolve_command(ctx, joined(args))
        finally:
            self._called = False

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        verb = _BY_NAME.get(cmd_name)
        if verb is None:
            return None
        return load(verb) if self._called else _line_only(verb)


def joined(words: list[str]) -> list[str]:
    """The words of a command line, those of a verb of two words in one: `cost refresh` before the stack of that name."""
    first = " ".join(words[:2])
    return [first, *words[2:]] if first in _BY_NAME else words


def load(verb: Verb) -> Any:
    """The verb's command, its module imported."""
    module = importlib.import_module(verb.module)
    if verb.group:
        group = typer.main.get_command(module.app)
        group.name = verb.name
        return group
    settings: dict[str, Any] = {"allow_extra_args": True, "ignore_unknown_options": True} if verb.passes_arguments else {}
    # Plain help and errors: rich takes a quarter of a second to import.
    single = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    single.command(name=verb.name, help=module.run.__doc__, context_settings=settings)(module.run)
    command = typer.main.get_command(single)
    command.name = verb.name
    return command


def _line_only(verb: Verb) -> Any:
    """A command that only has its line: what `--help` and a completing shell want."""
    bare = typer.Typer(add_completion=False, rich_markup_mode=None)

    @bare.command(name=verb.name, help=verb.help)
    def _nothing() -> None: ...

    return typer.main.get_command(bare)


app = typer.Typer(
    cls=LazyGroup,
    name="slipway",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="An AI platform as code: rehearsed on this machine, run on AWS.\n\nFirst: slipway up",
)


@app.callback()
def _root() -> None:
    """An AI platform as code: rehearsed on this machine, run on AWS. First: slipway up"""


def main(arguments: list[str] | None = None) -> None:
    """Runs the command line and exits with its code: 0 done, 1 failed, 2 wrong use, 3 policy, 4 ceiling, 5 preflight."""
    given = sys.argv[1:] if arguments is None else arguments
    prepare_streams()
    try:
        code = app(args=given, prog_name="slipway", standalone_mode=False)
    except TyperException as error:  # wrong use: an unknown verb, option or value
        _say_wrong_use(error, as_json="--json" in given)
        code = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        say("stopped; nothing was touched")
        code = Ending.FAILED
    sys.exit(code if isinstance(code, int) else Ending.DONE)


def _say_wrong_use(error: TyperException, *, as_json: bool) -> None:
    """The usage and what is wrong with it on stderr; with `--json` an `error` object, so that stdout is one whatever happens."""
    show = getattr(error, "show", None)
    if show:
        show()
    else:
        say(f"error: {error}")
    if as_json:
        answer({"error": {"code": error.exit_code, "lines": [error.format_message()]}})
