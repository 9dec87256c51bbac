"""The walk's rules about ciphertexts: what must open, and what must not."""

from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import strategies as st
from hypothesis.stateful import invariant, multiple, precondition, rule

from tests.stateful.ground import (
    Ground,
    Sealed,
    ciphertexts,
    contexts,
    keys,
    names,
    places,
    regions,
)
from tests.stateful.model import REGIONS, Family
from tests.todays_client import todays_client


class Encryption(Ground):
    """Encrypt, data keys, Decrypt and ReEncrypt, with what belongs together and what does not."""

    def __init__(self) -> None:
        super().__init__()
        self.kept: list[Sealed] = []

    def keep(
        self, *, family: Family, blob: bytes, plaintext: bytes, context: dict[str, str]
    ) -> Sealed:
        sealed = Sealed(family=family, blob=blob, plaintext=plaintext, context=context)
        self.kept.append(sealed)
        return sealed

    @invariant()
    def what_was_sealed_opens(self) -> None:
        """Everything opens where its key is enabled, and nowhere else: the oldest, the newest."""
        for sealed in [*self.kept[:2], *self.kept[2:][-2:]]:
            for region in REGIONS:
                copy = sealed.family.copies.get(region)
                error = "AccessDeniedException" if copy is None else copy.refuse_use()
                expected = (error, sealed.plaintext if error is None else None)

                assert expected == self.open(sealed, region)

    def open(self, sealed: Sealed, region: str) -> tuple[str | None, bytes | None]:
        """Return the error or else the plaintext."""
        try:
            opened = todays_client(self.mock, region).decrypt(
                CiphertextBlob=sealed.blob, EncryptionContext=sealed.context
            )
        except ClientError as refused:
            return refused.response["Error"]["Code"], None
        return None, opened["Plaintext"]

    @rule(target=ciphertexts, family=keys, where=places, context=contexts)
    def encrypt(self, family: Family, where: int, context: dict[str, str]) -> Any:
        region = family.place(where)
        plaintext = f"sealed at {self.now}".encode()
        sealed = self.seal(
            "encrypt", family, region, family.arn_in(region), context, Plaintext=plaintext
        )
        if sealed is None:
            return multiple()
        return self.keep(
            family=family, blob=sealed["CiphertextBlob"], plaintext=plaintext, context=context
        )

    @rule(target=ciphertexts, family=keys, where=places, context=contexts)
    def generate_data_key(self, family: Family, where: int, context: dict[str, str]) -> Any:
        region = family.place(where)
        sealed = self.seal(
            "generate_data_key", family, region, family.key_id, context, KeySpec="AES_256"
        )
        if sealed is None:
            return multiple()
        return self.keep(
            family=family,
            blob=sealed["CiphertextBlob"],
            plaintext=sealed["Plaintext"],
            context=context,
        )

    @precondition(lambda self: self.model.aliases)
    @rule(target=ciphertexts, name=names, region=regions, context=contexts)
    def encrypt_by_alias(self, name: str, region: str, context: dict[str, str]) -> Any:
        family = self.model.aliases.get((region, name))
        sealed = self.seal("encrypt", family, region, name, context, Plaintext=name.encode())
        if sealed is None or family is None:
            return multiple()

        assert family.arn_in(region) == sealed["KeyId"]
        return self.keep(
            family=family,
            blob=sealed["CiphertextBlob"],
            plaintext=name.encode(),
            context=context,
        )

    def seal(
        self,
        method: str,
        family: Family | None,
        region: str,
        name: str,
        context: dict[str, str],
        **members: Any,
    ) -> Any:
        copy = None if family is None else family.copies.get(region)
        error = "NotFoundException" if copy is None else copy.refuse_use()
        return self.call(region, method, error, KeyId=name, EncryptionContext=context, **members)

    @rule(sealed=ciphertexts, where=places)
    def decrypt(self, sealed: Sealed, where: int) -> None:
        """Open a ciphertext, as its owner does: it must open wherever its key is enabled."""
        region = sealed.family.place(where)
        copy = sealed.family.copies.get(region)
        error = "AccessDeniedException" if copy is None else copy.refuse_use()
        opened = self.call(
            region,
            "decrypt",
            error,
            CiphertextBlob=sealed.blob,
            EncryptionContext=sealed.context,
        )
        if error is None:
            assert sealed.plaintext == opened["Plaintext"]
            assert sealed.family.arn_in(region) == opened["KeyId"]

    @rule(sealed=ciphertexts, where=places, other=contexts, place=st.integers(0, 1000))
    def decrypt_what_was_changed(
        self, sealed: Sealed, where: int, other: dict[str, str], place: int
    ) -> None:
        """Try another context, or a changed bit: it must never open."""
        region = sealed.family.place(where)
        blob, context = sealed.blob, other
        if other == sealed.context:
            place %= len(blob)
            blob = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        copy = sealed.family.copies.get(region)
        with pytest.raises(ClientError) as refused:
            todays_client(self.mock, region).decrypt(CiphertextBlob=blob, EncryptionContext=context)

        code = refused.value.response["Error"]["Code"]
        if blob == sealed.blob:
            expected = "AccessDeniedException" if copy is None else copy.refuse_use()
            assert (expected or "InvalidCiphertextException") == code

    @rule(sealed=ciphertexts, other=keys, where=places)
    def decrypt_under_another_key(self, sealed: Sealed, other: Family, where: int) -> None:
        """Name a key: it must be the one that sealed, whatever else is wrong with it."""
        region = sealed.family.place(where)
        copy = other.copies.get(region)
        if copy is None:
            error: str | None = "NotFoundException"
        elif other is not sealed.family:
            error = "IncorrectKeyException"
        else:
            error = copy.refuse_use()
        self.call(
            region,
            "decrypt",
            error,
            CiphertextBlob=sealed.blob,
            EncryptionContext=sealed.context,
            KeyId=other.arn_in(region),
        )

    @rule(target=ciphertexts, sealed=ciphertexts, other=keys, where=places, context=contexts)
    def re_encrypt(self, sealed: Sealed, other: Family, where: int, context: dict[str, str]) -> Any:
        region = sealed.family.place(where)
        source, destination = sealed.family.copies.get(region), other.copies.get(region)
        if source is None:
            error: str | None = "AccessDeniedException"
        elif destination is None:
            error = "NotFoundException"
        else:
            error = source.refuse_use() or destination.refuse_use()
        moved = self.call(
            region,
            "re_encrypt",
            error,
            CiphertextBlob=sealed.blob,
            SourceEncryptionContext=sealed.context,
            DestinationKeyId=other.arn_in(region),
            DestinationEncryptionContext=context,
        )
        if error is not None:
            return multiple()
        return self.keep(
            family=other,
            blob=moved["CiphertextBlob"],
            plaintext=sealed.plaintext,
            context=context,
        )
