"""Random walks: whatever becomes of a key's material, what is there still opens its ciphertexts."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import MappingProxyType

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from pytest_kmsmock import KmsMock
from tests.operations.importer import FOREVER, NEW, material_states, prepare
from tests.todays_client import todays_client
from tests.vocabulary import create_key, lower_quotas, refusal

LIMIT = 4  # rotations on demand
WINDOW = 30  # days that a key waits for its deletion
NEVER = datetime.max.replace(tzinfo=timezone.utc)
LONG_AGO = datetime.min.replace(tzinfo=timezone.utc)

REFUSALS = {
    "Disabled": "DisabledException",
    "PendingImport": "KMSInvalidStateException",
    "PendingDeletion": "KMSInvalidStateException",
}


class Walk(RuleBasedStateMachine):
    """
    One key and a small model of it: its state, and which material each ciphertext needs.

    Subclasses say how the key gets its material, and what is wrong with it.
    """

    members: Mapping[str, str] = MappingProxyType({})

    def __init__(self) -> None:
        super().__init__()
        self.mock = KmsMock().start()
        lower_quotas(self.mock, on_demand_rotations_per_key=LIMIT)
        self.mock.clock.freeze()
        self.kms = todays_client(self.mock)
        self.key = create_key(self.kms, **self.members)
        self.state = self.initial_state()
        self.deletion = NEVER
        self.started = LONG_AGO  # the last rotation on demand
        self.on_demand = 0
        self.ciphertexts: dict[bytes, tuple[bytes, object]] = {}

    def teardown(self) -> None:
        self.mock.stop()

    def initial_state(self) -> str:
        raise NotImplementedError

    def current(self) -> object:
        """Return what names the material that encrypts."""
        raise NotImplementedError

    def settle(self) -> None:
        """Let the model follow the clock."""
        raise NotImplementedError

    def catch_up(self) -> None:
        """Do what waited for the key to be enabled."""

    def whole(self) -> bool:
        """Tell whether the key has all that it needs."""
        return True

    @property
    def now(self) -> datetime:
        return self.mock.clock.now()

    @rule(days=st.sampled_from([0, 1, 20, 90, 100, 400]), seconds=st.sampled_from([0, 1, 85_400]))
    def advance(self, days: int, seconds: int) -> None:
        delta = timedelta(days=days, seconds=seconds)
        if self.now + delta < self.deletion:
            self.mock.clock.advance(delta)
            self.settle()

    @precondition(lambda self: len(self.ciphertexts) < 8)
    @rule()
    def encrypt(self) -> None:
        plaintext = b"%d" % len(self.ciphertexts)
        if self.state == "Enabled":
            blob = self.kms.encrypt(KeyId=self.key, Plaintext=plaintext)["CiphertextBlob"]
            self.ciphertexts[blob] = plaintext, self.current()
        else:
            refused = refusal(self.kms.encrypt, KeyId=self.key, Plaintext=plaintext)
            assert REFUSALS[self.state] == refused[0]

    @precondition(lambda self: self.state in ("Enabled", "Disabled"))
    @rule()
    def disable(self) -> None:
        self.kms.disable_key(KeyId=self.key)
        self.state = "Disabled"

    @precondition(lambda self: self.state in ("Enabled", "Disabled"))
    @rule()
    def enable(self) -> None:
        self.kms.enable_key(KeyId=self.key)
        self.state = "Enabled"
        self.catch_up()

    @precondition(lambda self: self.state != "PendingDeletion")
    @rule()
    def schedule_deletion(self) -> None:
        self.kms.schedule_key_deletion(KeyId=self.key, PendingWindowInDays=WINDOW)
        self.state = "PendingDeletion"
        self.deletion = self.now + timedelta(days=WINDOW)

    @precondition(lambda self: self.state == "PendingDeletion")
    @rule()
    def cancel_deletion(self) -> None:
        self.kms.cancel_key_deletion(KeyId=self.key)
        self.state = "Disabled" if self.whole() else "PendingImport"
        self.deletion = NEVER

    @invariant()
    def state_is_as_expected(self) -> None:
        assert self.state == self.kms.describe_key(KeyId=self.key)["KeyMetadata"]["KeyState"]

    @invariant()
    def ciphertexts_open(self) -> None:
        if self.state != "Enabled":
            for blob in self.ciphertexts:
                refused = refusal(self.kms.decrypt, CiphertextBlob=blob)
                assert REFUSALS[self.state] == refused[0]
            return
        material_ids: dict[object, set[str]] = {}
        for blob, (plaintext, material) in self.ciphertexts.items():
            opened = self.kms.decrypt(CiphertextBlob=blob)
            assert plaintext == opened["Plaintext"]
            material_ids.setdefault(material, set()).add(opened["KeyMaterialId"])
        assert all(len(ids) == 1 for ids in material_ids.values())
        assert len(material_ids) == len(set().union(*material_ids.values()))

    def rotate(self, *reasons: tuple[bool, str]) -> bool:
        """Rotate on demand, unless one of *reasons* is true; the first is the refusal's."""
        for is_reason, code in reasons:
            if is_reason:
                assert code == refusal(self.kms.rotate_key_on_demand, KeyId=self.key)[0]
                return False
        self.kms.rotate_key_on_demand(KeyId=self.key)
        self.started = self.now
        self.on_demand += 1
        return True

    @property
    def is_under_way(self) -> bool:
        return self.now - self.started < timedelta(seconds=1)


class ImportedKey(Walk):
    """A key with imported material: new, deleted, expired, imported again."""

    members = MappingProxyType({"Origin": "EXTERNAL"})

    def __init__(self) -> None:
        super().__init__()
        self.permanent: list[bytes] = []  # the last one is the current one
        self.pending: bytes | None = None
        self.copies: dict[bytes, datetime] = {}  # until when each is here
        self.made = 0

    def initial_state(self) -> str:
        return "PendingImport"

    def current(self) -> bytes:
        return self.permanent[-1]

    def whole(self) -> bool:
        return bool(self.permanent) and self.copies.keys() >= set(self.permanent)

    def settle(self) -> None:
        for material in [name for name, until in self.copies.items() if until <= self.now]:
            self.drop(material)

    def drop(self, material: bytes) -> None:
        self.copies.pop(material, None)
        if material == self.pending:
            self.pending = None
        elif self.state != "PendingDeletion":
            self.state = "PendingImport"

    def take(self, material: bytes, until: datetime) -> None:
        self.copies[material] = until
        if self.state == "PendingImport" and self.whole():
            self.state = "Enabled"

    def choose(self, number: int) -> bytes | None:
        known = [*self.permanent, *([] if self.pending is None else [self.pending])]
        return known[number % len(known)] if known else None

    @initialize(rotations=st.integers(0, 2))
    def start_with_history(self, rotations: int) -> None:
        self.import_new()
        for _ in range(rotations):
            self.encrypt()
            self.import_new()
            self.rotate_on_demand()
            self.mock.clock.advance(seconds=1)

    @precondition(lambda self: self.state != "PendingDeletion")
    @rule()
    def import_new(self) -> None:
        self.made += 1
        material = hashlib.sha256(b"%d" % self.made).digest()
        request = {**prepare(self.kms, self.key, material), **NEW, **FOREVER}
        if self.pending is not None:
            refused = refusal(self.kms.import_key_material, **request)
            assert "KMSInvalidStateException" == refused[0]
            return
        self.kms.import_key_material(**request)
        if self.permanent:
            self.pending = material
        else:
            self.permanent.append(material)
        self.take(material, NEVER)

    @precondition(lambda self: self.state != "PendingDeletion")
    @rule(number=st.integers(0, 9), days=st.sampled_from([None, 1, 20, 100, 365]))
    def import_again(self, number: int, days: int | None) -> None:
        material = self.choose(number)
        if material is None:
            return
        until = NEVER if days is None else self.now + timedelta(days=days)
        expiry = FOREVER if days is None else {"ValidTo": until}
        self.kms.import_key_material(**prepare(self.kms, self.key, material), **expiry)
        self.take(material, until)

    @rule(number=st.integers(0, 9))
    def delete(self, number: int) -> None:
        material = self.choose(number)
        if material is None:
            return
        position = [*self.permanent, self.pending].index(material)
        listed = self.kms.list_key_rotations(KeyId=self.key, IncludeKeyMaterial="ALL_KEY_MATERIAL")
        material_id = listed["Rotations"][position]["KeyMaterialId"]
        self.kms.delete_imported_key_material(KeyId=self.key, KeyMaterialId=material_id)
        self.drop(material)

    @rule()
    def rotate_on_demand(self) -> None:
        rotated = self.rotate(
            (self.state != "Enabled", REFUSALS.get(self.state, "")),
            (self.pending is None, "KMSInvalidStateException"),
            (self.on_demand >= LIMIT, "LimitExceededException"),
            (self.is_under_way, "ConflictException"),
        )
        if rotated and self.pending is not None:
            self.permanent.append(self.pending)
            self.pending = None

    @invariant()
    def materials_are_listed(self) -> None:
        expected = [("NON_CURRENT", material) for material in self.permanent]
        expected[-1:] = [("CURRENT", material) for material in self.permanent[-1:]]
        if self.pending is not None:
            expected.append(("PENDING_ROTATION", self.pending))

        assert [
            (state, "IMPORTED" if material in self.copies else "PENDING_IMPORT")
            for state, material in expected
        ] == material_states(self.kms, self.key)


class GeneratedKey(Walk):
    """A key whose material KMS makes, and makes anew by a schedule."""

    def __init__(self) -> None:
        super().__init__()
        self.period: timedelta | None = None
        self.next_date = NEVER
        self.rotations: list[tuple[datetime, str]] = []

    def initial_state(self) -> str:
        return "Enabled"

    def current(self) -> int:
        return len(self.rotations)

    def settle(self) -> None:
        """Rotate on each date that has come."""
        while self.state == "Enabled" and self.period is not None and self.next_date <= self.now:
            self.rotations.append((self.next_date, "AUTOMATIC"))
            self.next_date += self.period

    def catch_up(self) -> None:
        if self.period is not None and self.next_date <= self.now:
            self.rotations.append((self.now, "AUTOMATIC"))
            self.next_date = self.now + self.period

    @initialize(days=st.sampled_from([None, 90, 91, 365]))
    def start_with_schedule(self, days: int | None) -> None:
        if days is not None:
            self.enable_rotation(days)

    @rule(days=st.sampled_from([90, 91, 365]))
    def enable_rotation(self, days: int) -> None:
        if self.state != "Enabled":
            refused = refusal(
                self.kms.enable_key_rotation, KeyId=self.key, RotationPeriodInDays=days
            )
            assert REFUSALS[self.state] == refused[0]
            return
        self.kms.enable_key_rotation(KeyId=self.key, RotationPeriodInDays=days)
        if self.period != timedelta(days=days):
            self.period = timedelta(days=days)
            self.next_date = self.now + self.period

    @precondition(lambda self: self.state == "Enabled")
    @rule()
    def disable_rotation(self) -> None:
        self.kms.disable_key_rotation(KeyId=self.key)
        self.period = None
        self.next_date = NEVER

    @rule()
    def rotate_on_demand(self) -> None:
        is_near = self.period is not None and self.next_date - self.now <= timedelta(minutes=20)
        if self.rotate(
            (self.state != "Enabled", REFUSALS.get(self.state, "")),
            (self.on_demand >= LIMIT, "LimitExceededException"),
            (self.is_under_way or is_near, "ConflictException"),
        ):
            self.rotations.append((self.now, "ON_DEMAND"))

    @invariant()
    def rotations_are_listed(self) -> None:
        listed = self.kms.list_key_rotations(KeyId=self.key)["Rotations"]

        assert self.rotations == [
            (entry["RotationDate"], entry["RotationType"]) for entry in listed
        ]

    @invariant()
    def schedule_is_shown(self) -> None:
        status = self.kms.get_key_rotation_status(KeyId=self.key)
        is_on = self.period is not None and self.state != "PendingDeletion"

        assert is_on == status["KeyRotationEnabled"]
        assert (self.next_date if is_on else None) == status.get("NextRotationDate")


WALKS = [ImportedKey, GeneratedKey]


@pytest.mark.sweep(2)
@pytest.mark.parametrize("walk", WALKS)
def test_walk(walk):
    """
    All that a key's materials encrypted opens while they are there, and nothing opens otherwise.

    rules IMP-10, IMP-11, IMP-18, IMP-20, IMP-26, ROT-3, ROT-6, ROT-7, ROT-10, ROT-14, ROT-15.
    """
    quick = settings(max_examples=12, stateful_step_count=25, deadline=None)
    run_state_machine_as_test(walk, settings=quick)


@pytest.mark.slow
@pytest.mark.parametrize("walk", WALKS)
def test_long_walk(walk):
    """The same, for longer."""
    thorough = settings(max_examples=100, stateful_step_count=50, deadline=None)
    run_state_machine_as_test(walk, settings=thorough)
