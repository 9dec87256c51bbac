"""What is imported on demand is the same for all who ask, whenever they do."""

import subprocess
import sys
import textwrap

import pytest

HEAD = """
    import os, sys, threading
    from unittest.mock import patch

    os.environ.update(
        AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b", AWS_DEFAULT_REGION="eu-west-1"
    )
"""


def run(script: str) -> str:
    """Run a script in a process of its own, where nothing has been imported yet."""
    text = textwrap.dedent(HEAD) + textwrap.dedent(script)
    done = subprocess.run([sys.executable, "-c", text], check=False, capture_output=True, text=True)

    assert "" == done.stderr
    return done.stdout


@pytest.mark.slow
def test_within_other_modules():
    """What was first used within `patch.dict(sys.modules, ...)` works with what comes after it."""
    printed = run("""
    from pytest_kmsmock import mock_kms

    cluster = "cluster-2a23b4cdefg"
    with mock_kms() as mock:
        kms = mock.client()
        with patch.dict(sys.modules, {"absent": None}):
            store = kms.create_custom_key_store(
                CustomKeyStoreName="s",
                CloudHsmClusterId=cluster,
                TrustAnchorCertificate=cluster,
                KeyStorePassword="password1",
            )["CustomKeyStoreId"]
            kms.connect_custom_key_store(CustomKeyStoreId=store)
            signer = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]
            kms.sign(KeyId=signer["KeyId"], Message=b"m", SigningAlgorithm="RSASSA_PSS_SHA_256")
        mock.clock.advance(days=1)
        kms.create_key(Origin="AWS_CLOUDHSM", CustomKeyStoreId=store)
        kms.generate_random(NumberOfBytes=1, CustomKeyStoreId=store)
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        kms.generate_data_key_pair(KeyId=key, KeyPairSpec="RSA_2048")
        print("fine")
    """)

    assert "fine\n" == printed


@pytest.mark.slow
def test_while_another_thread_imports():
    """A thread waits for the whole of a family that another is importing."""
    printed = run("""
    from pytest_kmsmock import mock_kms
    from pytest_kmsmock._kms.rules import operation as rules

    with mock_kms() as mock:
        kms, register = mock.client(), rules.operation
        half, go = threading.Event(), threading.Event()

        def operation(name, *uses, **others):
            def register_and_wait(perform):
                register(name, *uses)(perform)
                half.set()
                go.wait(0.2)  # what comes after it in the module is not there yet
                return perform
            return register_and_wait

        rules.operation = operation
        threads = [threading.Thread(target=kms.create_key) for _ in range(2)]
        threads[0].start()
        half.wait(10)
        threads[1].start()
        for thread in threads:
            thread.join()
        print(len(kms.list_keys()["Keys"]))
    """)

    assert "2\n" == printed


@pytest.mark.slow
def test_import_that_is_interrupted():
    """A family whose import is interrupted, anywhere, is imported when it is next needed."""
    printed = run("""
    from pytest_kmsmock import mock_kms

    class Interruption(BaseException):
        pass

    def interrupt(left):
        def trace(frame, event, argument):
            nonlocal left
            name = frame.f_code.co_filename
            if event == "line" and name.endswith(("rotation.py", "operation.py")):
                left -= 1
                if not left:
                    raise Interruption
            return trace
        return trace

    interrupted = 0
    with mock_kms() as mock:
        kms = mock.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        for step in range(1, 1000):
            sys.settrace(interrupt(step))
            try:
                kms.enable_key_rotation(KeyId=key)
                break
            except Interruption:
                interrupted += 1
            finally:
                sys.settrace(None)
        print(interrupted > 100, kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
    """)

    assert "True True\n" == printed


@pytest.mark.slow
def test_import_that_fails_while_another_thread_imports():
    """A module that could not be imported does not come back half-done."""
    printed = run("""
    from pytest_kmsmock import mock_kms
    from pytest_kmsmock._kms.rules import operation as rules

    class Interruption(BaseException):
        pass

    half, go = threading.Event(), threading.Event()
    register = rules.operation

    def operation(name, *uses, **others):
        if name == "EnableKeyRotation":
            half.set()
            go.wait(10)
            raise Interruption
        return register(name, *uses, **others)

    def enable():
        try:
            kms.enable_key_rotation(KeyId=key)
        except Interruption:
            pass

    with mock_kms() as mock:
        kms = mock.client()
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        rules.operation = operation
        thread = threading.Thread(target=enable)
        thread.start()
        half.wait(10)
        with mock_kms() as other:  # for calls of one mock wait for each other
            other.client().list_aliases()  # imports another family meanwhile
        go.set()
        thread.join()
        rules.operation = register
        kms.enable_key_rotation(KeyId=key)
        print(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
    """)

    assert "True\n" == printed


@pytest.mark.slow
def test_moto_that_comes_late():
    """Moto leaves a call of ours alone also if it is imported after the client was made."""
    printed = run("""
    from pytest_kmsmock import mock_kms
    import botocore.session

    client = botocore.session.get_session().create_client("kms")
    from moto import mock_aws
    from moto.core import patch_client
    from moto.kms.models import kms_backends

    with mock_aws():
        patch_client(client)
        with mock_kms(wire=True):
            client.create_key()
        regions = [region for account in kms_backends.values() for region in account.values()]
        print([len(region.keys) for region in regions if region.keys])
    """)

    assert "[]\n" == printed


@pytest.mark.slow
def test_first_call_within_patches():
    """The first call of a process reads no file that a test might have patched away."""
    printed = run("""
    from pytest_kmsmock import mock_kms

    files = [patch(f"os.path.{name}") for name in ("isfile", "isdir", "exists")]
    with mock_kms() as mock:
        kms = mock.client()
        with files[0], files[1], files[2], patch("json.loads"), patch("builtins.open"):
            print(kms.create_key()["KeyMetadata"]["Arn"].rpartition(":")[0])
    """)

    assert "arn:aws:kms:eu-west-1:123456789012\n" == printed
