"""The types of botocore's KMS client, from whichever of the two packages of stubs is installed."""

# To a type checker each name that is imported from a missing module is Any. A star brings none, and
# so leaves the names to the second. Without either package a client is Any, as botocore has it.
try:
    from types_boto3_kms.client import *
    from types_boto3_kms.type_defs import *
except ImportError:
    from mypy_boto3_kms.client import *
    from mypy_boto3_kms.type_defs import *
