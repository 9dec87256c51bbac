"""The walk's rules about key material: rotation, import and replication."""

from datetime import datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.conformance.stage import OAEP
from tests.stateful.ground import Ground, keys, places
from tests.stateful.model import AWAY, FAR, INVALID_STATE, REGIONS, Copy, Family

NOT_PRIMARY = "UnsupportedOperationException"
IN_PROGRESS = "ConflictException"
MOST_ROTATIONS = 25


def refuse_replica(family: Family, to: str) -> str | None:
    """Tell why there can't be a replica there: wire-facts V7 and V8."""
    if to == family.primary:
        return "UnsupportedOperationException"
    return "AlreadyExistsException" if to in family.copies else None


class Materials(Ground):
    """What changes the material of a key, or puts it into another Region."""

    def __init__(self) -> None:
        super().__init__()
        self.parameters: dict[str, tuple[datetime, Any]] = {}

    @rule(family=keys, where=places, days=st.integers(90, 120))
    def enable_rotation(self, family: Family, where: int, days: int) -> None:
        region = family.place(where)
        error = self.refuse_rotation(family, region)
        self.call(
            region,
            "enable_key_rotation",
            error,
            KeyId=family.arn_in(region),
            RotationPeriodInDays=days,
        )
        if error is None and family.period != days:
            family.schedule_rotation(days, self.now)

    @rule(family=keys, where=places)
    def disable_rotation(self, family: Family, where: int) -> None:
        region = family.place(where)
        error = self.refuse_rotation(family, region)
        self.call(region, "disable_key_rotation", error, KeyId=family.arn_in(region))
        if error is None:
            family.schedule_rotation(None, self.now)

    def refuse_rotation(self, family: Family, region: str) -> str | None:
        copy = family.copies.get(region)
        if copy is None:
            return "NotFoundException"
        if family.is_external:
            return NOT_PRIMARY
        return copy.refuse_use() or (None if region == family.primary else NOT_PRIMARY)

    @rule(family=keys, where=places)
    def rotate_on_demand(self, family: Family, where: int) -> None:
        region = family.place(where)
        error = self.refuse_rotation_on_demand(family, region)
        self.call(region, "rotate_key_on_demand", error, KeyId=family.arn_in(region))
        if error is None:
            number = family.pending
            family.pending = None
            family.permanent.append(family.number_material() if number is None else number)
            family.on_demand_rotations += 1
            family.last_on_demand = self.now

    def refuse_rotation_on_demand(self, family: Family, region: str) -> str | None:
        copy = family.copies.get(region)
        if copy is None:
            return "NotFoundException"
        if (error := copy.refuse_use()) is not None:
            return error
        if region != family.primary:
            return NOT_PRIMARY
        copies = family.copies.values()
        if family.is_external and not all(family.pending in one.materials for one in copies):
            return INVALID_STATE
        if family.on_demand_rotations >= MOST_ROTATIONS:
            return "LimitExceededException"
        soon = self.now + timedelta(minutes=20)
        if family.last_on_demand == self.now or (family.next_rotation or soon) < soon:
            return IN_PROGRESS
        return None

    @rule(
        family=keys,
        where=places,
        is_new=st.booleans(),
        choice=st.integers(0, 5),
        days=st.none() | st.integers(1, 60),
    )
    def import_material(
        self, family: Family, where: int, is_new: bool, choice: int, days: int | None
    ) -> None:
        """Import material that the key never had, or once more what it has had."""
        region = family.place(where)
        copy = family.copies.get(region)
        parameters = self.get_parameters(family, region)
        if copy is None or parameters is None:
            return
        known = [*family.permanent, *([] if family.pending is None else [family.pending])]
        number = known[choice % len(known)] if known and not is_new else family.known + 1
        error = None
        if is_new and region != family.primary:
            error = NOT_PRIMARY
        elif is_new and family.pending is not None:
            error = INVALID_STATE
        elif not is_new and not known:
            error = "IncorrectKeyMaterialException"
        self.call(
            region,
            "import_key_material",
            error,
            KeyId=family.arn_in(region),
            ImportType="NEW_KEY_MATERIAL" if is_new else "EXISTING_KEY_MATERIAL",
            **parameters(bytes(31) + bytes([number])),
            **self.validity(days),
        )
        if error is not None:
            return
        if is_new and family.permanent:
            family.pending = family.number_material()
        elif is_new:
            family.permanent.append(family.number_material())
        family.put(copy, number, None if days is None else self.now + timedelta(days=days))

    def import_first_material(self, family: Family) -> None:
        self.import_material(family, 1, True, 0, None)

    def validity(self, days: int | None) -> dict[str, Any]:
        if days is None:
            return {"ExpirationModel": "KEY_MATERIAL_DOES_NOT_EXPIRE"}
        return {"ValidTo": self.now + timedelta(days=days)}

    def get_parameters(self, family: Family, region: str) -> Any:
        """Return what wraps material for a key; a token is asked for again when it has expired."""
        copy, arn = family.copies.get(region), family.arn_in(region)
        if copy is None:
            error: str | None = "NotFoundException"
        else:
            error = copy.refuse_change() if family.is_external else NOT_PRIMARY
        valid_to, wrap = self.parameters.get(arn, (self.now, None))
        if error is None and self.now < valid_to:
            return wrap
        given = self.call(
            region,
            "get_parameters_for_import",
            error,
            KeyId=arn,
            WrappingAlgorithm="RSAES_OAEP_SHA_256",
            WrappingKeySpec="RSA_2048",
        )
        if error is not None:
            return None
        public_key = load_der_public_key(given["PublicKey"])
        assert isinstance(public_key, rsa.RSAPublicKey)

        def wrap_material(material: bytes) -> dict[str, bytes]:
            return {
                "ImportToken": given["ImportToken"],
                "EncryptedKeyMaterial": public_key.encrypt(material, OAEP),
            }

        self.parameters[arn] = given["ParametersValidTo"], wrap_material
        return wrap_material

    @rule(family=keys, where=places)
    def delete_material(self, family: Family, where: int) -> None:
        """Delete the current material, which is no error where there is none."""
        region = family.place(where)
        copy = family.copies.get(region)
        error = "NotFoundException" if copy is None else None
        if copy is not None and not family.is_external:
            error = NOT_PRIMARY
        self.call(region, "delete_imported_key_material", error, KeyId=family.arn_in(region))
        if error is None and family.current is not None:
            family.drop(region, family.current)

    @rule(family=keys, where=places, to=st.sampled_from(REGIONS))
    def replicate(self, family: Family, where: int, to: str) -> None:
        region = family.place(where)
        copy = family.copies.get(region)
        if copy is None:
            error: str | None = "NotFoundException"
        elif not family.is_multi_region or region != family.primary:
            error = NOT_PRIMARY
        else:
            error = copy.refuse_use() or refuse_replica(family, to)
        self.call(region, "replicate_key", error, KeyId=family.arn_in(region), ReplicaRegion=to)
        if error is None:
            state = "PendingImport" if family.is_external else "Enabled"
            family.copies[to] = Copy(arn=family.arn_in(to), state=state)

    @rule(family=keys, where=places, to=st.sampled_from((AWAY, FAR)))
    def promote(self, family: Family, where: int, to: str) -> None:
        """Make a replica the primary."""
        region = family.place(where)
        copy, replica = family.copies.get(region), family.copies.get(to)
        if copy is None:
            error: str | None = "NotFoundException"
        elif not family.is_multi_region or region != family.primary:
            error = NOT_PRIMARY
        elif (error := copy.refuse_use()) is not None:
            pass
        elif replica is None:
            error = "NotFoundException"
        elif replica is copy:
            error = NOT_PRIMARY
        else:
            error = replica.refuse_use()
        self.call(region, "update_primary_region", error, KeyId=family.key_id, PrimaryRegion=to)
        if error is None:
            family.primary = to
