"""The Python blocks of README and of the pages run as they stand, one after the other.

A block that is not to run has the comment ``<!-- not-run: reason -->`` on the line before it, or
with blank lines between.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

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
