"""What a submitted folder says of itself as a package, in each way that people write it."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest

from workloads import script_package

SETUP = "from setuptools import setup, find_packages\nsetup(name='x', {})\n"
POETRY = '[tool.poetry]\npackages = [{include = "pkg", from = "lib"}]\n'
HATCH = '[tool.hatch.build.targets.wheel]\npackages = ["lib/pkg"]\n'
SRC = '[project]\nname = "x"\n'


def written(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


@pytest.mark.parametrize(
    ("files", "roots"),
    [
        ({}, ["."]),
        ({"src/pkg/train.py": ""}, ["."]),  # no package: python src/x.py imports from src by itself
        ({"setup.py": SETUP.format("packages=['pkg']"), "pkg/train.py": ""}, ["."]),
        (
            {"setup.py": SETUP.format("package_dir={'': 'src'}, packages=find_packages('src')"), "src/pkg/train.py": ""},
            [".", "src"],
        ),
        ({"setup.py": SETUP.format("packages=find_packages(where='lib')"), "lib/pkg/train.py": ""}, [".", "lib"]),
        ({"setup.py": "import setuptools\nsetuptools.setup(package_dir={'': 'code'})\n", "code/pkg/train.py": ""}, [".", "code"]),
        ({"setup.py": SETUP.format("package_dir=where()"), "src/pkg/train.py": ""}, [".", "src"]),
        ({"setup.py": "this is (no Python", "src/pkg/train.py": ""}, [".", "src"]),
        ({"setup.cfg": "[options]\npackage_dir =\n  = lib\n", "lib/pkg/train.py": ""}, [".", "lib"]),
        ({"setup.cfg": "[options.packages.find]\nwhere = lib\n", "lib/pkg/train.py": ""}, [".", "lib"]),
        ({"pyproject.toml": SRC, "src/pkg/train.py": ""}, [".", "src"]),
        ({"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["lib"]\n', "lib/pkg/train.py": ""}, [".", "lib"]),
        ({"pyproject.toml": '[tool.setuptools.package-dir]\n"" = "lib"\n', "lib/pkg/train.py": ""}, [".", "lib"]),
        (
            {"pyproject.toml": '[tool.poetry]\npackages = [{include = "pkg", from = "lib"}]\n', "lib/pkg/train.py": ""},
            [".", "lib"],
        ),
        ({"pyproject.toml": '[tool.hatch.build.targets.wheel]\npackages = ["lib/pkg"]\n', "lib/pkg/train.py": ""}, [".", "lib"]),
        ({"pyproject.toml": "no = [toml", "src/pkg/train.py": ""}, [".", "src"]),
        ({"setup.py": SETUP.format("package_dir={'': '../..'}")}, ["."]),
    ],
)
def test_packages_are_found_where_they_are_declared(tmp_path: Path, files: dict[str, str], roots: list[str]) -> None:
    folder = written(tmp_path, files)
    assert [str(root.relative_to(folder)) for root in script_package.source_roots(folder)] == roots
    if len(roots) > 1:
        assert script_package.module_file("pkg.train", script_package.source_roots(folder))


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("pkg.train", "pkg/train.py"),
        ("pkg", "pkg/__main__.py"),
        ("train", "train.py"),
        ("a.b.c", "a/b/c.py"),
        ("pkg.none", None),
        ("../pkg.train", None),
        ("pkg/train", None),
        ("train.py", None),
    ],
)
def test_a_module_is_what_python_would_run(tmp_path: Path, name: str, file: str | None) -> None:
    folder = written(tmp_path, dict.fromkeys(("pkg/train.py", "pkg/__main__.py", "train.py", "a/b/c.py"), ""))
    found = script_package.module_file(name, [folder])
    assert (str(found.relative_to(folder)) if found else None) == file


@pytest.mark.parametrize(
    ("files", "name", "version"),
    [
        ({"setup.py": "from setuptools import setup\nsetup(name='my-pkg', version='1.2')\n"}, "my-pkg", "1.2"),
        ({"setup.py": "from setuptools import setup\nsetup(name='my.pkg', version=read())\n"}, "my-pkg", "0.0.0"),
        ({"setup.cfg": "[metadata]\nname = my_pkg\nversion = 2\n"}, "my-pkg", "2"),
        ({"setup.cfg": "[metadata]\nname = my_pkg\nversion = attr: my_pkg.V\n"}, "my-pkg", "0.0.0"),
        ({"pyproject.toml": '[project]\nname = "my-pkg"\nversion = "3.0.1"\n'}, "my-pkg", "3.0.1"),
        ({"pyproject.toml": '[project]\nname = "my-pkg"\ndynamic = ["version"]\n'}, "my-pkg", "0.0.0"),
        ({"pyproject.toml": '[project]\nname = "../x"\nversion = "1"\n'}, "x", ""),
        ({}, "my-pkg", ""),
    ],
)
def test_a_package_knows_its_own_version_as_if_it_were_installed(
    tmp_path: Path, files: dict[str, str], name: str, version: str
) -> None:
    target = tmp_path / "packages"
    script_package.describe(written(tmp_path / "code", {**files, "train.py": ""}), target)
    found = [one.version for one in metadata.distributions(name=name, path=[str(target)])]
    assert found == ([version] if version else [])


@pytest.mark.parametrize(
    ("files", "needs"),
    [
        ({}, []),
        ({"setup.py": SETUP.format("install_requires=['a>=1', 'b']")}, ["a>=1", "b"]),
        ({"setup.py": SETUP.format("install_requires=read()")}, []),
        ({"setup.cfg": "[options]\ninstall_requires =\n  a>=1\n  b\n"}, ["a>=1", "b"]),
        ({"pyproject.toml": '[project]\ndependencies = ["a>=1", "b"]\n'}, ["a>=1", "b"]),
        ({"pyproject.toml": '[project]\ndependencies = "a"\n'}, ["a"]),
    ],
)
def test_what_a_package_needs_is_read_and_not_run(tmp_path: Path, files: dict[str, str], needs: list[str]) -> None:
    assert script_package.requirements(written(tmp_path, files)) == needs
