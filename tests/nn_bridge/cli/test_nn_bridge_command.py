from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

import pytest


def test_help_names_the_commands(nn_bridge_cli, tmp_path):
    result = nn_bridge_cli("--help", cwd=tmp_path)
    assert result.returncode == 0
    assert "real networks" in result.stdout
    for command in ("train", "curvature"):
        assert command in result.stdout
    assert result.stderr == ""


def test_without_arguments_shows_the_help(nn_bridge_cli, tmp_path):
    assert nn_bridge_cli(cwd=tmp_path).stdout == nn_bridge_cli("--help", cwd=tmp_path).stdout


def test_version_is_that_of_the_distribution(nn_bridge_cli, tmp_path):
    try:
        installed = version("landscape-sim")
    except PackageNotFoundError:
        pytest.skip("landscape-sim is not installed in this environment")
    assert nn_bridge_cli("--version", cwd=tmp_path).stdout == f"nn-bridge {installed}\n"


@pytest.mark.parametrize("argument", ["measure", "--measure"])
def test_unknown_command_or_option_is_one_line_and_exit_code_2(nn_bridge_cli, tmp_path, argument):
    result = nn_bridge_cli(argument, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert argument in result.stderr
