"""The tests; a package so that they can import `tests.vocabulary`."""

import pytest

pytest.register_assert_rewrite("tests.vocabulary", "tests.operations.key_policies")
