"""Who may have made a call: what the record of calls asks of a handle."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.principals import Principal


class Caller(ABC):
    """Somebody by whom calls can be chosen."""

    @abstractmethod
    def _is_caller(self, principal: "Principal") -> bool:
        """Tell whether it is the one who made a request; for the record of calls."""
