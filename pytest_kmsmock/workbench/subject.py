"""What each subject of the workbench may ask of the mock that it belongs to."""

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Literal, TypeAlias

from pytest_kmsmock.options import check_region

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.world import World
    from pytest_kmsmock._kms.service import Service
    from pytest_kmsmock.workbench.place import Place

# How a mock that goes on got another KMS in the place of the one it had.
TakenBy: TypeAlias = Literal["reset", "restore"]


class Subject(ABC):
    """
    A part of `KmsMock` for which AWS has no call.

    Each has a module `offer` in its room. It is imported with the mock, and so imports the rest of
    its room inside its methods only: that brings the engine, which takes 0.1 s the first time.
    """

    _service: "Service"

    @property
    @abstractmethod
    def account_id(self) -> str: ...

    @property
    @abstractmethod
    def region_name(self) -> str: ...

    @abstractmethod
    def _require_active(self) -> None: ...

    @abstractmethod
    def _go_on(self, service: "Service") -> None:
        """Tell a KMS that is new to the mock, empty or restored, what the mock was told."""

    @abstractmethod
    def _bury(self, world: "World", *, taken_by: "TakenBy | None" = None) -> None:
        """Close a KMS that answers no more, and remember it: a test may look for its keys."""

    def _place(self, region_name: str | None = None) -> "Place":
        if region_name is not None:
            check_region("region_name", region_name)
        self._require_active()
        return self._place_in(region_name or self.region_name)

    def _place_in(self, region_name: str, service: "Service | None" = None) -> "Place":
        from pytest_kmsmock.workbench.place import Place  # noqa: PLC0415 - see KmsMock._open

        return Place(
            service=lambda: self._service if service is None else service,
            account_id=self.account_id,
            region_name=region_name,
        )
