"""
The reference pages that are generated from the registry and the tables.

`python -m tools.pages` writes them; tests/conformance/test_pages.py fails while they are stale.
"""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from pytest_kmsmock._kms.crypto.algorithms import ENCRYPTION, SIGNING
from pytest_kmsmock._kms.crypto.specs import SPECS, KeySpec, Kind
from pytest_kmsmock._kms.domain.states import ALL_STATES
from pytest_kmsmock._kms.operations import all_operations
from pytest_kmsmock._kms.rules.operation import KeyUse, Operation
from pytest_kmsmock._kms.rules.states import States
from pytest_kmsmock._kms.rules.usage import USAGE_TRACKED
from pytest_kmsmock._kms.wire.model import described_by, enum_values
from tools.older_models import OLDER

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PYPROJECT: Final = Path(__file__).parents[1] / "pyproject.toml"
DOCS: Final = Path(__file__).parents[1] / "docs"

GENERATED: Final = (
    "<!-- Generated from the code by `python -m tools.pages`: change the code, not this page. -->"
)
GRANTABLE: Final = frozenset(enum_values("GrantOperation"))


def render_operations() -> str:
    """Return docs/operations.md: what each operation asks of its keys."""
    lines = [
        "# Operations",
        "",
        GENERATED,
        "",
        f"All {len(all_operations())} operations of AWS KMS. A key must fulfil what stands under"
        " *Key*, in this order, and must not be in one of the states under *Refused states*."
        " *Names* are the identifiers that will do: ids and ARNs of keys always, aliases where it"
        " says so. A dry run, a grant and the record of the last use exist where there is a mark.",
        "",
        "| Operation | Key | Refused states | Names | Dry run | Grantable | Last use |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for name, operation in sorted(all_operations().items()):
        uses = operation.uses or (None,)
        lines.append(
            "| "
            + " | ".join(
                (
                    f"[{name}]({link_of(operation)})",
                    join(uses, describe_key),
                    join(uses, describe_states),
                    join(uses, describe_names),
                    mark(operation.model.has_dry_run),
                    mark(any(action in GRANTABLE for action in actions_of(operation))),
                    mark(name in USAGE_TRACKED),
                )
            )
            + " |"
        )
    lines += ["", "## Where ours differ", ""]
    for name, operation in sorted(all_operations().items()):
        if note := note_of(operation):
            lines.append(f"- **{name}**: {note}")
    lines += ["", "Everything else that is known: [Differences from AWS](differences.md)."]
    return "\n".join(lines) + "\n"


def render_key_specs() -> str:
    """Return docs/key-specs.md: what each key spec is and can do."""
    lines = [
        "# Key specs",
        "",
        GENERATED,
        "",
        f"All {len(SPECS)} key specs of AWS KMS, with real cryptography.",
        "",
        "| KeySpec | Usages and algorithms | Import | Data key pair | Rotation | Regions |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for spec in SPECS.values():
        usages = "<br>".join(
            f"{usage}: {', '.join(spec.algorithms(usage))}" for usage in spec.usages
        )
        lines.append(
            f"| {spec.name} | {usages} | {mark(spec.importable)} | {mark(spec.is_data_key_pair)} |"
            f" {mark(spec.rotates)} | {spec.offer.value} |"
        )
    lines += [
        "",
        "In the China Regions SYMMETRIC_DEFAULT is a 128-bit SM4 key, elsewhere a 256-bit AES key.",
        "",
        "## Encryption: the longest plaintext",
        "",
        "| KeySpec | EncryptionAlgorithm | Bytes |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {spec.name} | {algorithm} | {spec.max_plaintext(algorithm):,} |"
        for spec in SPECS.values()
        for algorithm in spec.encryption_algorithms
        if algorithm in ENCRYPTION
    ]
    lines += [
        "",
        "## Signing: what a message may be",
        "",
        "A RAW message has 1 to 4,096 bytes, any other exactly as many as it says here.",
        "",
        "| SigningAlgorithm | MessageType | Bytes if not RAW |",
        "| --- | --- | --- |",
    ]
    lines += [
        f"| {row.name} | {', '.join(row.message_types)} | {row.digest_length or '-'} |"
        for row in SIGNING.values()
    ]
    lines += ["", "## Material that can be imported", "", "| KeySpec | Material |", "| --- | --- |"]
    lines += [f"| {spec.name} | {describe_import(spec)} |" for spec in SPECS.values()]
    return "\n".join(lines) + "\n"


def render_versions() -> str:
    """Return docs/versions.md: what we work beside, and what older versions lack."""
    project = tomllib.loads(PYPROJECT.read_text(encoding="utf-8"))["project"]
    bounds = [bound.partition(">=") for bound in project["dependencies"]]
    lines = [
        "# Versions",
        "",
        GENERATED,
        "",
        f"Python {project['requires-python'].removeprefix('>=')} or newer, and from these on every"
        " version, to the newest:",
        "",
        "| Package | from |",
        "| --- | --- |",
        *(f"| {name} | {version} |" for name, _, version in bounds),
        "",
        "boto3, aiobotocore and aioboto3 are served in every version that takes such a botocore.",
        "",
        "## What an older botocore lacks",
        "",
        f"KMS is the same beside every botocore: the one that botocore {described_by()} describes."
        " What a client's own model lacks, it cannot ask for: botocore refuses the parameter or the"
        " method, before KMS sees it. What it lacks of an answer, its parser leaves out, as over"
        " the network. Values of enums may be sent whatever the model says: newer key specs and"
        " algorithms work, too.",
        "",
        "Each version lacks what stands in its row and above it; the first of each series was"
        " asked. Sharing by AWS RAM came with 1.44.4, ML-KEM with 1.43.119, GetKeyLastUsage with"
        " 1.42.97.",
        "",
        "| botocore | lacks |",
        "| --- | --- |",
    ]
    seen: set[tuple[str, str]] = set()
    older = json.loads(OLDER.read_text(encoding="utf-8"))
    for version, missing in reversed(older.items()):
        entries = []
        for kind, names in missing.items():
            new = [name for name in names if (kind, name) not in seen]
            seen.update((kind, name) for name in new)
            if new:
                entries.append(f"{kind}: {', '.join(new)}")
        if entries:
            lines.append(f"| {version} | {'<br>'.join(entries)} |")
    lines += [
        "",
        "## What an older cryptography lacks",
        "",
        "A call that needs it raises one sentence that names the version.",
        "",
        "| cryptography | lacks |",
        "| --- | --- |",
        *(f"| before {version} | {what} |" for version, what in LACKING),
    ]
    return "\n".join(lines) + "\n"


# What raises Unavailable, newest first; ML-KEM is our own where `cryptography` has none.
LACKING: Final = (
    ("49", "ML-DSA signatures of an `EXTERNAL_MU`"),
    ("48", "keys of the specs ML_DSA_44, ML_DSA_65 and ML_DSA_87"),
)

PAGES: Final[dict[str, Callable[[], str]]] = {
    "operations.md": render_operations,
    "key-specs.md": render_key_specs,
    "versions.md": render_versions,
}


def join(uses: Iterable[KeyUse | None], describe: Callable[[KeyUse], str]) -> str:
    return "<br>".join("-" if use is None else describe(use) for use in uses)


def describe_key(use: KeyUse) -> str:
    requirements = [str(rule) for rule in use.requirements if not isinstance(rule, States)]
    what = ", ".join(requirements) or "any"
    return what if use.member == "KeyId" else f"{use.member}: {what}"


def describe_states(use: KeyUse) -> str:
    refused = {
        state for rule in use.requirements if isinstance(rule, States) for state in rule.refused
    }
    return ", ".join(state for state in ALL_STATES if state in refused) or "none"


def describe_names(use: KeyUse) -> str:
    names = "key, alias" if use.aliases else "key"
    return f"{names}, other accounts" if use.cross_account else names


def describe_import(spec: KeySpec) -> str:
    if not spec.importable:
        return "none"
    if spec.is_asymmetric:
        return "PKCS#8 private key in DER"
    lengths = spec.import_lengths(china=False)
    longest = lengths[-1]
    here = f"{lengths[0]} bytes" if len(lengths) == 1 else f"{lengths[0]} to {longest} bytes"
    if spec.kind is Kind.SYMMETRIC:
        return f"{here}; {spec.generated_length(china=True)} in the China Regions"
    return here


def actions_of(operation: Operation) -> tuple[str, ...]:
    return (operation.model.name, *(use.action for use in operation.uses if use.action))


def mark(is_so: bool) -> str:
    return "yes" if is_so else "-"


def docstring_of(operation: Operation) -> str:
    return inspect.getdoc(operation.perform) or ""


def link_of(operation: Operation) -> str:
    return docstring_of(operation).split()[0]


def note_of(operation: Operation) -> str:
    """Return what the function's docstring says below its link, without citations."""
    _, _, note = docstring_of(operation).partition("\n")
    return re.sub(r" \((?:rules|wire-facts|quotas)[^)]*\)", "", re.sub(r"\s+", " ", note)).strip()


def main() -> None:
    for name, render in PAGES.items():
        (DOCS / name).write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
