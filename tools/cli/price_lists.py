"""Where price lists come from: a folder of downloaded files, or AWS's own address, which asks for no credentials."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tools.cli.terminal import answer, say

AWS: Final = "aws"
TIMEOUT_S: Final = 600


def lists(source: str, regions: list[str]) -> Iterator[Any]:
    """Every price list of `source`: a folder, `aws`, or an address that is laid out as AWS's is. Raises ValueError."""
    from tools.cost.offers import read

    for where, text in _fetched(source, regions) if source == AWS or "://" in source else _files(Path(source)):
        say(f"reading {where}")
        yield read(text, where)


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    paths = sorted(folder.rglob("*.json")) if folder.is_dir() else []
    if not paths:
        raise ValueError(f"{folder}: no folder with .json files of the AWS Price List; give one, or `{AWS}`")
    for path in paths:
        try:
            yield str(path), path.read_text(encoding="utf-8")
        except UnicodeDecodeError as error:
            raise ValueError(f"{path}: no text ({error}); give index.json files of the AWS Price List") from error


def _fetched(source: str, regions: list[str]) -> Iterator[tuple[str, str]]:
    """One file a service and region: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html."""
    from tools.cost.offers import CODES

    base = _address() if source == AWS else source.rstrip("/")
    if not base.startswith(("https://", "http://127.0.0.1")):
        raise ValueError(f"{source}: prices are asked for over https only; give an https address, a folder or `{AWS}`")
    for code in CODES:
        for region in regions:
            where = f"{base}/offers/v1.0/aws/{code}/current/{region}/index.json"
            try:
                with urllib.request.urlopen(where, timeout=TIMEOUT_S) as reply:
                    text = reply.read().decode("utf-8")
            except urllib.error.HTTPError as error:
                if error.code not in (403, 404):  # the service is not offered there
                    raise ValueError(f"{where}: {error}; try again, or download the files and give their folder") from error
                say(f"{where}: not there")
                continue
            except OSError as error:
                raise ValueError(f"{where}: {error}; check the network, or give a folder of downloaded files") from error
            yield where, text


def _address() -> str:
    """The bulk files' host, which is that of the pricing API without its `api.`."""
    from botocore.session import get_session

    url: str = get_session().create_client("pricing", region_name="us-east-1").meta.endpoint_url
    return url.replace("://api.", "://")


def renew(source: str, region: str, *, dry_run: bool, as_json: bool) -> None:
    """Renews the price table and says what changed; with `dry_run` nothing is written."""
    from tools.cost.prices import regions, table
    from tools.cost.refresh import TABLE, refresh, write

    done = refresh(table().values(), lists(source, [region] if region else sorted(regions())))
    if not dry_run and done.moved:
        write(done.rows, TABLE)
    written = done.moved and not dry_run
    if as_json:
        answer({**done.to_json(), "written": str(TABLE) if written else None})
        return
    for old, new in done.changed:
        print(f"  {_name(old)}: {old.usd:g} ({old.as_of}) -> {new.usd:g} ({new.as_of})")
    for row in done.added:
        print(f"  {_name(row)}: new, {row.usd:g} ({row.as_of})")
    for row in done.kept:
        print(f"  {_name(row)}: not found, {row.usd:g} of {row.as_of} is kept")
    for row, usd in done.doubtful:
        print(f"  {_name(row)}: {row.usd:g} of {row.as_of} is kept, {usd:g} is too far from it; check its unit")
    where = f"{TABLE} written" if written else "nothing written"
    print(
        f"{len(done.changed)} changed, {len(done.added)} new, {done.renewed} the same, {len(done.kept)} not found, "
        f"{len(done.doubtful)} doubtful, {done.not_asked} in no list that is newer; {where}"
    )


def _name(row: Any) -> str:
    return f"{row.service} {row.dimension} {row.region}"
