"""Stubs by which mypy reads only those of pulumi-aws's 3,000 modules that the sources name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.flows.aws_stubs import write_stubs

SOURCE = """
import pulumi_aws as aws

vpc = aws.ec2.Vpc("main", aws.ec2.VpcArgs(cidr_block="10.0.0.0/16"))
rule = aws.ec2.SecurityGroupIngressArgs(from_port=443)
image = aws.ec2.get_ami_output(most_recent=True)
queue = aws.sqs.Queue("events")
provider = aws.Provider("other", region="eu-west-1")
typo = aws.sqs.Qeue("events")
"""


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "program.py").write_text(SOURCE)
    write_stubs([tmp_path / "source"], tmp_path)
    return tmp_path / "pulumi_aws-stubs"


def test_each_name_is_taken_from_the_module_that_defines_it(stubs: Path) -> None:
    ec2 = (stubs / "ec2" / "__init__.pyi").read_text().splitlines()
    assert ec2 == [
        "from pulumi_aws.ec2._inputs import SecurityGroupIngressArgs as SecurityGroupIngressArgs",
        "from pulumi_aws.ec2.vpc import Vpc as Vpc",
        "from pulumi_aws.ec2.vpc import VpcArgs as VpcArgs",
        "from pulumi_aws.ec2.get_ami import get_ami_output as get_ami_output",
    ]
    top = (stubs / "__init__.pyi").read_text()
    assert "from pulumi_aws import ec2 as ec2" in top
    assert "from pulumi_aws.provider import Provider as Provider" in top


def test_a_name_that_no_module_defines_is_left_for_mypy_to_report(stubs: Path) -> None:
    assert (stubs / "sqs" / "__init__.pyi").read_text() == "from pulumi_aws.sqs.queue import Queue as Queue\n"


def test_what_the_stubs_do_not_have_is_taken_from_the_genuine_package(stubs: Path) -> None:
    assert (stubs / "py.typed").read_text() == "partial\n"


def test_a_stub_that_stays_the_same_is_not_touched_so_that_mypys_cache_stays_good(stubs: Path, tmp_path: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in stubs.rglob("*.pyi")}
    (tmp_path / "source" / "another.py").write_text("import pulumi_aws as aws\n\ntopic = aws.sns.Topic('t')\n")
    write_stubs([tmp_path / "source"], tmp_path)
    assert {path: path.stat().st_mtime_ns for path in before if path.parent.name in ("ec2", "sqs")} == {
        path: time for path, time in before.items() if path.parent.name in ("ec2", "sqs")
    }
    assert (stubs / "sns" / "__init__.pyi").is_file()
