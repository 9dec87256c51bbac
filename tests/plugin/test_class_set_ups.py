"""What a class or a module sets up for all its tests is in a mock, and each test has a copy."""

import textwrap
import unittest

import pytest

IN_PYTEST_STYLE = """
    import pytest
    from pytest_kmsmock import KmsMock, mock_kms

    client = KmsMock(region_name="us-east-1").client()

    {mark}
    class TestIt:
        @classmethod
        def setup_class(cls):
            cls.key_id = client.create_key()["KeyMetadata"]["KeyId"]

        @classmethod
        def teardown_class(cls):
            assert [cls.key_id] == [key["KeyId"] for key in client.list_keys()["Keys"]]

        @pytest.mark.parametrize("number", [1, 2])
        def test_it(self, number):
            assert client.describe_key(KeyId=self.key_id)["KeyMetadata"]["Enabled"]
            client.disable_key(KeyId=self.key_id)
            client.create_key()
            assert 2 == len(client.list_keys()["Keys"])

    def test_after():
        from pytest_kmsmock.mock import ACTIVE
        assert () == ACTIVE.turns
"""

IN_UNITTEST_STYLE = """
    import unittest

    import pytest
    from pytest_kmsmock import KmsMock, mock_kms

    client = KmsMock(region_name="us-east-1").client()

    class LikeDjangos(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            super().setUpClass()
            cls.setUpTestData()

        @classmethod
        def setUpTestData(cls):
            pass

    {mark}
    class TestIt(LikeDjangos):
        @classmethod
        def {method}(cls):
            super().{method}()
            cls.key_id = client.create_key()["KeyMetadata"]["KeyId"]

        @classmethod
        def tearDownClass(cls):
            assert [cls.key_id] == [key["KeyId"] for key in client.list_keys()["Keys"]]
            super().tearDownClass()

        def test_one(self):
            assert client.describe_key(KeyId=self.key_id)["KeyMetadata"]["Enabled"]
            client.disable_key(KeyId=self.key_id)
            client.create_key()
            assert 2 == len(client.list_keys()["Keys"])

        def test_other(self):
            self.test_one()

    class TestAfter(unittest.TestCase):
        def test_after(self):
            from pytest_kmsmock.mock import ACTIVE
            assert () == ACTIVE.turns
"""

MARKS = {
    "marker": "@pytest.mark.kms",
    "marker with options": "@pytest.mark.kms(region_name='us-east-1', wire=True)",
    "decorator": "@mock_kms",
    "decorator with options": "@mock_kms(account_id='111122223333')",
}


@pytest.mark.sweep(5)
@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_setup_class(run_pytest, mark):
    """`setup_class` under marker or decorator has a mock; each test begins with a copy of it."""
    result = run_pytest(IN_PYTEST_STYLE.format(mark=mark), ini="kmsmock_outside = error")

    result.assert_outcomes(passed=3)


@pytest.mark.sweep(7)
@pytest.mark.parametrize("method", ["setUpClass", "setUpTestData"])
@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_set_up_class_of_unittest(run_pytest, mark, method):
    """`setUpClass` and Django's `setUpTestData` under marker or decorator have a mock, too."""
    module = IN_UNITTEST_STYLE.format(mark=mark, method=method)
    result = run_pytest(module, ini="kmsmock_outside = error")

    result.assert_outcomes(passed=3)


@pytest.mark.parametrize("method", ["setUpClass", "setUpTestData"])
def test_set_up_class_without_pytest(method):
    """The decorator does so under the runner of unittest as well."""
    module = textwrap.dedent(IN_UNITTEST_STYLE.format(mark="@mock_kms", method=method))
    names = {"__name__": "a_module"}
    exec(module, names)
    suite = unittest.TestSuite(
        unittest.defaultTestLoader.loadTestsFromTestCase(names[name])
        for name in ("TestIt", "TestAfter")
    )
    result = unittest.TestResult()

    suite.run(result)

    assert ([], [], 3) == (result.errors, result.failures, result.testsRun)


def test_setup_module(run_pytest):
    """`setup_module` of a marked module has a mock, and classes in it go on from there."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import KmsMock

    pytestmark = pytest.mark.kms
    client = KmsMock(region_name="us-east-1").client()

    def setup_module():
        client.create_key()

    def count():
        client.create_key()
        return len(client.list_keys()["Keys"])

    @pytest.mark.parametrize("number", [1, 2])
    def test_function(number):
        assert 2 == count()

    class TestIt:
        def setup_class(cls):
            client.create_key()

        @pytest.mark.parametrize("number", [1, 2])
        def test_it(self, number):
            assert 3 == count()
    """,
        ini="kmsmock_outside = error",
    )

    result.assert_outcomes(passed=4)


def test_class_set_up_with_autouse(run_pytest):
    """Where every test runs in a mock, what a class sets up does, too."""
    module = IN_PYTEST_STYLE.format(mark="").partition("    def test_after")[0]
    result = run_pytest(module, ini="kmsmock_autouse = true\nkmsmock_outside = error")

    result.assert_outcomes(passed=2)


def test_class_set_up_in_a_shared_mock(run_pytest):
    """In a mock of wider scope a class sets up there, and its tests share it as any others do."""
    result = run_pytest(
        """
    import pytest
    from pytest_kmsmock import KmsMock

    client = KmsMock(region_name="us-east-1").client()

    @pytest.fixture(scope="module", autouse=True)
    def shared(module_kms_mock):
        return module_kms_mock

    @pytest.mark.kms
    class TestIt:
        def setup_class(cls):
            client.create_key()

        def test_one(self):
            client.create_key()

        def test_other(self, shared):
            assert 2 == len(client.list_keys()["Keys"])
            assert 2 == len(shared.client().list_keys()["Keys"])
    """
    )

    result.assert_outcomes(passed=2)


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    ("scope", "counts"),
    [
        ("class", [1, 2, 1, 2]),
        ("module", [1, 2, 3, 4]),
        ("package", [1, 2, 3, 4]),
        ("session", [1, 2, 3, 4]),
    ],
)
def test_fixture_of_wider_scope(run_pytest, scope, counts):
    """The ready fixtures of wider scope are one KMS for all tests in it, and kms joins them."""
    result = run_pytest(
        f"""
    import pytest

    counts = []

    class TestOne:
        @pytest.mark.parametrize("number", [1, 2])
        def test_it(self, kms, kms_mock, {scope}_kms_mock, number):
            assert kms_mock is {scope}_kms_mock
            kms.create_key()
            counts.append(len(kms.list_keys()["Keys"]))

    class TestOther(TestOne):
        pass

    def test_counts():
        assert {counts} == counts
    """,
        "-p",
        "no:randomly",
    )

    result.assert_outcomes(passed=5)


def test_fixture_of_wider_scope_with_options(run_pytest):
    """A fixture of wider scope is as the marker of its class or module says."""
    result = run_pytest(
        """
    import pytest

    pytestmark = pytest.mark.kms(region_name="eu-west-1", account_id="111122223333")

    @pytest.fixture(scope="module")
    def key(module_kms_mock):
        return module_kms_mock.create_key()

    def test_it(kms, kms_mock, key):
        assert "arn:aws:kms:eu-west-1:111122223333:key/" + key.key_id == key.arn
        assert kms.describe_key(KeyId=key.arn)["KeyMetadata"]["Enabled"]
    """
    )

    result.assert_outcomes(passed=1)


FORGETFUL = """
    import unittest

    import pytest
    from pytest_kmsmock import KmsMock

    def call():
        KmsMock(region_name="us-east-1").client().list_keys()

    class LikeDjangos(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.setUpTestData()

        @classmethod
        def setUpTestData(cls):
            pass

"""

OF_A_CLASS = (
    "Decorate the class with @mock_kms or @pytest.mark.kms to have it answered in memory: then {} "
    "runs in a mock, and each test begins with a copy of it; if it is meant for AWS, mark the "
    'class with @pytest.mark.kms_outside("allow").'
)
OF_A_MODULE = (
    "Write pytestmark = pytest.mark.kms in the module to have it answered in memory: then {} runs "
    "in a mock, and each test begins with a copy of it; if it is meant for AWS, write pytestmark = "
    'pytest.mark.kms_outside("allow").'
)
OF_A_FIXTURE = (
    "Let the fixture prepared ask for the fixture {}_kms_mock to have it answered in memory; if it "
    'is meant for AWS, mark the tests that use it with @pytest.mark.kms_outside("allow").'
)

IN_A_CLASS = """
    class TestIt({base}):
        @classmethod
        def {name}(cls):
            call()

        def test_it(self):
            pass
"""
IN_A_MODULE = """
    def {name}():
        call()

    def test_it():
        pass
"""
IN_A_FIXTURE = """
    @pytest.fixture(scope="{name}")
    def prepared():
        call()

    def test_it(prepared):
        pass
"""


@pytest.mark.sweep(7)
@pytest.mark.parametrize(
    ("module", "name", "way"),
    [
        (IN_A_CLASS.replace("({base})", ""), "setup_class", OF_A_CLASS),
        (IN_A_CLASS.replace("({base})", ""), "teardown_class", OF_A_CLASS),
        (IN_A_CLASS.replace("{base}", "unittest.TestCase"), "setUpClass", OF_A_CLASS),
        (IN_A_CLASS.replace("{base}", "unittest.TestCase"), "tearDownClass", OF_A_CLASS),
        (IN_A_CLASS.replace("{base}", "LikeDjangos"), "setUpTestData", OF_A_CLASS),
        (IN_A_MODULE, "setup_module", OF_A_MODULE),
        (IN_A_MODULE, "teardown_module", OF_A_MODULE),
        (IN_A_MODULE, "setUpModule", OF_A_MODULE),
        (IN_A_MODULE, "tearDownModule", OF_A_MODULE),
        (IN_A_FIXTURE, "class", OF_A_FIXTURE),
        (IN_A_FIXTURE, "module", OF_A_FIXTURE),
        (IN_A_FIXTURE, "package", OF_A_FIXTURE),
        (IN_A_FIXTURE, "session", OF_A_FIXTURE),
    ],
    ids=lambda value: value if value.isidentifier() else "",
)
def test_set_up_that_forgot_the_mock(run_pytest, module, name, way):
    """A set-up of several tests that is refused is told the way that works there."""
    module = FORGETFUL + module.replace("{name}", name)
    result = run_pytest(module, ini="kmsmock_outside = error")

    line = next(line for line in result.outlines if line.startswith("E  "))
    assert (
        "E       pytest_kmsmock.interception.outside.CallOutsideMock: ListKeys was called at"
        " test_set_up_that_forgot_the_mock.py:7, in call, while no KMS mock was active, and"
        " kmsmock_outside is 'error': it would have gone to kms.us-east-1.amazonaws.com."
        f" {way.format(name)} A mock of moto was not active either."
    ) == line
