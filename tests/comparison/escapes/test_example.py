"""The example of a landscape of one's own, run as it stands."""

from __future__ import annotations

import math
import runpy
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "own_landscape.py"
Z = 4.4  # false alarm 1.1e-5 a check, seed fixed


def test_five_temperatures_by_all_methods_in_a_table_and_a_figure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    result = runpy.run_path(str(EXAMPLE))["result"]
    assert (tmp_path / "own_landscape.png").stat().st_size > 10_000
    assert len(capsys.readouterr().out.splitlines()) == 16
    table = result.table()
    assert table["temperature"].nunique() == 5
    for row in table.itertuples():
        # The scheme's own bias at this step stays below 2 %.
        allowed = Z / math.sqrt(row.effective_events) + 0.02
        assert abs(math.log(row.rate_simulated / row.rate_exact)) < allowed
    # Negative control: the noise frozen at the minimum would be far slower.
    assert (table["rate_simulated"] > 2 * table["rate_arrhenius"]).any()
