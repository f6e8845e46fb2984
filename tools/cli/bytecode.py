"""Byte-compiles what a run touches. `python -m tools.cli.bytecode`, once after the packages are installed.

uv installs no byte code, and many images forbid Python to write any (`PYTHONDONTWRITEBYTECODE=1`), so every command would
compile its imports again: 4 s of a preview, 10 s of a training process. All of `pulumi_aws` takes 12 s on 2 cores and
most of it is never imported, so only the services that `infra` names are compiled.
"""

from __future__ import annotations

import compileall
import os
import sys
import sysconfig
import warnings
from pathlib import Path
from typing import Final

from tools.engine.program import services

# What `up`, its daemon, a training job, an endpoint and the tests import. A name that is not installed is passed.
PACKAGES: Final = (
    *(
        "pulumi",
        "pulumi_policy",
        "grpc",
        "google",
        "dill",
        "semver",
        "yaml",
        "pydantic",
        "typer",
        "rich",
        "pygments",
        "markdown_it",
    ),
    *("boto3", "botocore", "s3transfer", "urllib3", "jmespath", "dateutil", "moto", "responses", "requests", "werkzeug", "flask"),
    *("flask_cors", "jinja2", "click", "cryptography", "xmltodict", "jsonschema", "py_partiql_parser", "joserfc", "docker"),
    *("torch", "numpy", "pyarrow", "sklearn", "scipy", "joblib", "threadpoolctl"),
    *("polars", "pandera", "s3torchconnector", "s3torchconnectorclient", "tokenizers", "torchao", "peft", "safetensors"),
    *("accelerate", "huggingface_hub", "transformers", "onnx", "onnxscript", "onnxruntime", "executorch", "pandas"),
    *("optuna", "sqlalchemy", "alembic", "matplotlib"),
    *("pytest", "_pytest", "xdist", "execnet", "hypothesis", "pluggy"),
)
OURS: Final = ("catalog", "infra", "localcloud", "policies", "tools", "workloads")
_REPOSITORY: Final = Path(__file__).resolve().parents[2]


def targets(packages: Path, repository: Path) -> list[Path]:
    """The folders and files to compile; single files at the top of pulumi_aws, and its services that are used."""
    found = [packages / name for name in PACKAGES if (packages / name).is_dir()]
    aws = packages / "pulumi_aws"
    if aws.is_dir():
        found += sorted(aws.glob("*.py"))
        found += [aws / name for name in services(repository / "infra") if (aws / name).is_dir()]
    return found + [repository / name for name in OURS if (repository / name).is_dir()]


def main() -> int:
    """Compiles; returns 0 even where a package holds a file of another Python's syntax (many do, in tests and templates)."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    warnings.simplefilter("ignore")
    for target in targets(Path(sysconfig.get_path("purelib")), _REPOSITORY):
        if target.is_dir():
            compileall.compile_dir(target, quiet=2, workers=0)
        else:
            compileall.compile_file(target, quiet=2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
