"""What the surroundings of a command say does not stop it after its work is done."""

from __future__ import annotations

ESCAPE = ("--landscape", "tilted-quartic", "--learning-rate", "0.2", "--batch-size", "1")


def test_backends_settings_and_encodings_of_others(landscape_sim_cli, tmp_path):
    (tmp_path / "matplotlibrc").write_text("text.usetex: True\n", encoding="ascii")
    env = {"MPLBACKEND": "module://no_such_backend", "PYTHONIOENCODING": "ascii", "PATH": ""}
    done = landscape_sim_cli("picture", *ESCAPE, "--out", "p", cwd=tmp_path, env=env)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "p" / "landscape.svg").exists()
    done = landscape_sim_cli("rate", *ESCAPE, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "T = ? h_e*/B = 0.443454" in done.stdout


def test_a_compiler_that_is_switched_off_is_named(landscape_sim_here, monkeypatch):
    monkeypatch.setattr("numba.config.DISABLE_JIT", True)
    done = landscape_sim_here("rate", *ESCAPE, "--method", "simulate")
    assert done.returncode == 2
    assert done.stderr.startswith("landscape-sim: NUMBA_DISABLE_JIT is set")
