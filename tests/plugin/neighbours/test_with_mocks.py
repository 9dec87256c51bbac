"""Beside mocks of other things: moto for other services, responses for other hosts."""

import moto.s3.models  # noqa: F401 - see run_pytest
import pytest
import requests  # noqa: F401 - see run_pytest
import responses  # noqa: F401 - see run_pytest

MOTO = """
    import unittest
    import boto3, pytest
    from moto import mock_aws
    from moto.backends import get_backend
    from pytest_kmsmock import mock_kms

    s3 = boto3.client("s3", "eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")

    def count():
        '''Make a bucket and a key; count buckets, listed keys, and keys in moto's own KMS.'''
        s3.create_bucket(
            Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
        )
        kms = boto3.client("kms", region_name="eu-west-1")
        kms.create_key()
        motos = get_backend("kms")["123456789012"]["eu-west-1"].keys
        return len(s3.list_buckets()["Buckets"]), len(kms.list_keys()["Keys"]), len(motos)

    OURS, MOTOS = (1, 1, 0), (1, 1, 1)
"""


@pytest.mark.slow
def test_moto_in_functions(run_pytest):
    """In one test moto serves S3 and we serve KMS, in whatever order both are asked for."""
    result = run_pytest(
        MOTO
        + """
    @pytest.fixture
    def aws():
        with mock_aws():
            yield

    @mock_aws
    @mock_kms
    def test_moto_around_us():
        assert OURS == count()

    @mock_kms
    @mock_aws
    def test_moto_inside_us():
        assert OURS == count()

    @mock_aws
    def test_moto_around_our_fixture(kms):
        assert OURS == count()

    def test_fixture_of_moto_first(aws, kms):
        assert OURS == count()

    def test_fixture_of_moto_last(kms, aws):
        assert OURS == count()

    @pytest.mark.kms(wire=True)
    def test_marker(aws):
        assert OURS == count()

    @mock_aws
    def test_without_us():
        assert MOTOS == count()
    """
    )

    result.assert_outcomes(passed=7)


@pytest.mark.slow
def test_moto_in_classes(run_pytest):
    """Both decorate one class, in either order; each of its tests has both afresh."""
    result = run_pytest(
        MOTO
        + """
    @mock_aws
    @mock_kms
    class TestMotoAroundUs:
        def setup_method(self, method):
            self.counted = count()

        def test_one(self):
            assert OURS == self.counted

        test_other = test_one

    @mock_kms
    @mock_aws
    class TestMotoInsideUs(TestMotoAroundUs):
        pass

    @mock_aws
    @mock_kms
    class CaseMotoAroundUs(unittest.TestCase):
        def setUp(self):
            self.counted = count()

        def test_one(self):
            assert OURS == self.counted

        test_other = test_one

    @mock_kms
    @mock_aws
    class CaseMotoInsideUs(CaseMotoAroundUs):
        pass
    """
    )

    result.assert_outcomes(passed=8)


def test_objects_in_moto_under_our_key(run_pytest):
    """An object in moto's S3 may name a key of ours: moto does not look for it in its own KMS."""
    result = run_pytest(
        """
    import boto3
    from moto import mock_aws

    @mock_aws
    def test_it(kms):
        key_arn = kms.create_key()["KeyMetadata"]["Arn"]
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="bucket")
        s3.put_object(
            Bucket="bucket",
            Key="object",
            Body=b"x",
            ServerSideEncryption="aws:kms",
            SSEKMSKeyId=key_arn,
        )
        assert key_arn == s3.head_object(Bucket="bucket", Key="object")["SSEKMSKeyId"]
    """
    )

    result.assert_outcomes(passed=1)


def test_responses(run_pytest):
    """`responses` answers requests to other hosts, sees none of ours, and refuses the rest."""
    result = run_pytest(
        """
    import boto3, pytest, requests, responses
    from moto import mock_aws
    from pytest_kmsmock import mock_kms

    def use_both():
        responses.get("https://example.com/", json={"a": 1})
        boto3.client("kms").create_key()
        assert {"a": 1} == requests.get("https://example.com/").json()
        assert 1 == len(responses.calls)
        with pytest.raises(requests.ConnectionError):
            requests.get("https://example.com/other")

    @responses.activate
    def test_fixture(kms):
        use_both()

    @mock_kms(wire=True)
    @responses.activate(assert_all_requests_are_fired=True)
    def test_inside_us():
        use_both()

    @responses.activate
    @mock_kms
    def test_around_us():
        use_both()
    """
    )

    result.assert_outcomes(passed=3)
