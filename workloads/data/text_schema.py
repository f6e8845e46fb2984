"""What documents for a corpus must be, declared with pandera on polars.

pandera takes 1.1 s of CPU to import, so it is imported only when documents are checked. The digits job, whole in 3 s, checks
its two small tables by hand for that reason (`batches.py`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import polars as pl

FIELD: Final = "text"
# The `kind` of a row with nothing wrong; any other kind says what was found in the text's place.
TEXT: Final = "text"


@lru_cache
def row_schema(minimum: int, maximum: int) -> Any:
    """A row: `kind` says that it is text, and the text is not blank, of allowed length and new."""
    import pandera.polars as pa
    import polars as pl

    def filled(data: pa.PolarsData) -> pl.LazyFrame:
        return data.lazyframe.select(pl.col(data.key).str.strip_chars().str.len_bytes() > 0)

    return pa.DataFrameSchema(
        {
            "kind": pa.Column(pl.String, pa.Check.eq(TEXT, name="kind")),
            FIELD: pa.Column(
                pl.String,
                [
                    pa.Check(filled, name="blank"),
                    pa.Check.str_length(min_value=minimum, name="short"),
                    pa.Check.str_length(max_value=maximum, name="long"),
                ],
                nullable=True,  # null only where `kind` says why
            ),
            "repeated": pa.Column(pl.Boolean, pa.Check.eq(False, name="repeated")),
        },
        strict=True,
    )


@lru_cache
def table_schema() -> Any:
    """A table of documents: one column of text."""
    import pandera.polars as pa
    import polars as pl

    return pa.DataFrameSchema({FIELD: pa.Column(pl.String, nullable=True)})


def table_faults(frame: pl.DataFrame) -> list[str]:
    """How the columns of a table differ from `table_schema`."""
    from pandera.errors import SchemaErrors

    try:
        table_schema().validate(frame, lazy=True)
    except SchemaErrors as error:
        return [f"column {case['column']!r} is {case['failure_case']}; it needs text" for case in error.failure_cases.to_dicts()]
    return []
