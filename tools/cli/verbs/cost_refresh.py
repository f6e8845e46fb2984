"""`slipway cost refresh`: the price table, renewed from the AWS Price List."""

from __future__ import annotations

from typing import Annotated

import typer

from tools.cli.options import Json, region_checked
from tools.cli.terminal.refusals import errors_said
from tools.cli.terminal.streams import answer, say


def run(
    source: Annotated[
        str, typer.Argument(help="`aws`, a folder of index.json files, or an https address laid out as AWS's.", show_default=True)
    ] = "aws",
    region: Annotated[str, typer.Option(help="Ask an address for this region alone (default: every region of the table).")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Renew the price table from the AWS Price List: what changed, what is new, what was not found or is not believed.

    Example: slipway cost refresh --region eu-west-1 --dry-run
    """
    with errors_said(as_json=as_json):
        region_checked(region)
        from tools.cli.show import cost as show
        from tools.flows.documents.cost import renewal_document
        from tools.flows.pricing import renew

        done = renew(source, region, say=say, dry_run=dry_run)
        if as_json:
            answer(renewal_document(done))
        else:
            show.renewal(done)
