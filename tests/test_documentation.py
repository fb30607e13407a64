"""The blocks of README and of the pages run.

All of a page run in one folder: its commands of the packages in order, then its Python blocks one
after the other. Studies are planned. What the comment before a block says is done with it, on the
line before or with blank lines between:

``<!-- file: mine.toml -->`` puts the block into the folder, under this name.

``<!-- smaller: --epochs 500 = --epochs 2; 00500 = 00002 -->`` replaces one text by the other, in
order, where the block as it stands takes hours or a GPU. Each has to be there.

``<!-- run: name -->`` leaves the block to ``test_cluster_page.py``.
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
from typing import NamedTuple

import pytest

import landscape_sim.cli
import nn_bridge.cli

CHECKOUT = Path(__file__).resolve().parent.parent
PAGES = [CHECKOUT / "README.md", *sorted((CHECKOUT / "docs").glob("*.md"))]
MARK = re.compile(r"<!-- ([a-z]+): (\S.*?) -->")


class Block(NamedTuple):
    """What stands between two fences."""

    language: str
    text: str
    #: Number of lines before it.
    line: int
    #: What the comment before it says is done with it, and how.
    mark: tuple[str, str] | None

    @property
    def smaller(self) -> str:
        """The text, with what the comment replaces."""
        text = self.text
        for pair in self.mark[1].split(";") if self.mark and self.mark[0] == "smaller" else ():
            old, new = (part.strip() for part in pair.rsplit(" = ", 1))
            assert old in text, f"{old!r} is not in the block of line {self.line}"
            text = text.replace(old, new)
        return text


def blocks_of(page: str) -> Iterator[Block]:
    """Yield the blocks of a page."""
    fence, last_words, block = None, "", list[str]()
    for number, line in enumerate(page.splitlines(), 1):
        if line.startswith("```") and fence is None:
            fence, block = line[3:], []
            found = MARK.fullmatch(last_words)
            mark = (found[1], found[2]) if found else None
        elif line.startswith("```"):
            yield Block(fence, "".join(block), number - len(block) - 1, mark)
            fence = None
        elif fence is not None:
            block.append(f"{line}\n")
        last_words = line.strip() or last_words


def program_of(page: str) -> str:
    """Return the Python of a page, each block on its own lines: a traceback names them."""
    program = ""
    for block in blocks_of(page):
        if block.language == "python":
            program += "\n" * (block.line - program.count("\n")) + block.smaller
    return program


def commands_of(page: str) -> Iterator[tuple[str, str]]:
    """Yield the packages' commands in the shell blocks of a page, as they stand and smaller."""
    for block in blocks_of(page):
        if block.language == "" and not (block.mark and block.mark[0] == "run"):
            yield from zip(words_of(block.text), words_of(block.smaller), strict=True)


def words_of(block: str) -> Iterator[str]:
    for line in block.replace("\\\n", " ").splitlines():
        for part in line.split(" #")[0].split("&&"):
            command = re.sub(" +", " ", part).strip().removeprefix(".venv/bin/")
            if re.match("(landscape-sim|nn-bridge)( |$)", command):
                yield command


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


TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
#: By what stands there: the first page that shows it, and what is run.
COMMANDS: dict[str, tuple[Path, str]] = {}
for _page, _text in TEXTS.items():
    for _shown, _smaller in commands_of(_text):
        COMMANDS.setdefault(_shown, (_page, _smaller))
RUN = {
    page: ([small for first, small in COMMANDS.values() if first == page], program_of(text))
    for page, text in TEXTS.items()
}


def marked(page: Path) -> object:
    needs_data = any(command.startswith("nn-bridge") for command in RUN[page][0])
    return pytest.param(page, id=page.name, marks=[pytest.mark.real_data] * needs_data)


def found_by(word: str, folder: Path) -> list[str]:
    """Return what a shell makes of a word: the results that fit, or the word itself."""
    found = folder.glob(word) if word.startswith("results/") else ()
    return sorted(str(path.relative_to(folder)) for path in found) or [word]


@pytest.mark.slow
@pytest.mark.parametrize("page", [marked(page) for page, shown in RUN.items() if any(shown)])
def test_what_a_page_shows_runs(page, landscape_sim_cli, nn_bridge_cli, tmp_path):
    commands, program = RUN[page]
    for block in blocks_of(TEXTS[page]):
        if block.mark and block.mark[0] == "file":
            (tmp_path / block.mark[1]).write_text(block.text, encoding="utf-8")
    for command in commands:
        name, *words = shlex.split(command)
        cli = {"landscape-sim": landscape_sim_cli, "nn-bridge": nn_bridge_cli}[name]
        words = [found for word in words for found in found_by(word, tmp_path)]
        done = cli(*words, cwd=tmp_path, timeout=1800)
        assert done.returncode == 0, f"{command}\n{done.stderr}"
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


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_page_has_the_options_that_it_is_given(command, monkeypatch, capsys):
    name, *words = shlex.split(command)
    main = {"landscape-sim": landscape_sim.cli.main, "nn-bridge": nn_bridge.cli.main}[name]
    # What the parser does not know it refuses before it shows the help.
    monkeypatch.setattr("sys.argv", [name, *words, "--help"])
    assert main() == 0, capsys.readouterr().err


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


EXAMPLE = """
```
pip install . && .venv/bin/landscape-sim compare   # a remark
landscape-sim rate --loss "x**2" \\
    --method exact
```

<!-- smaller: --runs 500 = --runs 2; 00500 = 00002 -->
```
nn-bridge paper 2 --runs 500 --out seeds/00500
```

<!-- run: jobs -->
```
landscape-sim compare --cluster slurm
```

```python
first = 1
```

<!-- smaller: 10**9 = 1 -->

```python
print(first + sum(1 for _ in range(10**9)))
{last}
```
"""


def test_commands_are_found_as_they_stand_and_smaller():
    assert list(commands_of(EXAMPLE)) == [
        ("landscape-sim compare", "landscape-sim compare"),
        ('landscape-sim rate --loss "x**2" --method exact',) * 2,
        (
            "nn-bridge paper 2 --runs 500 --out seeds/00500",
            "nn-bridge paper 2 --runs 2 --out seeds/00002",
        ),
    ]


def test_what_is_to_be_replaced_has_to_be_there():
    with pytest.raises(AssertionError, match="'--runs 500' is not in the block of line 9"):
        list(commands_of(EXAMPLE.replace("paper 2 --runs 500", "paper 2 --runs 400")))


def test_blocks_share_their_names(tmp_path):
    done = run(program_of(EXAMPLE.format(last="")), "page.py", tmp_path)
    assert (done.returncode, done.stdout) == (0, "2\n"), done.stderr


def test_a_wrong_block_is_seen_with_its_line(tmp_path):
    page = EXAMPLE.format(last="second")
    done = run(program_of(page), "page.py", tmp_path)
    assert done.returncode == 1
    line = page.splitlines().index("second") + 1
    assert f'page.py", line {line}' in done.stderr
    assert "name 'second' is not defined" in done.stderr
