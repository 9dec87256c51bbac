"""Examples in documents: doctest and Sybil, with a KMS per example, document or namespace."""


def test_doctest(run_pytest, pytester):
    """A doctest reaches the fixtures by `getfixture`, or finds `kms` in its namespace."""
    pytester.maketxtfile(
        example="""
    >>> getfixture("kms_mock").account_id
    '123456789012'
    >>> kms.create_key()["KeyMetadata"]["KeyState"]
    'Enabled'
    >>> len(kms.list_keys()["Keys"])
    1
    """
    )
    pytester.makeconftest(
        """
    import pytest

    @pytest.fixture(autouse=True)
    def _kms_in_doctests(doctest_namespace, kms):
        doctest_namespace["kms"] = kms
    """
    )
    result = run_pytest(
        '''
    def function():
        """
        >>> len(kms.list_keys()["Keys"])
        0
        """

    def function_with_fixture():
        """
        >>> kms_mock = getfixture("kms_mock")
        >>> kms_mock.client() is kms
        True
        """
    ''',
        "--doctest-modules",
        "--doctest-glob=*.txt",
    )

    result.assert_outcomes(passed=3)


DOCUMENT = """
A document
==========

>>> kms.create_key()["KeyMetadata"]["KeyState"]
'Enabled'

.. code-block:: python

    kms.create_key()

>>> len(kms.list_keys()["Keys"])
{keys}
"""


def test_sybil_with_a_fixture(run_pytest, pytester):
    """The fixture `kms` of a document in Sybil is a fresh one for each example."""
    pytester.makefile(".rst", example=DOCUMENT.format(keys=0))
    pytester.makeconftest(
        """
    from sybil import Sybil
    from sybil.parsers.rest import DocTestParser, PythonCodeBlockParser

    parsers = [DocTestParser(), PythonCodeBlockParser()]
    pytest_collect_file = Sybil(parsers=parsers, patterns=["*.rst"], fixtures=["kms"]).pytest()
    """
    )
    result = run_pytest("", "-pno:doctest")

    result.assert_outcomes(passed=3)


def test_sybil_with_a_mock_per_document(run_pytest, pytester):
    """With `setup` and `teardown` each document in Sybil has one KMS for all its examples."""
    for name in ("one", "other"):
        pytester.makefile(".rst", **{name: DOCUMENT.format(keys=2)})
    pytester.makeconftest(
        """
    from pytest_kmsmock import mock_kms
    from sybil import Sybil
    from sybil.parsers.rest import DocTestParser, PythonCodeBlockParser

    activation = mock_kms()

    pytest_collect_file = Sybil(
        parsers=[DocTestParser(), PythonCodeBlockParser()],
        patterns=["*.rst"],
        setup=lambda namespace: namespace.update(kms=activation.start().client()),
        teardown=lambda namespace: activation.stop(),
    ).pytest()
    """
    )
    result = run_pytest("", "-pno:doctest")

    result.assert_outcomes(passed=6)
