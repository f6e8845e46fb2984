"""Every priced type by its token. A new type takes one row, in the file of its family."""

from __future__ import annotations

from typing import Final

from tools.cost.bill import Row
from tools.cost.rows import cluster, kubernetes, network, observability, other, sagemaker, storage, training

ROWS: Final[dict[str, Row]] = {
    row.card.token: row
    for module in (network, cluster, kubernetes, storage, observability, sagemaker, training, other)
    for row in module.ROWS
}
