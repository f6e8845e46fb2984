"""Asks an endpoint about one handwritten digit of the test set, with plain boto3: the local cloud's or AWS's, as the shell says.

eval "$(./slipway local env)"
.venv/bin/python -m tools.cli.ask slipway-local-digits [ROW]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

TEST_SET = Path(__file__).resolve().parents[2] / "workloads" / "data" / "digits" / "test.parquet"


def main(arguments: list[str]) -> int:
    """Prints the image, what the endpoint says and what is right. Exit code 1 when it cannot be asked, 2 for wrong use."""
    import boto3
    import pyarrow.parquet
    from botocore.exceptions import BotoCoreError, ClientError

    rows = pyarrow.parquet.read_table(TEST_SET).to_pylist()
    number = arguments[1] if len(arguments) > 1 else "0"
    if len(arguments) not in (1, 2) or not number.isdecimal() or int(number) >= len(rows):
        print(f"usage: python -m tools.cli.ask ENDPOINT [ROW], a row from 0 to {len(rows) - 1}", file=sys.stderr)
        return 2
    row = rows[int(number)]
    try:
        answer = boto3.client("sagemaker-runtime").invoke_endpoint(
            EndpointName=arguments[0], ContentType="application/json", Body=json.dumps({"instances": [row["pixels"]]})
        )
    except (BotoCoreError, ClientError) as error:
        print(f'error: {error}; for the local cloud: eval "$(./slipway local env)" first', file=sys.stderr)
        return 1
    print("\n".join(picture(row["pixels"])))
    (said,) = json.load(answer["Body"])["predictions"]
    print(f"{arguments[0]} says {said}; it is a {row['label']}")
    return 0


def picture(pixels: list[int]) -> list[str]:
    """The 64 values (0 to 16, row by row) as eight lines of letters, two a pixel."""
    shades = " .:-=+*%@"
    return ["".join(shades[pixels[8 * y + x] // 2] * 2 for x in range(8)).rstrip() for y in range(8)]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
