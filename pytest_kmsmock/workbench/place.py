"""Where handles look: an account and a Region of what a mock serves at the moment."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_kmsmock._kms.domain.seeds import NOTHING, KeySeed
from pytest_kmsmock._kms.domain.world import Account, Region, World
from pytest_kmsmock._kms.service import Request, Response, Service


def say_gone(arn: str) -> str:
    """Say of a key that a handle stands for that it is not there any more."""
    return (
        f"{arn} no longer exists: it was deleted, or created after the restored snapshot, or"
        " before reset(); create another with create_key()"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where handles look: what a mock serves at the moment, for an account, in a Region."""

    service: Callable[[], Service]
    account_id: str
    region_name: str

    @property
    def world(self) -> World:
        # As for any request, what is due happens first: a store that was told to connect has done
        # so before a test breaks what stands behind it.
        return self.service().settle()

    @property
    def account(self) -> Account:
        return self.world.account(self.account_id)

    @property
    def region(self) -> Region:
        return self.account.region(self.region_name)

    def describe(self) -> str:
        return f"{self.region_name} and account {self.account_id}"

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """
        Have KMS perform an operation, past all that observes the calls of the code under test.

        Raises:
            ValueError: If KMS refuses it.
        """
        response = self.ask(operation, members, self.region_name)
        if response.error is not None:
            raise ValueError(f"KMS refuses {operation}: {response.error}")
        return response.parsed()

    def ask(
        self,
        operation: str,
        members: Mapping[str, Any],
        region_name: str,
        seed: KeySeed = NOTHING,
    ) -> Response:
        """Have KMS answer, also with a refusal, past all that observes the code under test."""
        return self.service().respond(
            Request(
                operation=operation,
                region=region_name,
                account_id=self.account_id,
                body=json.dumps(members).encode(),
                seed=seed,
                is_setup=True,
            )
        )
