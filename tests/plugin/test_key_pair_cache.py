"""RSA key pairs in pytest's cache: the next run has them, unless it is told otherwise."""

import hashlib
import os
from collections import Counter, defaultdict, deque
from dataclasses import dataclass

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import pytest_kmsmock._kms.crypto.seeded  # noqa: F401 - see run_pytest
from pytest_kmsmock._kms.crypto.key_pair_files import KeyPairFiles
from pytest_kmsmock._kms.crypto.pool import POOL
from pytest_kmsmock.plugin import KEY_PAIRS
from tests.plugin.conftest import INI, OPTIONS

WITH_CACHE = tuple(option for option in OPTIONS if option != "-pno:cacheprovider")

# Two keys that live at the same time, and who has them.
SHOW = """
    import hashlib, os

    def test_it(kms):
        for _ in range(2):
            key = kms.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
            public = hashlib.sha256(kms.get_public_key(KeyId=key)["PublicKey"]).hexdigest()
            print("shown:", os.environ.get("PYTEST_XDIST_WORKER"), public)
"""


@dataclass(frozen=True)
class Run:
    result: pytest.RunResult
    made: int  # how many pairs
    shown: list[list[str]]  # worker, public key

    @property
    def public_keys(self):
        return {public_key for _, public_key in self.shown}


class EndOfProcess:
    """Lets go of what a run has leased, as the end of its process does."""

    def pytest_unconfigure(self, config):
        if KEY_PAIRS in config.stash:
            let_go(config.stash[KEY_PAIRS])


@pytest.fixture
def new_pairs():
    """Pairs that count as made when they are asked for, so that nobody waits for them."""
    pairs = [POOL.lease(2048) for _ in range(4)]
    yield iter(pairs)
    POOL.give_back(pairs)


@pytest.fixture
def run(pytester, monkeypatch, new_pairs):
    """Run a module as a process of its own would, which has made no pair yet."""

    def run(*options, module=SHOW, ini=""):
        made = []

        def make(bits):
            made.append(bits)
            return next(new_pairs)

        pytester.makeini(INI.format(lines=ini))
        pytester.makepyfile(module)
        with monkeypatch.context() as patched:
            patched.setattr(POOL, "generate", make)
            patched.setattr(POOL, "_free", defaultdict(deque))
            result = pytester.runpytest_inprocess(
                *WITH_CACHE, "-rP", *options, plugins=[EndOfProcess()]
            )
        shown = [line.split()[1:] for line in result.outlines if line.startswith("shown: ")]
        return Run(result, len(made), shown)

    return run


@pytest.fixture
def folder(pytester):
    return pytester.path / ".pytest_cache/d/kmsmock/key-pairs"


@pytest.fixture
def keep(folder, new_pairs):
    """Keep as many pairs as an earlier run would have, and return their public keys."""

    def keep(count):
        folder.parent.mkdir(parents=True)
        files = KeyPairFiles(lambda: folder.parent)
        pairs = [next(new_pairs) for _ in range(count)]
        for pair in pairs:
            files.keep(pair)
        let_go(files)
        return {*map(show, pairs)}

    return keep


def let_go(files):
    """Do what the end of a process does."""
    while files.leased:
        os.close(files.leased.pop())


def show(pair):
    public = pair.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(public).hexdigest()


def test_second_run(run):
    """The keys of a second run have the pairs of the first, and none is made."""
    first, second = run(), run()

    assert (2, 0) == (first.made, second.made)
    assert first.public_keys == second.public_keys
    assert 2 == len(first.public_keys)


@pytest.mark.sweep(5)
@pytest.mark.parametrize(
    ("options", "ini", "left"),
    [
        (("--cache-clear",), "", 2),
        (("-pno:cacheprovider",), "", 1),
        ((), "kmsmock_cache_key_pairs = false", 1),
        ((), "kmsmock_reuse_key_pairs = false", 1),
    ],
    ids=["cache-clear", "no cacheprovider", "off", "no reuse"],
)
def test_run_without(run, keep, folder, options, ini, left):
    """A run without the cache, or with an empty one, makes its own pairs and says nothing."""
    kept = keep(1)

    without = run(*options, ini=ini)

    without.result.assert_outcomes(passed=1)
    assert 2 == without.made
    assert set() == kept & without.public_keys
    assert left == len([*folder.glob("rsa-*")])


def test_nothing_to_keep(run, folder):
    """A run that makes no RSA pair leaves nothing: keys that are not used, or that a test gives."""
    idle = run(
        module="""
    from cryptography.hazmat.primitives.asymmetric import rsa

    def test_it(kms, kms_mock):
        pair = rsa.generate_private_key(65537, 2048)
        key = kms_mock.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY", material=pair)
        kms.get_public_key(KeyId=key.arn)
        kms.create_key(KeySpec="RSA_4096", KeyUsage="SIGN_VERIFY")
    """
    )

    idle.result.assert_outcomes(passed=1)
    assert not folder.parent.exists()


# --- trouble ----------------------------------------------------------------------------------


def damage(folder):
    path = folder / "rsa-2048-00"
    path.write_bytes(path.read_bytes()[:-1])
    return f"{path} was damaged, and a new pair takes its place"


def open_to_others(folder):
    folder.chmod(0o755)
    return f"{folder} is not private: see its owner and its permissions"


@pytest.mark.sweep(5)
@pytest.mark.parametrize("action", ["default", "error"])
@pytest.mark.parametrize("spoil", [damage, open_to_others])
def test_trouble(run, keep, folder, spoil, action):
    """A cache that is of no use is one warning, also where warnings are errors, and no failure."""
    keep(1)
    problem = spoil(folder)

    spoilt = run(f"-W{action}::pytest.PytestCacheWarning")

    spoilt.result.assert_outcomes(passed=1, warnings=1)
    told = [line.partition("PytestCacheWarning: ")[2] for line in spoilt.result.outlines]
    assert [
        f"RSA key pairs that kmsmock keeps for the next run: {problem}"
        " (kmsmock_cache_key_pairs = false turns this off)"
    ] == [*filter(None, told)]


def test_trouble_that_is_ignored(run, keep, folder):
    """A suite may silence the warning, as it does pytest's own about its cache."""
    keep(1)
    open_to_others(folder)

    run("-Wignore::pytest.PytestCacheWarning").result.assert_outcomes(passed=1, warnings=0)


@pytest.mark.slow
def test_workers(run, keep, folder):
    """Workers of pytest-xdist have different pairs of those there are; trouble is told once."""
    kept = keep(4)
    damage(folder)

    workers = run("-pxdist", "--tx=2*popen", "--dist=each")

    workers.result.assert_outcomes(passed=2, warnings=1)
    assert {"gw0": 2, "gw1": 2} == Counter(worker for worker, _ in workers.shown)
    assert (4, 3) == (len(workers.public_keys), len(kept & workers.public_keys))
