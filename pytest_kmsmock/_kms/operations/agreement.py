"""Key agreement: DeriveSharedSecret."""

from pytest_kmsmock._kms.crypto.errors import InvalidPublicKey
from pytest_kmsmock._kms.crypto.specs import KEY_AGREEMENT
from pytest_kmsmock._kms.domain.keys import Key
from pytest_kmsmock._kms.domain.recipients import hand_over
from pytest_kmsmock._kms.errors import validation
from pytest_kmsmock._kms.rules.context import Context, RequestMembers, ResponseMembers
from pytest_kmsmock._kms.rules.operation import key_use, operation
from pytest_kmsmock._kms.rules.requirements import Usage
from pytest_kmsmock._kms.rules.states import USABLE


@operation(
    "DeriveSharedSecret",
    key_use(Usage(KEY_AGREEMENT), USABLE, aliases=True, cross_account=True),
)
def derive_shared_secret(ctx: Context, request: RequestMembers, key: Key) -> ResponseMembers:
    """https://docs.aws.amazon.com/kms/latest/APIReference/API_DeriveSharedSecret.html"""
    try:
        secret = key.material.derive(request["PublicKey"])
    except InvalidPublicKey:
        # An empty message for bytes that are no SPKI (wire-facts G41); another curve's key is
        # assumed to be answered alike.
        raise validation("") from None
    return {
        "KeyId": key.arn,
        **hand_over(request, "SharedSecret", secret, ctx.world.source),
        "KeyAgreementAlgorithm": request["KeyAgreementAlgorithm"],
        "KeyOrigin": key.family.origin,
    }
