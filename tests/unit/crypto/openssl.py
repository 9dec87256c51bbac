"""The `openssl` program, where there is one that knows SM2 and CMS as OpenSSL 3 does."""

import shutil
import subprocess

import pytest

PROGRAM = shutil.which("openssl")


def version():
    """Tell the program's version; LibreSSL has a program of the same name."""
    if PROGRAM is None:
        return "no openssl program"
    return subprocess.run([PROGRAM, "version"], capture_output=True, check=True).stdout.decode()


needs_openssl = pytest.mark.skipif(
    not version().startswith(("OpenSSL 3.", "OpenSSL 4.")),
    reason=f"needs the program of OpenSSL 3 or newer; found: {version().strip()}",
)


class OpenSSL:
    """Runs the program in a folder of its own, where files are written and read."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *arguments):
        done = subprocess.run(
            [PROGRAM, *arguments], cwd=self.folder, capture_output=True, check=False
        )
        assert done.returncode == 0, (arguments, done.stderr.decode())
        return done.stdout

    def write(self, name, content):
        (self.folder / name).write_bytes(content)

    def read(self, name):
        return (self.folder / name).read_bytes()
