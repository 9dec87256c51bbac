"""The workbench: what a test does with a mock besides calling KMS, a line per subject."""

from pytest_kmsmock.workbench.calls.offer import OffersCalls
from pytest_kmsmock.workbench.faults.offer import OffersFaults
from pytest_kmsmock.workbench.key_stores.offer import OffersKeyStores
from pytest_kmsmock.workbench.keys.offer import OffersKeys
from pytest_kmsmock.workbench.principals.offer import OffersPrincipals
from pytest_kmsmock.workbench.refusals.offer import OffersRefusals


class Workbench(
    OffersKeys, OffersKeyStores, OffersPrincipals, OffersCalls, OffersFaults, OffersRefusals
):
    """The part of `KmsMock` for which AWS has no call."""
