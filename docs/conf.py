"""How Sphinx builds the site: `nox -s docs`, or `sphinx-build -W docs build/docs`."""

import re
from collections.abc import Iterator
from importlib import metadata
from typing import Any, Final

from sphinx.application import Sphinx

PACKAGE: Final = "pytest-kmsmock"

project = PACKAGE
author = "The pytest-kmsmock contributors"
release = version = metadata.version(PACKAGE)

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["**/__pycache__"]
needs_sphinx = "8.1"

# Each link is checked, and what is not found is a warning, which `-W` makes an error. Names of
# other packages lead nowhere, for their inventories would have to be fetched.
nitpicky = True
nitpick_ignore_regex = [
    (
        "py:.*",
        r"((boto3|botocore|collections|datetime|os|types_boto3_kms)\..*|KMSClient|PathLike|Session)",
    ),
    ("py:.*", r"(.*\.)?(Decorated|KeyStoreType|RecipientInfoTypeDef)"),
]

myst_heading_anchors = 3
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"
add_module_names = False
maximum_signature_line_length = 80
smartquotes_action = "D"  # dashes, and no quotes: a quoted value is meant to the letter
# Docstrings are written as Markdown: `this` is code.
default_role = "code"

html_theme = "furo"
html_title = PACKAGE
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sourcelink = False
html_show_copyright = False


def add_navigation(app: Sphinx, docname: str, source: list[str]) -> None:
    """Make of each section of an index page, and the pages that it links, a part of the sidebar."""
    if docname not in ("index", "adr/README"):
        return
    parts = re.split(r"(?m)^## (.*)$", source[0])
    # The first part is what stands above all sections, then titles and sections take turns.
    for title, section in zip([None, *parts[1::2]], parts[::2], strict=True):
        pages = re.findall(r"\]\(([^:#)]+)\.md\)", section)
        if pages:
            caption = [f":caption: {title}"] if title else []
            source[0] += "\n".join(
                ["", "```{toctree}", ":hidden:", *caption, "", *pages, "```", ""]
            )


def translate_docstring(
    app: Sphinx, what: str, name: str, obj: object, options: Any, lines: list[str]
) -> None:
    """Write Markdown as reStructuredText, and leave out what only contributors look up."""
    text = re.sub(r"\s\((?:rules|wire-facts|quotas) [^)]*\)", "", "\n".join(lines))
    lines[:] = with_marks(text.split("\n"))
    if what == "property":
        # Else napoleon takes the first words, up to a colon, for its type. This is a comment.
        lines[:0] = ["..", ""]


def with_marks(lines: list[str]) -> Iterator[str]:
    """Mark as code what is indented below a blank line."""
    above = ""
    for before, line in zip(["", *lines], lines, strict=False):
        if not before and indent(line) > indent(above) and not line.lstrip().startswith(">>>"):
            yield from (f"{' ' * indent(above)}::", "")
        if line:
            above = line
        yield line


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def setup(app: Sphinx) -> None:
    app.connect("source-read", add_navigation)
    # Before napoleon (500), which would take an indented block for a part of its section.
    app.connect("autodoc-process-docstring", translate_docstring, priority=400)
