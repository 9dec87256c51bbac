"""HMAC against RFC 4231."""

import pytest

from pytest_kmsmock._kms.crypto.materials.making import generate
from pytest_kmsmock._kms.crypto.materials.secret import HmacMaterial
from pytest_kmsmock._kms.crypto.specs import SPECS
from tests.unit.crypto.vectors import nist


@pytest.mark.parametrize(("bits", "size"), [(224, 28), (256, 32), (384, 48), (512, 64)])
def test_mac(bits, size):
    """MACs are RFC 4231's, whole and never cut short (rules MAC-2)."""
    records = nist(f"HMAC/rfc-4231-sha{bits}.txt")
    wrong = []
    for number, record in enumerate(records):
        key, message, expected = (bytes.fromhex(record[name]) for name in ("key", "msg", "md"))
        found = HmacMaterial(SPECS[f"HMAC_{bits}"], key).mac(f"HMAC_SHA_{bits}", message)
        if found[: len(expected)] != expected or len(found) != size:
            wrong.append(number)

    assert wrong == []
    assert len(records) >= 6


@pytest.mark.parametrize(("bits", "size"), [(224, 28), (256, 32), (384, 48), (512, 64)])
def test_generate_length(source, leases, bits, size):
    """A generated key has the length of its spec."""

    assert len(generate(SPECS[f"HMAC_{bits}"], source=source, leases=leases).private_key()) == size
