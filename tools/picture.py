"""
The picture of a failing test in README and docs: `docs/_static/failing-test.svg`.

`python -m tools.picture` runs the test below in a pytest of its own and draws what that prints. It
needs `rich`, which is in the dependency group docs.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

PICTURE: Final = Path(__file__).parents[1] / "docs" / "_static" / "failing-test.svg"
WIDTH: Final = 110  # columns

TEST: Final = """\
import vault


def test_reads_the_vault(kms, kms_mock):
    kms_mock.create_key(alias="vault", region_name="eu-west-1")

    assert vault.seal(kms, b"hi")
"""
CODE: Final = """\
def seal(kms, secret):
    return kms.encrypt(KeyId="alias/vault", Plaintext=secret)["CiphertextBlob"]
"""

# As rich's own, without the fonts that it would fetch from elsewhere.
FORMAT: Final = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{ font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace;
    font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ display: none; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run_test() -> str:
    """Return what pytest prints of the failing test, with its colours."""
    with TemporaryDirectory() as folder:
        Path(folder, "test_vault.py").write_text(TEST, encoding="utf-8")
        Path(folder, "vault.py").write_text(CODE, encoding="utf-8")
        Path(folder, "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "--color=yes", "--tb=short", "--no-header", "-q"]
        command += ["-p", "no:cacheprovider", "-p", "no:randomly", "-W", "ignore"]
        environment = {**os.environ, "COLUMNS": str(WIDTH), "AWS_CONFIG_FILE": os.devnull}
        run = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )
    return "\n".join(without_libraries(run.stdout.splitlines()))


def without_libraries(lines: list[str]) -> Iterator[str]:
    """Leave out the frames of installed packages, of which there are three, all botocore's."""
    is_library = False
    for line in lines:
        if re.search(r"\.py\x1b.*: in ", line):
            is_library = "site-packages" in line
        elif re.match(r"(\x1b\[[\d;]*m)*E ", line):
            is_library = False
        if not is_library:
            yield line


def draw(output: str) -> str:
    """Return terminal output as an SVG."""
    from rich.console import Console  # noqa: PLC0415 - for this tool only
    from rich.text import Text  # noqa: PLC0415 - as above

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere)
        console.print(Text.from_ansi(output))
        return console.export_svg(title="", code_format=FORMAT, unique_id="kmsmock")


if __name__ == "__main__":
    PICTURE.write_text(draw(run_test()), encoding="utf-8")
