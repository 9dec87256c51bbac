"""AWS's own description of KMS, as botocore reads it: the oracle for names and shapes."""

from typing import Final

from botocore.loaders import Loader
from botocore.model import ServiceModel

MODEL: Final = ServiceModel(Loader().load_service_model("kms", "service-2"), "kms")
