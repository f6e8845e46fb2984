"""Where price lists come from: a folder of downloaded files, or AWS's own address, which asks for no credentials."""

from __future__ import annotations

import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tools.cost.offers import CODES, PriceList, read
from tools.flows.progress import Say

AWS: Final = "aws"
TIMEOUT_S: Final = 600


def lists(source: str, regions: list[str], *, say: Say) -> Iterator[PriceList]:
    """Every price list of `source`: a folder, `aws`, or an address that is laid out as AWS's is. Raises ValueError."""
    for where, text in _fetched(source, regions, say) if source == AWS or "://" in source else _files(Path(source)):
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


def _fetched(source: str, regions: list[str], say: Say) -> Iterator[tuple[str, str]]:
    """One file a service and region: https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-the-aws-price-list-bulk-api.html."""
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
