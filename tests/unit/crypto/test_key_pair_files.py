"""RSA pairs in files: each is one process's until it has ended, and trouble costs no more."""

import errno
import importlib
import os
import shutil
import signal
import stat
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from pytest_kmsmock._kms.crypto import key_pair_files
from pytest_kmsmock._kms.crypto.key_pair_files import PLACES, KeyPairFiles

SYSTEM = sys.modules["posix"]  # what `os` is made of
BITS = 1024  # which are made in a moment
LONG = 10  # seconds, after which something has gone wrong


@pytest.fixture(scope="module")
def pairs():
    return [rsa.generate_private_key(65537, BITS) for _ in range(4)]


@pytest.fixture
def process(tmp_path):
    """
    Make what stands for a process: files are locked for each opening of them.

    `with process() as files` ends it with the block, as the system does it: by closing the files.
    """

    @contextmanager
    def process():
        files = KeyPairFiles(lambda: tmp_path)
        yield files
        end(files)

    return process


def end(files):
    while files.leased:
        os.close(files.leased.pop())


def numbers(*pairs):
    """Tell pairs apart: two objects may be one pair."""
    return [pair and pair.private_numbers() for pair in pairs]


def fill(process, pairs):
    with process() as files:
        for pair in pairs:
            files.keep(pair)


def path_of(tmp_path, number=0):
    return tmp_path / "key-pairs" / f"rsa-{BITS}-{number:02}"


def test_take_the_first(process):
    """There is nothing to take before somebody has kept something, and that is no problem."""
    with process() as files:
        assert files.take(BITS) is None
        assert files.problem is None


def test_take_what_an_earlier_process_kept(process, pairs):
    """What a process has kept is the next one's, pair for pair, and works."""
    fill(process, pairs[:2])

    with process() as files:
        taken = [files.take(BITS), files.take(BITS), files.take(BITS)]

    assert numbers(*pairs[:2], None) == numbers(*taken)


def test_take_what_is_taken(process, pairs):
    """A pair that a living process has made or taken is nobody else's."""
    with process() as first:
        first.keep(pairs[0])
        with process() as second:
            assert second.take(BITS) is None
    with process() as first, process() as second:
        taken = first.take(BITS), second.take(BITS)

    assert numbers(pairs[0], None) == numbers(*taken)


def test_keep_beside_others(process, pairs):
    """A pair that is kept takes nobody's place, also not that of one that is free."""
    fill(process, pairs[:1])
    with process() as second:
        second.keep(pairs[1])
    with process() as third:
        taken = [third.take(BITS), third.take(BITS)]

    assert numbers(*pairs[:2]) == numbers(*taken)


def test_take_another_size(process, pairs):
    """A pair of another size is not taken."""
    fill(process, pairs[:1])

    with process() as files:
        assert files.take(2048) is None


def test_race(process, pairs):
    """Of all who take at once, each has a pair of its own, until there is none left."""
    fill(process, pairs)
    barrier = threading.Barrier(8)

    def take(files):
        barrier.wait(LONG)
        return files.take(BITS)

    with ExitStack() as processes, ThreadPoolExecutor(8) as executor:
        taken = executor.map(take, [processes.enter_context(process()) for _ in range(8)])
        found = sorted(pair.private_numbers().p for pair in taken if pair is not None)

    assert sorted(pair.private_numbers().p for pair in pairs) == found


def test_places(process, pairs, tmp_path):
    """There is room for a number of pairs; those beyond it are not kept."""
    with process() as files:
        for _ in range(PLACES + 1):
            files.keep(pairs[0])

        assert PLACES == len(files.leased) == len([*(tmp_path / "key-pairs").glob("rsa-*")])
        assert files.problem is None


# --- processes that end, or do not ------------------------------------------------------------


@contextmanager
def child(work):
    """Fork; let the child do *work* before the block, and kill it after."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of forks beside threads
        done, doing = os.pipe()
        number = os.fork()
    if not number:
        signal.alarm(2 * LONG)
        work()
        os.write(doing, b"done")
        signal.pause()
    os.close(doing)
    try:
        assert b"done" == os.read(done, 4)
        yield
    finally:
        os.close(done)
        os.kill(number, signal.SIGKILL)
        os.waitpid(number, 0)


forking = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on Windows")


@forking
@pytest.mark.parametrize("do", ["take", "keep"])
def test_process_that_is_killed(process, pairs, do):
    """What a process has taken or kept is free when it has been killed, and not before."""
    if do == "take":
        fill(process, pairs[:1])
    with process() as files:
        with child(lambda: files.take(BITS) if do == "take" else files.keep(pairs[0])):
            before = files.take(BITS)
        after = files.take(BITS)

    assert numbers(None, pairs[0]) == numbers(before, after)


@forking
def test_child_that_lives_longer(process, pairs):
    """What a process had is not free while a child has a copy of it, whose keys may be in use."""
    with process() as parent:
        parent.keep(pairs[0])
        with child(lambda: None), process() as other:
            end(parent)
            before = other.take(BITS)
        with process() as other:
            after = other.take(BITS)

    assert numbers(None, pairs[0]) == numbers(before, after)


# --- trouble ----------------------------------------------------------------------------------


DAMAGE = {
    "cut off": lambda content: content[:-1],
    "a bit": lambda content: content[:100] + bytes([content[100] ^ 1]) + content[101:],
    "zeros": lambda content: bytes(len(content)),
    "a letter": lambda content: b"x",
    "something after it": lambda content: content + b"x",
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_damaged(process, pairs, tmp_path, damage):
    """A damaged file gives no pair, it is told, and the next new pair takes its place."""
    fill(process, pairs[:2])
    path = path_of(tmp_path)
    path.write_bytes(damage(path.read_bytes()))

    with process() as files:
        taken = files.take(BITS)
        files.keep(pairs[2])
    with process() as later:
        again = later.take(BITS)

    assert f"{path} was damaged, and a new pair takes its place" == files.problem
    assert numbers(*pairs[1:3]) == numbers(taken, again)
    assert later.problem is None


def test_copied_file(process, pairs, tmp_path):
    """A file that somebody has copied is no second lease of its pair."""
    fill(process, pairs[:1])
    shutil.copy(path_of(tmp_path, 0), path_of(tmp_path, 1))

    with process() as files:
        taken = [files.take(BITS), files.take(BITS)]

    assert numbers(pairs[0], None) == numbers(*taken)


def test_private(process, pairs, tmp_path):
    """Nobody but the owner may look at the pairs, and git leaves them out."""
    fill(process, pairs[:1])
    folder = tmp_path / "key-pairs"

    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    assert 0o600 == stat.S_IMODE(path_of(tmp_path).stat().st_mode)
    assert "*\n" == (folder / ".gitignore").read_text()


def open_folder(folder, monkeypatch):
    folder.chmod(0o750)
    return folder


def open_file(folder, monkeypatch):
    path = folder / f"rsa-{BITS}-00"
    path.chmod(0o604)
    return path


def give_away(folder, monkeypatch):
    monkeypatch.setattr(SYSTEM, "geteuid", lambda: os.geteuid() + 1)
    return folder


def link_folder(folder, monkeypatch):
    folder.rename(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")
    return folder


@pytest.mark.parametrize("make_foreign", [open_folder, open_file, give_away, link_folder])
def test_foreign(process, pairs, tmp_path, monkeypatch, make_foreign):
    """What is open to others, or another user's, is neither read nor written."""
    fill(process, pairs[:1])
    path = make_foreign(tmp_path / "key-pairs", monkeypatch)

    with process() as files:
        assert files.take(BITS) is None
        files.keep(pairs[1])

        assert [] == files.leased
        assert f"{path} is not private: see its owner and its permissions" == files.problem


def test_link(process, pairs, tmp_path):
    """A link in the place of a file is not followed."""
    fill(process, pairs[:1])
    path = path_of(tmp_path)
    path.rename(tmp_path / "elsewhere")
    path.symlink_to(tmp_path / "elsewhere")

    with process() as files:
        assert files.take(BITS) is None
        assert f"[Errno {errno.ELOOP}] {os.strerror(errno.ELOOP)}: '{path}'" == files.problem


def test_no_folder(pairs):
    """Where no folder can be made there are no pairs, and the first problem is told."""
    problems = iter(["the first", "the second"])

    def find_folder():
        raise OSError(next(problems))

    files = KeyPairFiles(find_folder)

    assert files.take(BITS) is None
    files.keep(pairs[0])
    assert "the first" == files.problem


def test_folder_that_is_deleted(process, pairs, tmp_path):
    """A folder that is deleted meanwhile, as by --cache-clear, is made again without a word."""
    with process() as files:
        files.keep(pairs[0])
        shutil.rmtree(tmp_path / "key-pairs")
        assert files.take(BITS) is None
        files.keep(pairs[1])
    with process() as later:
        assert numbers(pairs[1], None) == numbers(later.take(BITS), later.take(BITS))

    assert files.problem is None


NO_SPACE = f"[Errno {errno.ENOSPC}] {os.strerror(errno.ENOSPC)}"


def write_nothing(file, content):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def write_half(file, content):
    return os.write(file, content[:100])


@pytest.mark.parametrize("write", [write_nothing, write_half])
def test_full_disk(process, pairs, monkeypatch, write):
    """A pair for which the disk has no room is not kept, and leaves nothing half-written."""
    with process() as files, monkeypatch.context() as patched:
        patched.setattr(SYSTEM, "write", write)
        files.keep(pairs[0])
        assert [] == files.leased
    with process() as later:
        assert later.take(BITS) is None
        later.keep(pairs[0])

    assert (NO_SPACE, None) == (files.problem, later.problem)


def test_interrupted(process, pairs, monkeypatch):
    """A signal's exception leaves nothing half-written, and no file locked."""

    def write(file, content):
        os.write(file, content[:100])
        raise KeyboardInterrupt

    with process() as files:
        with monkeypatch.context() as patched:
            patched.setattr(SYSTEM, "write", write)
            with pytest.raises(KeyboardInterrupt):
                files.keep(pairs[0])
        with process() as other:
            other.keep(pairs[1])

            assert [1, []] == [len(other.leased), files.leased]


def test_file_system_without_locks(process, pairs, monkeypatch):
    """Where files can't be locked no pair is kept."""

    def lock(file):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(key_pair_files, "_lock", lock)
    with process() as files:
        files.keep(pairs[0])

        assert [] == files.leased
        assert f"[Errno {errno.ENOLCK}] No locks available" == files.problem


# --- tests that fake the system ---------------------------------------------------------------


def test_within_patches(tmp_path, process, pairs, monkeypatch):
    """A test may have patched what reads files, when it uses the first RSA key of the run."""
    fill(process, pairs[:1])
    monkeypatch.delitem(sys.modules, key_pair_files.__name__)
    with patch("os.open"), patch("os.read"), patch("os.fstat"), patch("builtins.open"):
        files = importlib.import_module(key_pair_files.__name__).KeyPairFiles(lambda: tmp_path)
        taken = files.take(BITS)
    end(files)

    assert numbers(pairs[0]) == numbers(taken)


def test_patched_lock(process, pairs, monkeypatch):
    """While a test has put something else in the place of locks, pairs are neither had nor kept."""
    fill(process, pairs[:1])
    with process() as files:
        with patch("fcntl.flock"):
            assert files.take(BITS) is None
            files.keep(pairs[1])
        assert [] == files.leased
        assert numbers(pairs[0], None) == numbers(files.take(BITS), files.take(BITS))

    assert files.problem is None


def test_windows(process, pairs, monkeypatch):
    """On Windows a byte is locked that is behind the content, and nobody asks for owners."""
    locked = []

    def locking(file, mode, count):
        place = os.fstat(file).st_ino, os.lseek(file, 0, os.SEEK_CUR), count
        if place in locked:
            raise PermissionError(errno.EACCES, "Permission denied")
        locked.append(place)

    msvcrt = SimpleNamespace(locking=locking, LK_NBLCK=2)
    monkeypatch.setattr(key_pair_files, "_IS_WINDOWS", True)
    monkeypatch.setitem(sys.modules, "msvcrt", msvcrt)
    monkeypatch.delattr(SYSTEM, "geteuid")
    fill(process, pairs[:1])
    locked.clear()

    with process() as first, process() as second:
        taken = first.take(BITS), second.take(BITS)

    assert numbers(pairs[0], None) == numbers(*taken)
    assert [2 * 16_384] == [at for _, at, _ in locked]
