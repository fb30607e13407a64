"""Files of machine code: whole, this user's alone, and gone when nobody uses them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from landscape_sim.jit import store

CHECKOUT = str(Path(__file__).resolve().parents[2])
KEY, PAYLOAD = b"key", b"machine code" * 100


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path / "kernels"


@pytest.fixture
def file(cache):
    store.write("one", KEY, PAYLOAD)
    (path,) = store.machine_code_files()
    assert store.read("one", KEY) == PAYLOAD
    return path


def test_directory_and_file_are_the_users_alone(cache, file):
    assert file.parent == cache
    assert cache.stat().st_mode & 0o777 == 0o700
    assert file.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in cache.iterdir()] == [file.name]  # no draft is left


@pytest.mark.parametrize("length", [0, 10, 32, 500])
def test_what_was_cut_off_is_not_read(file, length):
    file.write_bytes(file.read_bytes()[:length])
    assert store.read("one", KEY) is None


def test_what_was_altered_is_not_read(file):
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert store.read("one", KEY) is None


def test_an_exchanged_file_is_not_read(file):
    store.write("other", b"other key", PAYLOAD[::-1])
    other = file.with_name(file.name.replace("one", "other"))
    first, second = file.read_bytes(), other.read_bytes()
    file.write_bytes(second)
    other.write_bytes(first)
    assert store.read("one", KEY) is store.read("other", b"other key") is None


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_what_others_may_write_to_is_not_read(cache, file, mode):
    file.chmod(mode)
    assert store.read("one", KEY) is None
    file.chmod(0o600)
    cache.chmod(mode | 0o100)
    assert store.read("one", KEY) is None
    assert not store.keeps_machine_code()
    cache.chmod(0o700)
    assert store.read("one", KEY) == PAYLOAD


def test_what_belongs_to_somebody_else_is_not_read(file, monkeypatch):
    uid = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: uid + 1)
    assert store.read("one", KEY) is None


def test_a_link_is_not_followed(tmp_path, file):
    file.rename(tmp_path / "elsewhere")
    file.symlink_to(tmp_path / "elsewhere")
    assert store.read("one", KEY) is None


def test_without_a_directory_nothing_is_kept(cache):
    cache.write_text("in the way")
    store.write("one", KEY, PAYLOAD)
    assert store.read("one", KEY) is None
    assert not store.keeps_machine_code()


def test_a_full_disk_leaves_nothing(cache, tmp_path):
    program = """
        import resource
        from landscape_sim.jit import store
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))  # writing more is an OSError
        store.write("one", b"key", b"x" * 10_000)
        print(store.read("one", b"key"))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)],
        env={**os.environ, "NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": CHECKOUT},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["None"]
    assert list(cache.iterdir()) == []


def test_what_nobody_used_for_a_month_is_removed(tmp_path, file):
    old = time.time() - 31 * 86400
    earlier = tmp_path / "kernels-0123456789abcdef"
    earlier.mkdir()
    (earlier / "index.nbi").touch()
    others = tmp_path / "kernels-of-somebody"
    others.mkdir()
    for path in (file, earlier, others):
        os.utime(path, (old, old))
    store.write("two", KEY, PAYLOAD)
    assert not file.exists()
    assert not earlier.exists()
    assert others.exists()


def test_use_keeps_a_file(file):
    old = time.time() - 31 * 86400
    os.utime(file, (old, old))
    assert store.read("one", KEY) == PAYLOAD
    store.write("two", KEY, PAYLOAD)
    assert file.exists()
