from pathlib import Path

from tools.cli import bytecode
from tools.cli.show.local_cloud import status_lines
from tools.cli.verbs.test import phases
from tools.engine.program import services
from tools.flows.documents.values import plain_value
from tools.plan.view import UNKNOWN, Secret


def test_unknown_and_secret_values_are_replaced_by_placeholders() -> None:
    assert plain_value({"a": UNKNOWN, "b": [Secret("x")], "c": 1}) == {"a": "[unknown]", "b": ["[secret]"], "c": 1}


def test_the_tests_run_unit_first_then_end_to_end_and_either_alone() -> None:
    assert [name for name, _ in phases(unit=False, e2e=False)] == ["unit", "end-to-end"]
    assert [name for name, _ in phases(unit=True, e2e=False)] == ["unit"]
    assert [name for name, _ in phases(unit=False, e2e=True)] == ["end-to-end"]


def test_only_the_services_that_infra_names_are_compiled(tmp_path: Path) -> None:
    packages, repository = tmp_path / "site", tmp_path / "repository"
    for folder in ("pulumi", "pulumi_aws/ec2", "pulumi_aws/amplify"):
        (packages / folder).mkdir(parents=True)
    (packages / "pulumi_aws" / "__init__.py").write_text("")
    (repository / "infra").mkdir(parents=True)
    (repository / "infra" / "network.py").write_text("import pulumi_aws as aws\nvpc = aws.ec2.Vpc('v')\n")
    found = {str(path.relative_to(tmp_path)) for path in bytecode.targets(packages, repository)}
    assert services(repository / "infra") == {"ec2": "Vpc"}
    assert found == {"site/pulumi", "site/pulumi_aws/__init__.py", "site/pulumi_aws/ec2", "repository/infra"}


def test_the_status_is_lines_for_people() -> None:
    variant = {"servers_asked": 2, "ready": 1}
    runtime = {
        "jobs": [{"name": "j", "status": "InProgress", "hosts": 2, "hosts_asked": 4}],
        "endpoints": [{"name": "e", "status": "InService", "variants": {"main": variant}}],
    }
    document = {"endpoint": "http://x", "providers": {"aws": 1}, "pid": 2, "uptime_seconds": 3.4, "peak_memory_mib": 5}
    lines = list(status_lines({**document, "port_was_taken": 4747, "resources": {"local": 9}, "sagemaker": runtime}))
    assert "resources  local (9)" in lines
    assert "job        j: InProgress, 2 hosts of 4 asked" in lines
    assert "endpoint   e: InService, main 1 of 2 ready" in lines
    assert any("4747 was taken" in line for line in lines)
