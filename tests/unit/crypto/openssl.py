"""The `openssl` program, where there is one."""

import shutil
import subprocess

import pytest

PROGRAM = shutil.which("openssl")

needs_openssl = pytest.mark.skipif(PROGRAM is None, reason="there is no openssl program")


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
