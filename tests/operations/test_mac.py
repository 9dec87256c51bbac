"""GenerateMac and VerifyMac: what they answer, what they refuse, and which check comes first."""

import pytest

from tests.operations.key_kinds import HMAC_256, SIGNING_RSA, kinds_without
from tests.operations.refusals import (
    AT_LEAST_ONE,
    NOT_NULL,
    UNKNOWN_KEY,
    UNKNOWN_KEY_REFUSAL,
    at_most,
    one_of,
    violation,
    wrong_algorithm,
    wrong_usage,
)
from tests.operations.unusable_keys import DISABLED, UNUSABLE
from tests.vocabulary import create_key, members, refusal

# AWS's order, the same in 2023 and 2026 (wire-facts G32)
MAC_ALGORITHMS = "[HMAC_SHA_384, HMAC_SHA_256, HMAC_SHA_224, HMAC_SHA_512]"
INVALID_MAC = ("KMSInvalidMacException", "")
OTHER_USAGES = kinds_without("GENERATE_VERIFY_MAC")

generate_or_verify = pytest.mark.parametrize(
    ("operation", "name", "data"),
    [
        pytest.param("generate_mac", "GenerateMac", {}, id="GenerateMac"),
        pytest.param("verify_mac", "VerifyMac", {"Mac": bytes(32)}, id="VerifyMac"),
    ],
)
unusable = pytest.mark.parametrize("state", UNUSABLE.values(), ids=UNUSABLE)


def choose(kms, bits=256, message=b"attack at dawn"):
    """Make an HMAC key and return the members that both operations share."""
    return {
        "KeyId": create_key(kms, KeySpec=f"HMAC_{bits}", KeyUsage="GENERATE_VERIFY_MAC"),
        "MacAlgorithm": f"HMAC_SHA_{bits}",
        "Message": message,
    }


class TestAnswer:
    """The members of both answers, and the MAC."""

    @pytest.mark.parametrize("named_by", ["ARN", "id", "alias"])
    def test_members(self, kms, named_by):
        """The key's ARN is answered, however the key was named (wire-facts G29, G30)."""
        chosen = choose(kms)
        key_arn = chosen["KeyId"]
        kms.create_alias(AliasName="alias/app", TargetKeyId=key_arn)
        chosen["KeyId"] = {"ARN": key_arn, "id": key_arn[-36:], "alias": "alias/app"}[named_by]
        generated = members(kms.generate_mac(**chosen))

        verified = members(kms.verify_mac(Mac=generated.pop("Mac"), **chosen))

        assert {"KeyId": key_arn, "MacAlgorithm": "HMAC_SHA_256"} == generated
        assert {**generated, "MacValid": True} == verified

    @pytest.mark.parametrize("bits", [224, 256, 384, 512])
    def test_length(self, kms, bits):
        """A MAC is as long as its hash, and verifies (rules MAC-1, MAC-2)."""
        chosen = choose(kms, bits)

        mac = kms.generate_mac(**chosen)["Mac"]

        assert bits == len(mac) * 8
        assert kms.verify_mac(Mac=mac, **chosen)["MacValid"] is True

    def test_repetition(self, kms):
        """A MAC is the same every time, and another one under another key."""
        chosen = choose(kms)
        macs = [kms.generate_mac(**chosen)["Mac"] for _ in range(2)]

        assert macs[0] == macs[1]
        assert macs[0] != kms.generate_mac(**choose(kms))["Mac"]

    @pytest.mark.parametrize("length", [1, 4095, 4096])
    def test_message_sizes(self, kms, length):
        """1 to 4096 bytes are taken (rules MAC-1)."""
        chosen = choose(kms, message=bytes(length))

        assert kms.verify_mac(Mac=kms.generate_mac(**chosen)["Mac"], **chosen)["MacValid"]


class TestMismatch:
    """A MAC that does not match is refused without a message, never answered with False."""

    @pytest.mark.parametrize(
        "damage",
        [
            pytest.param(lambda mac: mac[:-1], id="truncated"),
            pytest.param(lambda mac: mac[:16], id="half"),
            pytest.param(lambda mac: mac + b"\0", id="appended"),
            pytest.param(lambda mac: bytes([mac[0] ^ 1]) + mac[1:], id="first bit"),
            pytest.param(lambda mac: mac[:-1] + bytes([mac[-1] ^ 1]), id="last bit"),
            pytest.param(lambda mac: bytes(6144), id="longest"),
        ],
    )
    def test_damaged_mac(self, kms, damage):
        """A MAC that was touched is refused (wire-facts G31, W5; rules MAC-3)."""
        chosen = choose(kms)
        mac = kms.generate_mac(**chosen)["Mac"]

        assert INVALID_MAC == refusal(kms.verify_mac, Mac=damage(mac), **chosen)

    def test_another_message_or_key(self, kms):
        """A MAC holds for its message under its key only (wire-facts G31)."""
        chosen, other = choose(kms), choose(kms)
        mac = kms.generate_mac(**chosen)["Mac"]

        assert INVALID_MAC == refusal(kms.verify_mac, Mac=mac, **other)
        assert INVALID_MAC == refusal(
            kms.verify_mac, Mac=mac, **{**chosen, "Message": b"attack at noon"}
        )


class TestRequestShape:
    """Violations of the model, which are found before the key is looked up (wire-facts W19)."""

    @pytest.mark.parametrize("algorithm", ["INVALID", "hmac_sha_256"])
    @generate_or_verify
    def test_algorithm(self, kms, operation, name, data, algorithm):
        """The algorithms are printed in AWS's order; case counts (wire-facts G32)."""
        call = getattr(kms, operation)

        assert violation(f"Value '{algorithm}' at 'macAlgorithm'", one_of(MAC_ALGORITHMS)) == (
            refusal(call, KeyId=UNKNOWN_KEY, Message=b"hi", MacAlgorithm=algorithm, **data)
        )

    @generate_or_verify
    def test_no_algorithm(self, unchecked_kms, operation, name, data):
        """The algorithm is required (wire-facts G33)."""
        call = getattr(unchecked_kms, operation)

        assert violation("Value null at 'macAlgorithm'", NOT_NULL) == refusal(
            call, KeyId=UNKNOWN_KEY, Message=b"hi", **data
        )

    @pytest.mark.parametrize(
        ("message", "constraint"),
        [
            pytest.param({"Message": b""}, AT_LEAST_ONE, id="empty"),
            pytest.param({"Message": bytes(4097)}, at_most(4096), id="4097 bytes"),
            pytest.param({}, NOT_NULL, id="missing"),
        ],
    )
    @generate_or_verify
    def test_message(self, unchecked_kms, operation, name, data, message, constraint):
        """A message is never printed, not even a missing one (wire-facts W15, W17)."""
        call = getattr(unchecked_kms, operation)

        assert violation("Value at 'message'", constraint) == refusal(
            call, KeyId=UNKNOWN_KEY, MacAlgorithm="HMAC_SHA_256", **message, **data
        )

    @pytest.mark.parametrize(
        ("mac", "subject", "constraint"),
        [
            pytest.param({"Mac": b""}, "Value", AT_LEAST_ONE, id="empty"),
            pytest.param({"Mac": bytes(6145)}, "Value", at_most(6144), id="6145 bytes"),
            pytest.param({}, "Value null", NOT_NULL, id="missing"),
        ],
    )
    def test_mac(self, unchecked_kms, mac, subject, constraint):
        """A MAC has 1 to 6144 bytes (wire-facts W16, W17)."""
        assert violation(f"{subject} at 'mac'", constraint) == refusal(
            unchecked_kms.verify_mac,
            KeyId=UNKNOWN_KEY,
            Message=b"hi",
            MacAlgorithm="HMAC_SHA_256",
            **mac,
        )


class TestKey:
    """What the key must be: there, of the usage, in a state, of the spec of the algorithm."""

    @generate_or_verify
    def test_unknown(self, kms, operation, name, data):
        """A key that does not exist is named by its ARN (wire-facts I1)."""
        call = getattr(kms, operation)

        assert UNKNOWN_KEY_REFUSAL == refusal(
            call, KeyId=UNKNOWN_KEY, Message=b"hi", MacAlgorithm="HMAC_SHA_256", **data
        )

    @generate_or_verify
    def test_malformed_id(self, kms, operation, name, data):
        """What is no key id is quoted (wire-facts I25)."""
        call = getattr(kms, operation)

        assert ("NotFoundException", "Invalid keyId 'key_id'") == refusal(
            call, KeyId="key_id", Message=b"hi", MacAlgorithm="HMAC_SHA_256", **data
        )

    @pytest.mark.parametrize("kind", OTHER_USAGES.values(), ids=OTHER_USAGES)
    @generate_or_verify
    def test_usage(self, kms, operation, name, data, kind):
        """A key of another usage is refused (wire-facts G35)."""
        key_arn = create_key(kms, **kind)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, kind["KeyUsage"], name) == refusal(
            call, KeyId=key_arn, Message=b"hi", MacAlgorithm="HMAC_SHA_256", **data
        )

    @unusable
    @generate_or_verify
    def test_state(self, kms, operation, name, data, state):
        """A key that is not enabled is refused (wire-facts S1, S2, S3)."""
        key_arn = state.create(kms, **HMAC_256)
        call = getattr(kms, operation)

        assert state.refusal(key_arn) == refusal(
            call, KeyId=key_arn, Message=b"hi", MacAlgorithm="HMAC_SHA_256", **data
        )

    @pytest.mark.parametrize(("bits", "other"), [(256, 512), (512, 256), (224, 384), (384, 224)])
    @generate_or_verify
    def test_algorithm(self, kms, operation, name, data, bits, other):
        """The algorithm must be the key spec's own one (wire-facts G34, rules MAC-1)."""
        call = getattr(kms, operation)
        chosen = {**choose(kms, bits), "MacAlgorithm": f"HMAC_SHA_{other}"}

        assert wrong_algorithm(f"HMAC_SHA_{other}", f"HMAC_{bits}") == refusal(
            call, **chosen, **data
        )


class TestOrder:
    """Each check against the next one, both violated."""

    @generate_or_verify
    def test_shape_before_key(self, kms, operation, name, data):
        """A long message is refused before an unknown key (wire-facts W19)."""
        call = getattr(kms, operation)

        assert violation("Value at 'message'", at_most(4096)) == refusal(
            call, KeyId=UNKNOWN_KEY, Message=bytes(4097), MacAlgorithm="HMAC_SHA_256", **data
        )

    @unusable
    @generate_or_verify
    def test_usage_before_state(self, kms, operation, name, data, state):
        """A key of another usage is refused before its state (wire-facts S5)."""
        key_arn = state.create(kms, **SIGNING_RSA)
        call = getattr(kms, operation)

        assert wrong_usage(key_arn, "SIGN_VERIFY", name) == refusal(
            call, KeyId=key_arn, Message=b"hi", MacAlgorithm="HMAC_SHA_256", **data
        )

    @unusable
    @generate_or_verify
    def test_state_before_algorithm(self, kms, operation, name, data, state):
        """The state is refused before an algorithm of another spec (wire-facts S4)."""
        key_arn = state.create(kms, **HMAC_256)
        call = getattr(kms, operation)

        assert state.refusal(key_arn) == refusal(
            call, KeyId=key_arn, Message=b"hi", MacAlgorithm="HMAC_SHA_512", **data
        )

    def test_algorithm_before_mismatch(self, kms):
        """An algorithm of another spec is refused before a MAC that does not match."""
        chosen = {**choose(kms), "MacAlgorithm": "HMAC_SHA_512"}

        assert wrong_algorithm("HMAC_SHA_512", "HMAC_256") == refusal(
            kms.verify_mac, Mac=bytes(64), **chosen
        )

    def test_state_before_mismatch(self, kms):
        """A disabled key is refused before a MAC that does not match."""
        key_arn = DISABLED.create(kms, **HMAC_256)

        assert DISABLED.refusal(key_arn) == refusal(
            kms.verify_mac,
            KeyId=key_arn,
            Message=b"hi",
            MacAlgorithm="HMAC_SHA_256",
            Mac=bytes(32),
        )
