"""unittest's classes in pytest: what a TestCase needs for one mock per test, or one per class."""

from tests.aio import needs_aiobotocore


@needs_aiobotocore
def test_decorated_classes(run_pytest):
    """A TestCase is decorated, or its methods are, sync and async, with clients of either kind."""
    result = run_pytest(
        """
    import unittest
    import boto3
    from aiobotocore.session import get_session
    from pytest_kmsmock import mock_kms

    def count():
        return len(boto3.client("kms").list_keys()["Keys"])

    @mock_kms(region_name="eu-west-1")
    class Tests(unittest.TestCase):
        def setUp(self):
            self.kms = boto3.client("kms")
            self.kms.create_key()
            self.addCleanup(lambda: self.assertEqual(1, count()))

        def test_one(self):
            self.assertEqual(("eu-west-1", 1), (self.kms.meta.region_name, count()))

        def test_subtests(self):
            for number in (1, 2):
                with self.subTest(number=number):
                    self.assertEqual(1, count())

    @mock_kms
    class AsyncTests(unittest.IsolatedAsyncioTestCase):
        async def asyncSetUp(self):
            context = get_session().create_client("kms")
            self.kms = await context.__aenter__()
            self.addAsyncCleanup(context.__aexit__, None, None, None)
            await self.kms.create_key()

        async def test_one(self):
            await self.kms.create_key()
            self.assertEqual(2, count())

        test_other = test_one

    class MethodTests(unittest.TestCase):
        @mock_kms
        def test_one(self):
            boto3.client("kms").create_key()
            self.assertEqual(1, count())

        test_other = test_one
    """
    )

    result.assert_outcomes(passed=6)


def test_mock_per_class(run_pytest):
    """`setUpClass` starts a mock for a class, which decorated tests join and others share."""
    result = run_pytest(
        """
    import unittest
    import boto3
    from pytest_kmsmock import mock_kms
    from pytest_kmsmock.mock import ACTIVE

    class Tests(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            activation = mock_kms()
            cls.mock = activation.start()
            cls.addClassCleanup(activation.stop)
            cls.key_id = cls.mock.client().create_key()["KeyMetadata"]["KeyId"]

        def test_one(self):
            boto3.client("kms").describe_key(KeyId=self.key_id)

        @mock_kms
        def test_other(self):
            boto3.client("kms").describe_key(KeyId=self.key_id)

    class OtherTests(unittest.TestCase):
        def test_it(self):
            self.assertIsNone(ACTIVE.current)
    """
    )

    result.assert_outcomes(passed=3)


def test_mock_per_test(run_pytest):
    """`setUp` starts a mock with `addCleanup` or, like moto's, `start()` and `stop()`."""
    result = run_pytest(
        """
    import unittest
    import boto3
    from pytest_kmsmock import mock_kms

    class WithStop(unittest.TestCase):
        mock = mock_kms()

        def setUp(self):
            self.mock.start()
            boto3.client("kms").create_key()

        def tearDown(self):
            self.mock.stop()

        def test_one(self):
            self.assertEqual(1, len(boto3.client("kms").list_keys()["Keys"]))

        test_other = test_one

    class WithCleanup(WithStop):
        def setUp(self):
            activation = mock_kms(region_name="eu-west-1")
            activation.start()
            self.addCleanup(activation.stop)
            boto3.client("kms").create_key()

        def tearDown(self):
            pass
    """
    )

    result.assert_outcomes(passed=4)
