"""What a client gets against what botocore's own parser makes of an answer."""

import copy
import time
from datetime import datetime

import botocore.session
import pytest
from botocore.model import ServiceModel
from botocore.parsers import create_parser
from botocore.utils import parse_timestamp
from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_kmsmock._kms.errors import KmsError
from pytest_kmsmock._kms.wire import clients, codec, http
from tests.conformance.service_model import DESCRIPTION, MODEL, restore
from tests.unit.wire.shapes import values_of

SESSION = botocore.session.Session()


def make_older():
    """Make a model that lacks every other member, every tenth answer, and an error."""
    document = restore(copy.deepcopy(DESCRIPTION))
    for name, shape in document["shapes"].items():
        if shape["type"] == "structure" and not name.endswith("Request"):
            kept = list(shape["members"].items())[::-2]
            shape["members"] = dict(kept)
    for operation in list(document["operations"].values())[::10]:
        operation.pop("output", None)
    del document["shapes"]["DisabledException"]
    for operation in document["operations"].values():
        operation["errors"] = [
            error for error in operation["errors"] if error["shape"] != "DisabledException"
        ]
    return document


OLDER = make_older()
TODAY = restore(DESCRIPTION)
DOCUMENTS = {"today": TODAY, "older": OLDER}


def parse_as_botocore(document, operation_name, body):
    """Read an answer with the parser of a client that has *document*."""
    shape = ServiceModel(document, "kms").operation_model(operation_name).output_shape
    parsed = create_parser("json").parse({"headers": {}, "status_code": 200, "body": body}, shape)
    del parsed["ResponseMetadata"]
    return parsed


@pytest.mark.sweep(7)
@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize("name", MODEL.operation_names)
@given(data=st.data())
@settings(max_examples=10, deadline=None)
def test_see(document, name, data):
    """A client gets the members that its own model knows, in its order, as over the network."""
    shape = MODEL.operation_model(name).output_shape
    response = data.draw(values_of(shape, absent=st.none())) if shape else {}

    seen = clients.ClientModel(document).see(name, codec.to_client(name, response))

    assert repr(parse_as_botocore(document, name, codec.encode(name, response))) == repr(seen)


@pytest.mark.parametrize("name", MODEL.operation_names)
def test_see_everything(name):
    """A client whose model knows everything gets the answer as it is, without a copy."""
    answer = {}

    assert answer is clients.ClientModel(TODAY).see(name, answer)


@pytest.mark.parametrize("document", DOCUMENTS.values(), ids=DOCUMENTS)
@pytest.mark.parametrize(
    "error",
    [
        KmsError("DisabledException", "key is disabled."),
        KmsError("NotFoundException", "no such key"),
        KmsError("InvalidCiphertextException"),
        KmsError("ValidationException", "1 validation error"),
    ],
    ids=lambda error: error.code,
)
def test_see_error(document, error):
    """An error that the client's model knows has its message at the top level too."""
    model = ServiceModel(document, "kms")
    response = {"headers": {}, "status_code": 400, "body": http.error_body(error)}
    parser = create_parser("json")
    parsed = parser.parse(response, None)
    if (shape := model.shape_for_error_code(error.code)) is not None:
        parsed.update(parser.parse(response, shape))
    answer = http.parsed_error(error, parsed["ResponseMetadata"])

    assert list(parsed.items()) == list(clients.ClientModel(document).see_error(answer).items())


def test_timestamp():
    """A moment reaches the client as botocore's parser gives it, zone included."""
    assert repr(parse_timestamp(1551129207.775)) == repr(clients.timestamp(1551129207.775))


# A zone, and moments at which its clocks showed another time than today's offset says.
ZONES = {
    "Europe/Moscow": ["2012-07-01", "2026-11-28"],
    "America/Sao_Paulo": ["2018-12-15", "2026-01-15"],
    "Asia/Pyongyang": ["2016-01-01"],
    "Asia/Almaty": ["2024-01-01", "2025-01-01"],
    "Europe/Istanbul": ["2015-12-01", "2018-07-01"],
    "Africa/Casablanca": ["2027-02-20", "2027-06-01"],
    "Asia/Kolkata": ["1970-01-01", "2024-01-01"],
    "Pacific/Apia": ["2011-12-01", "2024-07-01"],
    "Europe/Berlin": ["2024-01-01", "2024-07-01"],
    "UTC": ["2024-01-01"],
}


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="Windows has no other zone to try")
@pytest.mark.parametrize(
    ("zone", "day"), [(zone, day) for zone, days in ZONES.items() for day in days]
)
def test_timestamp_in_a_zone(monkeypatch, zone, day):
    """So it does in zones whose offset changed, whatever it is now."""
    moment = datetime.fromisoformat(f"{day}T12:00:00.775+00:00")
    with monkeypatch.context() as patch:
        patch.setenv("TZ", zone)
        time.tzset()
        clients._local_zone.cache_clear()
        expected = parse_timestamp(moment.timestamp())
        found = clients.timestamp(moment.timestamp())
        shown = [
            (each == moment, each.replace(tzinfo=None), each.utcoffset(), each.tzname())
            for each in (expected, found)
        ]
    time.tzset()
    clients._local_zone.cache_clear()

    assert shown[0] == shown[1]
    assert shown[0][0]


@pytest.mark.parametrize("partition", SESSION.get_available_partitions())
def test_installed_regions(partition):
    """The installed botocore's Regions of a partition are all where it has an endpoint of KMS."""
    found = clients.installed_regions(partition)

    assert set() == set(SESSION.get_available_regions("kms", partition)) - found
    assert set() == {region for region in found if region.endswith("-global")}


def test_installed_regions_unknown():
    """A partition that is newer than the installed botocore has none there."""
    assert frozenset() == clients.installed_regions("aws-mars")
