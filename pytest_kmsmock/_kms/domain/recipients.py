"""Answers for Nitro enclaves and NitroTPM, which only the attested environment can read."""

from collections.abc import Mapping
from typing import Any

from pytest_kmsmock._kms.crypto.errors import BadDocument, InvalidPublicKey
from pytest_kmsmock._kms.crypto.randomness import RandomSource
from pytest_kmsmock._kms.errors import validation
from pytest_kmsmock._kms.lazily import lazily


def hand_over(
    request: Mapping[str, Any], member: str, plaintext: bytes, source: RandomSource
) -> dict[str, Any]:
    """
    Return *plaintext* as *member*, or sealed for the request's recipient if it has one.

    The attestation document's signature and certificates must hold; that they lead to AWS's root
    is not asked, for no test has such a document at hand.

    Raises:
        KmsError: ValidationException for a document that does not hold (text assumed).
    """
    if "Recipient" not in request:
        return {member: plaintext}
    document = request["Recipient"].get("AttestationDocument")
    if document is None:
        raise validation("The Recipient parameter must have an attestation document.")
    with lazily():
        from pytest_kmsmock._kms.crypto.nitro import (  # noqa: PLC0415 - for attested environments only
            documents,
            recipient,
        )

    try:
        public_key = documents.verify(document).public_key
        if public_key is None:
            raise InvalidPublicKey("the document has none")
        sealed = recipient.seal(public_key, plaintext, source=source)
    except (BadDocument, InvalidPublicKey):
        raise validation("The attestation document is not valid.") from None
    return {"CiphertextForRecipient": sealed}
