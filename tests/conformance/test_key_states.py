"""Every operation in every state of its key, as AWS's key-state table has it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Final

import pytest

from pytest_kmsmock import KmsMock
from tests.conformance.minimal_requests import (
    KIND_FOR,
    MEMBERS_FOR,
    MINIMAL,
    Prepare,
    re_encrypt_to,
    update_alias_to,
    update_primary_region_to,
)
from tests.conformance.service_model import MODEL, OPERATIONS, names_a_key
from tests.conformance.stage import EXTERNAL, KINDS, Stage
from tests.conformance.tables import Cell, read_cells, read_json
from tests.vocabulary import refusal

CELLS: Final = {cell.id: cell for cell in read_cells("key-states.csv")}
FOOTNOTES: Final = read_json("key_state_footnotes.json")

# Requests that cannot be the minimal ones.
PREPARE_IN: Final[dict[str, Prepare]] = {
    "UpdatePrimaryRegion-PendingDeletion": lambda stage, key: {
        "KeyId": key,
        "PrimaryRegion": stage.elsewhere[0],
    }
}

LEAVING: Final = ("PendingDeletion", "PendingReplicaDeletion")
STATES: Final = (
    "Enabled",
    "Disabled",
    *LEAVING,
    "PendingImport",
    "Unavailable",
    "Creating",
    "Updating",
)

# Cells of which AWS's own pages are unsure; we take them as they stand.
UNSURE: Final = {
    **dict.fromkeys(
        (f"GetKeyLastUsage-{state}" for state in STATES),
        "the table has no such row; the model lists neither state exception",
    )
}
# Cells with two answers: the first is for the key that suits the operation, the second for one
# whose origin does not, for the origin is looked at first (wire-facts O12).
WRONG_ORIGIN: Final[dict[str, dict[str, Any]]] = {
    "DisableKeyRotation": EXTERNAL,
    "EnableKeyRotation": EXTERNAL,
    "GetParametersForImport": {},
    "ImportKeyMaterial": {},
    "RotateKeyOnDemand": {"Origin": "AWS_CLOUDHSM"},
}
# Cells that are not what AWS does, by a better source.
OVERRULED: Final = {
    "GetKeyRotationStatus-PendingImport": (
        "ok: the cell is older than the rotation of imported keys, and the table of key types"
        " has KeyRotationEnabled false there (rules SRC-3)"
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A key in a state, a request about it, and the footnote that refuses it, if one does."""

    operation: str
    state: str
    footnote: str | None
    prepare: Prepare
    variant: str = ""
    kind: str = "symmetric"
    members: dict[str, Any] = field(default_factory=dict)
    is_replica: bool = False

    @property
    def id(self) -> str:
        return "-".join(filter(None, (self.operation, self.state, self.variant)))

    def create(self, stage: Stage) -> str:
        if self.members.get("Origin") == "AWS_CLOUDHSM":
            return stage.create_in_key_store()
        key = stage.create_for(self.state, self.kind, **self.members)
        return stage.replicate(key) if self.is_replica else key


def cases_of(cell: Cell) -> Iterator[Case]:
    """Say what each alternative of a cell is about."""
    operation, state = cell.operation, cell.column
    case = Case(
        operation=operation,
        state=state,
        footnote=None if cell.id in OVERRULED else footnote_of(cell, 0),
        prepare=PREPARE_IN.get(cell.id, MINIMAL[operation]),
        kind=KIND_FOR.get(operation, "symmetric"),
        members=MEMBERS_FOR.get(operation, {}),
    )
    yield case
    if operation == "ReEncrypt":
        yield replace(case, variant="destination", prepare=re_encrypt_to)
    if operation == "UpdateAlias":  # footnote 10: the new target is treated as CreateAlias's is
        footnote = footnote_of(CELLS[f"CreateAlias-{state}"], 0)
        yield replace(case, variant="new target", prepare=update_alias_to, footnote=footnote)
    # A replica is never PendingReplicaDeletion, and a primary that has one never PendingDeletion.
    if operation == "UpdatePrimaryRegion" and state != "PendingReplicaDeletion":
        yield replace(case, variant="replica", prepare=update_primary_region_to, is_replica=True)
    # A key that has a replica is in no key store.
    if len(cell.alternatives) > 1 and cell.id != "RotateKeyOnDemand-PendingReplicaDeletion":
        wrong = WRONG_ORIGIN[operation]
        yield replace(case, variant="origin", members=wrong, footnote=footnote_of(cell, 1))


def footnote_of(cell: Cell, position: int) -> str | None:
    alternative = cell.alternatives[position]
    if alternative.word == "ok":
        return None
    number = alternative.footnotes[0]
    special = f"{number} {cell.column}"
    return special if special in FOOTNOTES else number


CASES: Final = [case for cell in CELLS.values() if not cell.is_dash for case in cases_of(cell)]


@pytest.fixture
def stage(kms_mock: KmsMock) -> Stage:
    return Stage(mock=kms_mock)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_state(stage: Stage, case: Case) -> None:
    """
    An operation is served or refused in a state of its key as AWS's table says.

    The texts are those of wire-facts S1 to S3, S6 to S7, S11 to S17, X6, X7, O12 and M2.
    """
    key = case.create(stage)
    request = case.prepare(stage, key)
    stage.enter(case.state, key)

    if case.footnote is None:
        answer = stage.call(case.operation, request)

        assert 200 == answer["ResponseMetadata"]["HTTPStatusCode"]
    else:
        footnote = FOOTNOTES[case.footnote]
        message = footnote["message"].format(arn=key, origin=stage.describe(key)["Origin"])

        assert (footnote["code"], message) == refusal(lambda: stage.call(case.operation, request))


@pytest.mark.parametrize(
    ("operation", "state", "after"),
    [
        ("CancelKeyDeletion", "PendingDeletion", "Disabled"),
        ("CancelKeyDeletion", "PendingReplicaDeletion", "Disabled"),
        ("DeleteImportedKeyMaterial", "Enabled", "PendingImport"),
        ("DeleteImportedKeyMaterial", "Disabled", "PendingImport"),
        ("DeleteImportedKeyMaterial", "PendingDeletion", "PendingDeletion"),
        ("DeleteImportedKeyMaterial", "PendingImport", "PendingImport"),
        ("DisableKey", "Disabled", "Disabled"),
        ("DisableKey", "Enabled", "Disabled"),
        ("DisableKey", "Unavailable", "Unavailable"),
        ("EnableKey", "Disabled", "Enabled"),
        ("EnableKey", "Enabled", "Enabled"),
        ("ImportKeyMaterial", "PendingImport", "Enabled"),
        ("ScheduleKeyDeletion", "Creating", "PendingDeletion"),
        ("ScheduleKeyDeletion", "Enabled", "PendingDeletion"),
        ("ScheduleKeyDeletion", "PendingImport", "PendingDeletion"),
        ("ScheduleKeyDeletion", "Unavailable", "PendingDeletion"),
    ],
)
def test_state_afterwards(stage: Stage, operation: str, state: str, after: str) -> None:
    """What an operation makes of its key's state is what the table's notes say."""
    case = next(case for case in CASES if case.id == f"{operation}-{state}")
    key = case.create(stage)
    request = case.prepare(stage, key)
    stage.enter(state, key)

    stage.call(operation, request)

    assert after == stage.describe(key)["KeyState"]


def test_switch_of_an_unavailable_key(stage: Stage) -> None:
    """DisableKey on an unavailable key shows once its key store is connected (footnote 12)."""
    key = stage.create_in_key_store()
    stage.enter("Unavailable", key)
    stage.kms.disable_key(KeyId=key)

    stage.kms.connect_custom_key_store(CustomKeyStoreId=stage.describe(key)["CustomKeyStoreId"])

    assert "Disabled" == stage.describe(key)["KeyState"]


def test_cells_in_doubt() -> None:
    """The lists of unsure, ambiguous and overruled cells are those of the table."""
    unsure = {cell.id for cell in CELLS.values() if cell.is_unsure}
    ambiguous = {cell.id for cell in CELLS.values() if len(cell.alternatives) > 1}

    assert UNSURE.keys() == unsure
    assert {f"{operation}-{state}" for operation in WRONG_ORIGIN for state in LEAVING} == ambiguous
    assert CELLS.keys() >= OVERRULED.keys()


def test_every_operation_has_a_row() -> None:
    """The table has a row for each operation, and a column for each state."""
    states = [*MODEL.shape_for("KeyState").enum]

    assert {f"{name}-{state}" for name in OPERATIONS for state in states} == {*CELLS}


DASHES: Final = [cell for cell in CELLS.values() if cell.is_dash]


@pytest.mark.parametrize("operation", sorted({cell.operation for cell in DASHES}))
def test_dash(stage: Stage, operation: str) -> None:
    """
    A dash stands where no key is named, or where the key cannot get into the state.

    The latter is Unavailable, for keys that no custom key store holds, and PendingImport for those
    that have no imported material.
    """
    states = [cell.column for cell in DASHES if cell.operation == operation]

    if not names_a_key(operation):
        assert [*STATES] == states
    elif KIND_FOR.get(operation) == "ml_kem":
        assert ["PendingImport", "Unavailable"] == states
    else:
        assert ["Unavailable"] == states


# A key has one origin, so imported material is in no key store by itself.
NEVER_IN_A_STORE: Final = sorted(
    {cell.operation for cell in DASHES if names_a_key(cell.operation)}
    - {"DeleteImportedKeyMaterial"}
)


@pytest.mark.parametrize("operation", NEVER_IN_A_STORE)
def test_key_that_no_key_store_holds(stage: Stage, operation: str) -> None:
    """The key that suits the operation cannot be made in a key store (texts assumed)."""
    kind = KIND_FOR.get(operation, "symmetric")
    members = MEMBERS_FOR.get(operation, {})
    trait = "MultiRegion" if members else f"KeySpec {KINDS[kind]['KeySpec']}"

    in_store = stage.members_in_key_store("AWS_CLOUDHSM")

    assert (
        "UnsupportedOperationException",
        f"{trait} is not supported for Origin AWS_CLOUDHSM",
    ) == refusal(stage.create, kind=kind, **members, **in_store)
