"""Every operation on every type of key, as AWS's table of key types has it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from pytest_kmsmock import KmsMock
from tests.conformance.minimal_requests import (
    KIND_FOR,
    MINIMAL,
    Prepare,
    Request,
    re_encrypt_to,
)
from tests.conformance.service_model import OPERATIONS, names_a_key
from tests.conformance.stage import EXTERNAL, KEY_STORES, KINDS, MULTI_REGION, Stage
from tests.conformance.tables import Alternative, Cell, read_cells, read_json
from tests.vocabulary import refusal

CELLS: Final = read_cells("operations-by-key-type.csv")
REFUSALS: Final = read_json("key_type_refusals.json")

STORE_COLUMNS: Final = {
    "cloudhsm_key_store": "AWS_CLOUDHSM",
    "external_key_store": "EXTERNAL_KEY_STORE",
}
PROPERTIES: Final[dict[str, dict[str, Any]]] = {
    "multi_region": MULTI_REGION,
    "imported_material": EXTERNAL,
}

ENCAPSULATION: Final = ("Decapsulate", "Encapsulate")

# Cells of which AWS's own pages are unsure; we take them as they stand.
UNSURE: Final = {
    "data keys under an asymmetric key: the code is measured for RSA only (wire-facts D8)": [
        f"{operation}-{column}"
        for operation in (
            "GenerateDataKey",
            "GenerateDataKeyPair",
            "GenerateDataKeyPairWithoutPlaintext",
            "GenerateDataKeyWithoutPlaintext",
        )
        for column in ("rsa_encrypt", "sm2_encrypt")
    ],
    "ML-DSA and ML-KEM keys are never EXTERNAL, so their refusal says nothing of them": [
        f"{operation}-{column}"
        for operation in (
            "DeleteImportedKeyMaterial",
            "GetParametersForImport",
            "ImportKeyMaterial",
        )
        for column in ("ml_dsa", "ml_kem")
    ],
    "keys with imported material are never ML-KEM, so the usage refuses them": [
        f"{operation}-imported_material" for operation in ENCAPSULATION
    ],
    "keys in key stores are symmetric, so the usage refuses them like any symmetric key": [
        f"{operation}-{column}"
        for operation in (
            *ENCAPSULATION,
            "DeriveSharedSecret",
            "GenerateMac",
            "GetPublicKey",
            "Sign",
            "Verify",
            "VerifyMac",
        )
        for column in STORE_COLUMNS
    ],
    "AWS's two tables disagree (rules SRC-2); the table of key states is followed": [
        f"ListKeyRotations-{column}" for column in STORE_COLUMNS
    ],
    "the operation is younger than the table": [
        f"GetKeyLastUsage-{column}" for column in (*KINDS, *PROPERTIES, *STORE_COLUMNS)
    ],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    A key (or key store) of one type, a request about it, and the error that refuses it, if any.

    *promises* are members of the answer.
    """

    operation: str
    column: str
    code: str | None
    make: Callable[[Stage], str]
    prepare: Prepare
    variant: str = ""
    region: str = "us-east-1"
    promises: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return "-".join(filter(None, (self.operation, self.column, self.variant)))

    def refuse(self, stage: Stage, subject: str, request: Request) -> tuple[str, str]:
        """Return code and message of the refusal that AWS gives."""
        told = {"arn": subject, "operation": self.operation, "principal": stage.caller, **request}
        if subject:
            metadata = stage.describe(subject)
            told |= {"usage": metadata["KeyUsage"], "origin": metadata["Origin"]}
        for entry in REFUSALS:
            if (
                entry["code"] == self.code
                and self.operation in entry.get("operations", [self.operation])
                and self.column in entry.get("columns", [self.column])
                and self.variant == entry.get("variant", self.variant)
            ):
                return entry["code"], entry["message"].format(**told)
        raise LookupError(f"no refusal for {self.id}")


def create(kind: str, members: dict[str, Any]) -> Callable[[Stage], str]:
    return lambda stage: stage.create(kind, **members)


def cases_of(cell: Cell) -> Iterator[Case]:
    """Say what a cell is about, and what each of its footnotes says of other keys."""
    if cell.operation == "CreateKey":
        yield from cases_of_creation(cell)
    elif not names_a_key(cell.operation):
        yield about_key_store(cell)
    elif cell.column in STORE_COLUMNS:
        store = STORE_COLUMNS[cell.column]
        yield from both_sides(about_key(cell, lambda stage: stage.create_in_key_store(store)))
    else:
        yield from cases_of_key(cell)


def cases_of_key(cell: Cell) -> Iterator[Case]:
    (alternative,) = cell.alternatives
    kind = cell.column if cell.column in KINDS else KIND_FOR.get(cell.operation, "symmetric")
    if cell.column == "imported_material" and cell.operation in ENCAPSULATION:
        kind = "symmetric"
    members = PROPERTIES.get(cell.column, {})
    match alternative.footnotes:
        case ["EXT"]:
            yield about_key(cell, create(kind, members | EXTERNAL))
            yield about_key(
                cell, create(kind, members), "UnsupportedOperationException", "own material"
            )
        case ["MR"]:
            yield about_key(cell, create(kind, members | MULTI_REGION))
            yield about_key(
                cell, create(kind, members), "UnsupportedOperationException", "single-Region"
            )
        case ["PRI"]:
            yield about_key(cell, create(kind, members))
            yield about_key(cell, create_replica, "UnsupportedOperationException", "replica")
        case ["ROT"]:
            yield about_key(cell, create(kind, members))
            yield about_key(cell, use_aws_managed_key, "AccessDeniedException", "AWS managed")
        case ["OD"] if members:
            yield about_key(cell, create_with_new_material)
            yield about_key(
                cell, create(kind, members), "KMSInvalidStateException", "nothing pending"
            )
        case ["F"]:
            case = about_key(cell, create(kind, members))
            yield replace(case, promises={"KeyRotationEnabled": False})
        case ["E"]:
            yield replace(about_key(cell, create(kind, members)), promises={"Rotations": []})
        case _:
            yield from both_sides(about_key(cell, create(kind, members)))


def about_key(
    cell: Cell,
    make: Callable[[Stage], str],
    code: str | None = None,
    variant: str = "",
) -> Case:
    return Case(
        operation=cell.operation,
        column=cell.column,
        code=code or code_of(cell.alternatives[0]),
        make=make,
        prepare=MINIMAL[cell.operation],
        variant=variant,
        region="cn-north-1" if cell.column.startswith("sm2") else "us-east-1",
    )


def code_of(alternative: Alternative) -> str | None:
    return None if alternative.word == "ok" else alternative.word


def both_sides(case: Case) -> Iterator[Case]:
    """ReEncrypt has two keys, and each must be of such a type."""
    yield case
    if case.operation == "ReEncrypt":
        yield replace(case, variant="destination", prepare=re_encrypt_to)


def create_replica(stage: Stage) -> str:
    return stage.replicate(stage.create(**MULTI_REGION))


def create_with_new_material(stage: Stage) -> str:
    key = stage.create(**EXTERNAL)
    stage.import_new_material(key)
    return key


def use_aws_managed_key(stage: Stage) -> str:
    arn: str = stage.kms.describe_key(KeyId="alias/aws/s3")["KeyMetadata"]["Arn"]
    return arn


def about_key_store(cell: Cell) -> Case:
    """The operations about a key store; GenerateRandom takes its bytes from one."""
    kind = STORE_COLUMNS[cell.column]

    def prepare(stage: Stage, subject: str) -> Request:
        match cell.operation:
            case "CreateCustomKeyStore":
                return {"CustomKeyStoreName": "store", **KEY_STORES[kind]}
            case "DescribeCustomKeyStores":
                return {"CustomKeyStoreId": stage.create_key_store(kind)}
            case "GenerateRandom":
                return {"CustomKeyStoreId": stage.create_key_store(kind), "NumberOfBytes": 1}
        return MINIMAL[cell.operation](stage, stage.create_key_store(kind))

    return replace(about_key(cell, lambda stage: ""), prepare=prepare)


def cases_of_creation(cell: Cell) -> Iterator[Case]:
    """CreateKey makes the key of which the column speaks."""

    def creating(prepare: Prepare, code: str | None = None, variant: str = "") -> Case:
        return replace(about_key(cell, lambda stage: "", code, variant), prepare=prepare)

    if cell.column in KINDS:
        yield creating(lambda stage, _: KINDS[cell.column])
    elif cell.column in PROPERTIES:
        yield creating(lambda stage, _: PROPERTIES[cell.column])
    else:
        store = STORE_COLUMNS[cell.column]
        yield creating(lambda stage, _: stage.members_in_key_store(store))
    match cell.alternatives[0].footnotes:
        case ["CN"]:
            elsewhere = creating(
                lambda stage, _: KINDS[cell.column], "UnsupportedOperationException", "elsewhere"
            )
            yield replace(elsewhere, region="us-east-1")
        case ["NC"]:
            in_china = creating(
                lambda stage, _: KINDS[cell.column], "UnsupportedOperationException", "elsewhere"
            )
            yield replace(in_china, region="cn-north-1")
        case ["ML"]:
            for kind in ("ml_dsa", "ml_kem"):
                yield creating(
                    lambda stage, _, kind=kind: {**KINDS[kind], **EXTERNAL},
                    "UnsupportedOperationException",
                    kind,
                )
        case ["SYM"]:
            yield creating(
                lambda stage, _: {**KINDS["hmac"], **stage.members_in_key_store(store)},
                "UnsupportedOperationException",
                "HMAC",
            )


CASES: Final = [case for cell in CELLS if not cell.is_dash for case in cases_of(cell)]


@pytest.mark.sweep(7)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_key_type(kms_mock: KmsMock, case: Case) -> None:
    """An operation is served or refused for a type of key as AWS's table says."""
    elsewhere = ("cn-northwest-1",) if case.region.startswith("cn") else ("us-west-2", "eu-west-1")
    stage = Stage(mock=kms_mock, region=case.region, elsewhere=elsewhere)
    subject = case.make(stage)
    request = case.prepare(stage, subject)
    if case.operation == "CancelKeyDeletion":
        stage.enter("PendingDeletion", subject)

    if case.code is None:
        answer = stage.call(case.operation, request)

        assert case.promises == {member: answer[member] for member in case.promises}
    else:
        expected = case.refuse(stage, subject, request)

        assert expected == refusal(lambda: stage.call(case.operation, request))


def test_unsure_cells() -> None:
    """The list of unsure cells is that of the table."""
    listed = [cell for cells in UNSURE.values() for cell in cells]

    assert sorted(listed) == sorted(cell.id for cell in CELLS if cell.is_unsure)


def test_rows_and_columns() -> None:
    """The table has a row for each operation."""
    columns = (*KINDS, *PROPERTIES, *STORE_COLUMNS)

    assert [f"{name}-{column}" for name in OPERATIONS for column in columns] == [
        cell.id for cell in CELLS
    ]


@pytest.mark.parametrize("operation", sorted({cell.operation for cell in CELLS if cell.is_dash}))
def test_dash(operation: str) -> None:
    """A dash stands where an operation is about no key: the type of a key means nothing to it."""
    dashes = [cell.column for cell in CELLS if cell.is_dash and cell.operation == operation]

    assert not names_a_key(operation)
    assert dashes[: len(KINDS) + len(PROPERTIES)] == [*KINDS, *PROPERTIES]
