"""RSA key pairs that outlive a process: files, which processes lease from each other."""

import errno
import stat
import sys
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import BuiltinFunctionType
from typing import TYPE_CHECKING, Any, Final, cast

from pytest_kmsmock._kms.lazily import lazily

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import rsa

_IS_WINDOWS: Final = "nt" in sys.builtin_module_names

# What `os` is made of. A test that uses its first RSA key may have patched `os`, or have faked a
# whole file system, for which this module may even have been imported.
_system: Final[Any] = import_module("nt" if _IS_WINDOWS else "posix")

# For each size. Each pair that a process has is an open file of it.
PLACES: Final = 32

_DIGEST: Final = 32  # bytes: of SHA-256, before the key
_LONGEST: Final = 16_384  # bytes: with an RSA_4096 pair a file has 2,400
_OPEN: Final = _system.O_RDWR | getattr(_system, "O_NOFOLLOW", 0) | getattr(_system, "O_BINARY", 0)


class KeyPairFiles:
    """
    The key pairs that this and earlier processes have made, each in a file.

    Whoever has a pair keeps its file open and locked, until the process and those that were forked
    from it have ended, in whatever way. A file is filled and emptied under that lock, and is never
    deleted: at no moment could two processes have its pair.

    What changes is the list of what is on lease, which only grows, and *problem*. A folder that is
    of no use raises nothing, since pairs are needed within calls of KMS: there is just no pair, and
    *problem* has the first reason for it.

    Args:
        find_folder: Return the folder to keep them in; called when a pair is needed.
    """

    def __init__(self, find_folder: Callable[[], Path]) -> None:
        self.problem: str | None = None
        self.leased: list[int] = []  # descriptors, which nobody closes
        self._find_folder = find_folder

    def take(self, bits: int) -> "rsa.RSAPrivateKey | None":
        """Return a pair that nobody has, if there is one; from here on it is this process's."""

        def read_pair(file: int, path: Path) -> "rsa.RSAPrivateKey | None":
            content: bytes = _system.read(file, _LONGEST)
            pair = _load(content, path.name)
            if pair is None and content:
                _system.ftruncate(file, 0)
                self._note(f"{path} was damaged, and a new pair takes its place")
            return pair

        return self._lease(bits, _OPEN, read_pair)

    def keep(self, pair: "rsa.RSAPrivateKey") -> None:
        """Keep a new pair, which is this process's, if there is room for it."""

        def write_pair(file: int, path: Path) -> "rsa.RSAPrivateKey | None":
            if _system.fstat(file).st_size:
                return None
            _write(file, _dump(pair, path.name))
            return pair

        self._lease(pair.key_size, _OPEN | _system.O_CREAT, write_pair)

    def _lease(
        self, bits: int, flags: int, use: Callable[[int, Path], "rsa.RSAPrivateKey | None"]
    ) -> "rsa.RSAPrivateKey | None":
        """Lock the files that nobody has, one after the other, until *use* finds one of use."""
        try:
            folder = self._find_folder() / "key-pairs"
            _make_private(folder)
            for number in range(PLACES):
                path = folder / f"rsa-{bits}-{number:02}"
                file = _system.open(path, flags, 0o600)
                pair = None
                try:
                    _check(_system.fstat(file), stat.S_ISREG, path)
                    if _lock(file):
                        pair = use(file, path)
                finally:
                    if pair is None:
                        _system.close(file)
                    else:
                        self.leased.append(file)
                if pair is not None:
                    return pair
        except FileNotFoundError:
            pass  # no pair has come to this place yet; or the folder was deleted meanwhile
        except OSError as error:
            self._note(str(error))
        return None

    def _note(self, problem: str) -> None:
        if self.problem is None:
            self.problem = problem


class _Foreign(OSError):
    """A file or folder in which others may have a hand."""


def _make_private(folder: Path) -> None:
    """Make a folder that only its owner may enter, and that git leaves out, unless it is there."""
    with suppress(FileExistsError):
        _system.mkdir(folder, 0o700)
        file = _system.open(folder / ".gitignore", _OPEN | _system.O_CREAT, 0o600)
        try:
            _system.write(file, b"*\n")
        finally:
            _system.close(file)
    # Also a new one: some file systems keep no permissions.
    _check(_system.lstat(folder), stat.S_ISDIR, folder)


def _check(found: Any, is_right: Callable[[int], bool], path: Path) -> None:
    """
    Raises:
        _Foreign: If it is something else, is another user's, or is open to others.
    """
    # On Windows the folder is as private as the project's own.
    is_private = _IS_WINDOWS or (found.st_uid == _system.geteuid() and not found.st_mode & 0o077)
    if not (is_private and is_right(found.st_mode)):
        raise _Foreign(f"{path} is not private: see its owner and its permissions")


def _lock(file: int) -> bool:
    """Lock a file, also against other openings of it in this process, unless it is locked."""
    if _IS_WINDOWS:
        msvcrt: Any = import_module("msvcrt")
        _system.lseek(file, 2 * _LONGEST, 0)  # what is locked can't be read: a byte far behind it
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        _system.lseek(file, 0, 0)
        return True
    import fcntl  # noqa: PLC0415 - Windows has none

    # A test may have put something in its place that locks nothing.
    if not isinstance(fcntl.flock, BuiltinFunctionType):
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(file: int, content: bytes) -> None:
    try:
        if _system.write(file, content) < len(content):
            raise OSError(errno.ENOSPC, _system.strerror(errno.ENOSPC))
    except BaseException:
        _system.ftruncate(file, 0)
        raise


def _dump(key: "rsa.RSAPrivateKey", name: str) -> bytes:
    with lazily():
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - few tests use RSA
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return _digest(name, der) + der


def _load(content: bytes, name: str) -> "rsa.RSAPrivateKey | None":
    """Return the pair in a file, or None if it is not, to the bit, what was written there."""
    with lazily():
        from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415 - few tests use RSA
            load_der_private_key,
        )

    digest, der = content[:_DIGEST], content[_DIGEST:]
    if _digest(name, der) != digest:
        return None
    # OpenSSL's check of the numbers takes as long as a new pair does. The digest stands for it.
    key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    return cast("rsa.RSAPrivateKey", key)


def _digest(name: str, der: bytes) -> bytes:
    # With the name of the file: a copy under another one would be one pair for two processes.
    return sha256(name.encode() + der).digest()
