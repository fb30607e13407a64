"""Files of machine code: whole, this user's alone, and gone when nobody uses them."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest

from landscape_sim.jit import store

CHECKOUT = str(Path(__file__).resolve().parents[2])
KEY, PAYLOAD = b"key", b"machine code" * 100


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    return tmp_path / "landscape_sim-kernels"


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
    assert store.machine_code_folder() is None
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
    assert store.machine_code_folder() is None


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


def old(*paths):
    for path in paths:
        os.utime(path, (time.time() - 31 * 86400,) * 2)


def test_what_nobody_used_for_a_month_is_removed(cache, file):
    draft = cache / "cut-off.draft"
    draft.touch()
    old(file, draft)
    store.write("two", KEY, PAYLOAD)
    assert [path.name for path in cache.iterdir()] == ["two.machine-code"]


def test_files_of_the_user_are_never_removed(cache, file, tmp_path):
    thesis, folder, link = cache / "thesis.txt", cache / "results", cache / "link.machine-code"
    folder.mkdir()
    (folder / "a.machine-code").touch()
    (tmp_path / "kernels").mkdir()
    (tmp_path / "kernels" / "thesis.machine-code").touch()
    thesis.touch()
    link.symlink_to(thesis)
    os.utime(link, (0.0, 0.0), follow_symlinks=False)
    mine = [thesis, folder / "a.machine-code", tmp_path / "kernels" / "thesis.machine-code"]
    old(*mine, folder, tmp_path / "kernels")
    store.write("two", KEY, PAYLOAD)
    assert all(path.exists() for path in (*mine, link))


def test_folders_of_earlier_versions_are_removed_if_they_are_only_numbas_and_old(tmp_path):
    def make(digit, *names):
        folder = tmp_path / f"kernels-{digit * 16}"
        (folder / "room").mkdir(parents=True)
        files = [folder / "room" / name for name in ("index.nbi", *names)]
        for path in files:
            path.touch()
        old(*files, folder / "room", folder)
        return folder

    unused, young = make("0", "code.nbc"), make("1", "code.nbc")
    (young / "room" / "code.nbc").touch()
    kept = [young, make("2", "thesis.txt"), make("g")]
    (tmp_path / f"kernels-{'3' * 16}").symlink_to(young)
    store.write("two", KEY, PAYLOAD)
    assert not unused.exists()
    assert all((folder / "room" / "index.nbi").exists() for folder in kept)


def test_a_link_to_a_private_directory_is_followed(cache, tmp_path):
    (tmp_path / "elsewhere").mkdir(mode=0o700)
    cache.symlink_to(tmp_path / "elsewhere")
    store.write("one", KEY, PAYLOAD)
    assert store.read("one", KEY) == PAYLOAD
    (tmp_path / "elsewhere").chmod(0o770)
    assert store.read("one", KEY) is None


def test_a_user_without_a_home_has_no_cache(monkeypatch):
    def no_home(name):
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.delenv("NUMBA_CACHE_DIR")
    for path in (no_home, lambda name: Path("~/.cache") / name):
        monkeypatch.setattr("landscape_sim.cache.user_cache_path", path)
        store.write("one", KEY, PAYLOAD)
        assert store.machine_code_folder() is None
        assert store.machine_code_files() == set()


def test_a_list_says_whether_all_that_is_needed_is_there(cache, file):
    store.write("two", KEY, PAYLOAD)
    files = store.machine_code_files()
    assert files <= store.used_files()
    store.keep_list("both", files)
    assert store.listed_files("both") == files
    assert store.listed_files("another") is None
    (cache / "both.list").chmod(0o620)
    assert store.listed_files("both") is None
    (cache / "both.list").chmod(0o600)
    file.unlink()
    assert store.listed_files("both") is None
    assert store.used_files().isdisjoint({file})


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b'{"a": 1}', b"\xff"])
def test_a_list_that_is_damaged_is_none(cache, file, content):
    store.keep_list("one", [file])
    (cache / "one.list").write_bytes(content)
    assert store.listed_files("one") is None


def test_use_keeps_a_file(file):
    old(file)
    assert store.read("one", KEY) == PAYLOAD
    store.write("two", KEY, PAYLOAD)
    assert file.exists()


def test_a_piece_is_made_by_one_at_a_time_and_others_wait_once(cache):
    order = []

    def make(name):
        with store.made_once("one"):
            order.append(f"{name} begins")
            if store.read("one", KEY) is None:
                begun.set()
                time.sleep(0.2)
                store.write("one", KEY, PAYLOAD)
                order.append(f"{name} made it")

    begun = threading.Event()
    first = threading.Thread(target=make, args=("first",))
    first.start()
    begun.wait()
    make("second")
    first.join()
    assert order == ["first begins", "first made it", "second begins"]
    assert [path.suffix for path in cache.iterdir()] == [".machine-code"]  # no lock is left


def test_what_is_there_is_not_waited_for(cache, file):
    with store.made_once("one"), store.made_once("one"):
        assert [path.name for path in cache.iterdir()] == [file.name]
