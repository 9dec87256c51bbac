"""What all rules of the walk stand on: a KMS, its model, and the one way to call it."""

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine

from pytest_kmsmock import mock_kms
from tests.conformance.observation import observe
from tests.stateful.model import HOME, REGIONS, Family, Model
from tests.todays_client import todays_client

keys: Bundle[Family] = Bundle("keys")
ciphertexts: Bundle["Sealed"] = Bundle("ciphertexts")

places = st.integers(0, 99)
regions = st.sampled_from(REGIONS)
contexts = st.sampled_from(({}, {"tenant": "7"}, {"tenant": "8"}))
names = st.sampled_from(("alias/a", "alias/b"))
texts = st.sampled_from(("", "x", "y"))


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A ciphertext, and what the model knows of it."""

    family: Family
    blob: bytes
    plaintext: bytes
    context: dict[str, str]


class Ground(RuleBasedStateMachine):
    """A KMS whose time stands still between the steps."""

    def __init__(self) -> None:
        super().__init__()
        self.activation = mock_kms(region_name=HOME, isolated=True)
        self.mock = self.activation.start()
        self.mock.clock.move_to(datetime(2030, 1, 1, tzinfo=timezone.utc))
        self.mock.clock.freeze()
        self.model = Model()

    def teardown(self) -> None:
        self.activation.stop()

    @property
    def now(self) -> datetime:
        return self.mock.clock.now()

    def call(self, region: str, method: str, error: str | None, **members: Any) -> Any:
        """Call KMS, which must serve it, or refuse it with *error* and change nothing."""
        send = getattr(todays_client(self.mock, region), method)
        if error is None:
            return send(**members)
        before = observe(self.mock._service.world)
        with pytest.raises(ClientError) as refused:
            send(**members)

        assert error == refused.value.response["Error"]["Code"]
        assert before == observe(self.mock._service.world)
        return None
