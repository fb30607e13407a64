"""The blocks of README and of the pages run as they stand.

Python blocks of a page run one after the other, commands of the packages each by itself; studies
are planned. A block that is not to run has the comment ``<!-- not-run: reason -->`` on the line
before it, or with blank lines between.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import landscape_sim.cli
import nn_bridge.cli

CHECKOUT = Path(__file__).resolve().parent.parent
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
NOT_RUN = re.compile(r"<!-- not-run: \S.*-->")


def program_of(page: str) -> str:
    """Return the blocks of a page, each on its own lines: a traceback names the page's line."""
    program, inside, last_words = [], False, ""
    for line in page.splitlines():
        if line.startswith("```"):
            inside = line == "```python" and not NOT_RUN.fullmatch(last_words)
        program.append(line if inside and not line.startswith("```") else "")
        last_words = line.strip() or last_words
    return "\n".join(program) + "\n"


def run(program: str, name: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a program in ``folder``, on this checkout and without a screen."""
    (folder / name).write_text(program, encoding="utf-8")
    return subprocess.run(
        [sys.executable, name],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT), "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=3600,
        check=False,
    )


PROGRAMS = {page: program_of(page.read_text(encoding="utf-8")) for page in PAGES}
PROGRAMS = {page: program for page, program in PROGRAMS.items() if program.strip()}


@pytest.mark.slow
@pytest.mark.parametrize(("page", "program"), PROGRAMS.items(), ids=[p.name for p in PROGRAMS])
def test_the_blocks_of_a_page_run(page, program, tmp_path):
    done = run(program, f"{page.stem}.py", tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_the_study_of_the_first_steps_runs(landscape_sim_here, tmp_path):
    text = (CHECKOUT / "docs" / "first-steps.md").read_text(encoding="utf-8")
    (study,) = re.findall("```toml\n(.*?)```", text, re.DOTALL)
    (tmp_path / "mine.toml").write_text(study, encoding="utf-8")
    done = landscape_sim_here("compare", "--study", "mine.toml", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    rows = json.loads(done.stdout)["rows"]
    assert len(rows) == 24
    for row in rows:
        # Five standard errors, of which a 95 % interval is 3.92 wide: one false alarm in 70,000.
        error = 5.0 * (row["log_rate_high"] - row["log_rate_low"]) / 3.92
        assert abs(row["log_rate_simulated"] - row["log_rate_exact"]) < error, row


def commands_of(page: str) -> Iterator[tuple[str, bool]]:
    """Yield the packages' commands in the shell blocks of a page, and whether they are to run."""
    fence, last_words, to_run = "", "", False
    for line in page.replace("\\\n", " ").splitlines():
        if line.startswith("```"):
            fence = "" if fence else line
            to_run = not last_words.startswith("<!--")
        elif fence == "```":
            for part in line.split(" #")[0].split("&&"):
                command = part.strip().removeprefix(".venv/bin/")
                if re.match("(landscape-sim|nn-bridge) ?", command):
                    yield re.sub(" +", " ", command), to_run
        last_words = line.strip() or last_words


COMMANDS = {
    command: to_run
    for page in PAGES
    for command, to_run in commands_of(page.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_page_has_the_options_that_it_is_given(command, monkeypatch, capsys):
    name, *words = shlex.split(command)
    main = {"landscape-sim": landscape_sim.cli.main, "nn-bridge": nn_bridge.cli.main}[name]
    # What the parser does not know it refuses before it shows the help.
    monkeypatch.setattr("sys.argv", [name, *words, "--help"])
    assert main() == 0, capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("command", [command for command, to_run in COMMANDS.items() if to_run])
def test_a_command_of_a_page_runs(command, landscape_sim_cli, nn_bridge_cli, tmp_path):
    name, *words = shlex.split(command)
    cli = {"landscape-sim": landscape_sim_cli, "nn-bridge": nn_bridge_cli}[name]
    done = cli(*words, cwd=tmp_path, timeout=1800)
    assert done.returncode == 0, done.stderr


STUDIES = {
    f"{page.stem}-{number}": study
    for page in PAGES
    for number, study in enumerate(
        re.findall(r"^```toml\n(.*?)^```$", page.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    )
    if "[[landscapes]]" in study or "loss_ratios" in study
}


@pytest.mark.slow  # a plan compiles what it measures the speed of
@pytest.mark.parametrize("name", STUDIES)
def test_a_study_of_a_page_can_be_planned(name, landscape_sim_here, tmp_path):
    (tmp_path / "mine.toml").write_text(STUDIES[name], encoding="utf-8")
    done = landscape_sim_here("compare", "--study", "mine.toml", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_commands_are_found_and_those_that_are_not_to_run_are_known():
    page = """
```
pip install . && .venv/bin/landscape-sim compare   # a remark
landscape-sim rate --loss "x**2" \\
    --method exact
```

<!-- not-run: hours -->
```
nn-bridge paper 2
```

```python
landscape-sim is no command here
```
"""
    found = dict(commands_of(page))
    assert found == {
        "landscape-sim compare": True,
        'landscape-sim rate --loss "x**2" --method exact': True,
        "nn-bridge paper 2": False,
    }


EXAMPLE = """
```python
first = 1
```

<!-- not-run: takes a day -->

```python
raise RuntimeError("not to be run")
```

```
landscape-sim compare
```

```python
print(first + 1)
{last}
```
"""


def test_blocks_share_their_names_and_a_marked_one_is_left_out(tmp_path):
    done = run(program_of(EXAMPLE.format(last="")), "page.py", tmp_path)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr


def test_a_wrong_block_is_seen_with_its_line(tmp_path):
    page = EXAMPLE.format(last="second")
    done = run(program_of(page), "page.py", tmp_path)
    assert done.returncode == 1
    line = page.splitlines().index("second") + 1
    assert f'page.py", line {line}' in done.stderr
    assert "name 'second' is not defined" in done.stderr
