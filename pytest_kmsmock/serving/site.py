"""What a server shows: KMS, and under one path what a test has besides KMS."""

from functools import cached_property
from typing import TYPE_CHECKING, Final

from pytest_kmsmock.serving import front_end
from pytest_kmsmock.serving.http11 import Request, Response

if TYPE_CHECKING:
    from pytest_kmsmock.serving.admin import AdminFace, Reach
    from pytest_kmsmock.serving.server import Mock

ADMIN_PATH: Final = "/_kmsmock/"


class Site:
    """One mock, and its admin face for clients within *reach*."""

    def __init__(self, mock: "Mock", reach: "Reach") -> None:
        self._mock = mock
        self._reach = reach

    @cached_property
    def _admin(self) -> "AdminFace":
        from pytest_kmsmock.serving.admin import AdminFace  # noqa: PLC0415 - few tests need it

        return AdminFace(self._mock, self._reach)

    def may_wait(self, request: Request) -> bool:
        operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
        return self._mock._has_plan_for(operation)

    def answer(self, request: Request, address: str) -> Response | None:
        if request.target.startswith(ADMIN_PATH):
            return self._admin.answer(request.target.removeprefix(ADMIN_PATH), request, address)
        return front_end.answer(request, address, self._mock)
