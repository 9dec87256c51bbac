"""What is known about an error beyond AWS's words: a row for each kind, and what to do then."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, TypeAlias

from pytest_kmsmock._kms.access.forms import find_mistake
from pytest_kmsmock._kms.crypto.errors import MalformedCiphertext
from pytest_kmsmock._kms.domain.identifiers import ALIAS_PREFIX, is_alias, read_arn
from pytest_kmsmock._kms.domain.sealing import material_id_in
from pytest_kmsmock.story.past import Past, Remains, keys_in

if TYPE_CHECKING:
    from pytest_kmsmock._kms.domain.aliases import Alias
    from pytest_kmsmock._kms.domain.keys import Key
    from pytest_kmsmock._kms.domain.world import World
    from pytest_kmsmock.workbench.calls.record import Call

Row: TypeAlias = "Callable[[Case], str | None]"

# The members of requests that name a key or an alias.
IDENTIFIERS: Final = (
    "KeyId",
    "SourceKeyId",
    "DestinationKeyId",
    "TargetKeyId",
    "AliasName",
    "KeyIdentifier",
)
# The members of answers that hold a ciphertext, and the context under which it was made.
CIPHERTEXTS: Final = ("CiphertextBlob", "PrivateKeyCiphertextBlob")
MADE_UNDER: Final = {"ReEncrypt": "DestinationEncryptionContext"}
OPENED_UNDER: Final = {"ReEncrypt": "SourceEncryptionContext"}
CONTEXT: Final = "EncryptionContext"

# How the standard library hands on an exception of another process, and what botocore and other
# clients say where nobody has answered.
REMOTE: Final = ("RemoteTraceback", "_RemoteTraceback")
NOBODY_ANSWERED: Final = ("EndpointConnectionError", "NoCredentialsError", "NoRegionError")
UNSERVED: Final = (
    "NoCredentialsError",
    "Unable to locate credentials",
    'Could not connect to the endpoint URL: "https://kms.',
)

NEW_MOCK: Final = "each mock starts empty"
TAKEN: Final = {
    "reset": ", with everything else. Create it after reset().",
    "restore": (
        ", which is not in the snapshot. Create it before the snapshot is taken, or after "
        "restore()."
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """
    A call that failed, and all that may explain it.

    *calls* are those of its mock up to now. *secrets* says whether values may be shown that are the
    user's own, such as those of an encryption context.
    """

    call: "Call"
    calls: "Sequence[Call]"
    world: "World"
    past: Past | None
    mock: object
    secrets: bool = False

    @property
    def code(self) -> str:
        return "" if self.call.error is None else self.call.error.code

    @property
    def identifiers(self) -> list[str]:
        """What the request names: key ids, ARNs and aliases."""
        given = [self.call.parameters.get(name) for name in IDENTIFIERS]
        return [name for name in given if isinstance(name, str)]

    @property
    def ciphertext(self) -> bytes | None:
        blob = self.call.parameters.get("CiphertextBlob")
        return blob if isinstance(blob, bytes) else None

    def succeeded(self, *operations: str) -> "Iterator[Call]":
        """Yield the calls of these operations that KMS has granted, the latest first."""
        for call in reversed(self.calls):
            if call.operation in operations and call.error is None:
                yield call


def explain(case: Case) -> list[str]:
    """Return what is known about a call that failed, a sentence or two for each thing."""
    return [note for row in ROWS if (note := row(case)) is not None]


def explain_other_process(exception: BaseException) -> str | None:
    """Say of an error that another process has met why no mock answered there."""
    output = output_of(exception)
    is_from_elsewhere = type(exception.__cause__).__name__ in REMOTE
    if not (is_from_elsewhere or any(word in output for word in UNSERVED)):
        return None
    if output and not is_from_elsewhere:
        what = "The process that the test has started asked AWS, for no mock answers there"
    elif type(exception).__name__ in NOBODY_ANSWERED:
        what = "Another process has raised this, where no mock answers"
    elif isinstance(getattr(exception, "response", None), dict):
        what = "Another process has raised this: a forked one works on a copy of this mock"
    else:
        return None
    return (
        f'{what}. With kmsmock_children = serve (or mock_kms(children="serve")) the processes '
        "that a test starts find its KMS."
    )


def output_of(exception: BaseException) -> str:
    """Return what a process has printed, if that is what the exception is about."""
    texts = [getattr(exception, name, None) for name in ("stderr", "output")]
    return "\n".join(
        text.decode(errors="replace") if isinstance(text, bytes) else text
        for text in texts
        if isinstance(text, (bytes, str))
    )


def planned_fault(case: Case) -> str | None:
    if case.call.planned is None:
        return None
    return (
        f"The test has planned this failure: {case.call.planned}. If it should not hit this call, "
        "limit it with times=, after= or when=, or cancel() it."
    )


def denial(case: Case) -> str | None:
    decision = case.call.decision
    if case.code != "AccessDeniedException" or decision is None or decision.allowed:
        return None
    if decision.resource == "*" and any(
        row(case) for row in (foreign_ciphertext, missing_key, missing_alias, alias_without_prefix)
    ):
        return None  # nothing to decide about: they know where it is
    return decision.explain()


def foreign_ciphertext(case: Case) -> str | None:
    """A ciphertext of another Region, another account, another mock, or of a deleted key."""
    if case.ciphertext is None or case.code not in (
        "AccessDeniedException",
        "InvalidCiphertextException",
        "IncorrectKeyException",
        "NotFoundException",
    ):
        return None
    try:
        material_id = material_id_in(case.ciphertext)
    except MalformedCiphertext:
        return malformed_ciphertext(case)
    found = case.world.materials.get(material_id)
    if found is not None:
        return ciphertext_from_elsewhere(case, list(found[0].members.values()))
    ended = past_of(case).of_material(material_id)
    if ended is not None and ended[0].was_taken_from(case.mock):
        taken = taken_away("the key material", ended[0])
        return f"The ciphertext was made under {ended[1]}. {taken}"
    maker = maker_of(case)
    if maker is not None:
        return (
            f"The ciphertext was made by {maker.summarise()} under {maker.key_arn}, whose material "
            "is gone since: data under a deleted key can't be decrypted any more."
        )
    if ended is not None:
        return (
            f"The ciphertext was made under {ended[1]} in an earlier mock{of_test(ended[0])}, and "
            f"{NEW_MOCK}. Make the ciphertext in this test, or give both mocks the same key: "
            "kms_mock.create_key(key_id=..., material=...)."
        )
    return (
        "No key of this mock made the ciphertext, nor did one of an earlier mock of this run. If "
        "it is AWS's own, make it known: kms_mock.register_ciphertext(blob, plaintext, key=...)."
    )


def malformed_ciphertext(case: Case) -> str | None:
    if case.code != "InvalidCiphertextException":
        return None
    for call in case.succeeded("Encrypt", "GenerateDataKey", "ReEncrypt"):
        blob = (call.response or {}).get("CiphertextBlob", b"")
        given = case.ciphertext or b""
        if blob and (blob.startswith(given) or given.startswith(blob)):
            return (
                f"The ciphertext has {len(given)} bytes; the one that {call.summarise()} returned "
                f"begins alike and has {len(blob)}. Was it cut or padded on its way?"
            )
    return "The ciphertext does not have the form of one that KMS has made. Was it encoded twice?"


def ciphertext_from_elsewhere(case: Case, keys: "list[Key]") -> str | None:
    if not keys or any(is_here(case, key) for key in keys):
        return None
    key = keys[0]
    if key.family.account_id != case.call.account_id:
        return (
            f"The ciphertext was made under {key.arn}, a key of account {key.family.account_id}; "
            f"the caller is of {case.call.account_id}. Name the key by its ARN, and let its policy "
            "and the caller's own allow the use across accounts."
        )
    regions = " and ".join(sorted(key.region for key in keys))
    return (
        f"The ciphertext was made under {key.arn} in {regions}; this client asks "
        f"{case.call.region}. Make the client in the key's Region, or replicate a multi-Region key."
    )


def missing_key(case: Case) -> str | None:
    """A key that is elsewhere, was deleted, or was of an earlier mock."""
    if case.code not in ("NotFoundException", "AccessDeniedException"):
        return None
    for identifier in case.identifiers:
        key_id = key_id_in(identifier)
        if key_id is None:
            continue
        keys = [key for key in keys_in(case.world) if key.key_id == key_id]
        if any(is_here(case, key) for key in keys):
            continue
        if keys:
            return elsewhere(case, f"The key {key_id}", keys[0].arn)
        ended = past_of(case).of_key(key_id)
        if ended is not None and ended[0].was_taken_from(case.mock):
            return taken_away(f"the key {key_id}", ended[0])
        deletion = deletion_of(case, key_id)
        if deletion is not None:
            date = (deletion.response or {}).get("DeletionDate")
            return (
                f"The key {key_id} was deleted: {deletion.summarise()} set that for {say(date)}, "
                f"and the mock's clock is at {say(case.world.clock.now())}. CancelKeyDeletion "
                "keeps a key until then; afterwards create another."
            )
        if ended is not None:
            return (
                f"The key {key_id} was made in an earlier mock{of_test(ended[0])}, and {NEW_MOCK}. "
                "Create the key in this test or in a fixture of its scope; a key that all tests "
                "share belongs to a mock of wider scope, or to the ini option kmsmock_seed_file."
            )
    return None


def missing_alias(case: Case) -> str | None:
    """An alias that is elsewhere, was deleted, was of an earlier mock, or is misspelt."""
    if case.code not in ("NotFoundException", "AccessDeniedException"):
        return None
    for identifier in case.identifiers:
        name = alias_in(identifier)
        if name is None:
            continue
        aliases = list(aliases_named(case.world, name))
        if any(arn_is_here(case, alias.arn) for alias in aliases):
            continue
        if aliases:
            return elsewhere(case, f"The alias {name}", aliases[0].arn)
        ended = past_of(case).of_alias(name)
        if ended is not None and ended[0].was_taken_from(case.mock):
            return taken_away(f"the alias {name}", ended[0])
        for call in case.succeeded("DeleteAlias"):
            if call.parameters.get("AliasName") == name:
                return (
                    f"The alias {name} was deleted at {say(call.time)} by {call.summarise()}. "
                    "Create it again with CreateAlias."
                )
        misspelt = misspelt_alias(case, name)
        if ended is not None:
            first = "" if misspelt is None else f"{misspelt} "
            return (
                f"{first}The alias {name} was made in an earlier mock{of_test(ended[0])}, and "
                f"{NEW_MOCK}. Create it in this test or in a fixture: "
                "kms_mock.create_key(alias=...)."
            )
        return misspelt or unknown_alias(case, name)
    return None


def misspelt_alias(case: Case, name: str) -> str | None:
    near = get_close_matches(name, names_here(case), n=1)
    return f"There is no alias {name} here, but {near[0]}: was that meant?" if near else None


def alias_without_prefix(case: Case) -> str | None:
    """The name of an alias that is given as if it was a key's id."""
    if case.code not in ("NotFoundException", "AccessDeniedException"):
        return None
    here = names_here(case)
    for member in IDENTIFIERS:
        name = f"{ALIAS_PREFIX}{case.call.parameters.get(member, '')}"
        if name in here:
            return f"There is an alias {name}: name it {member}={name!r}."
    return None


def unknown_alias(case: Case, name: str) -> str:
    here = names_here(case)
    has = f"the aliases {', '.join(here[:5])}" if here else "no alias"
    more = f" and {len(here) - 5} more" if len(here) > 5 else ""
    return (
        f"{case.call.region} of this mock has {has}{more}. Create the alias in the test or in a "
        f"fixture: kms_mock.create_key(alias={name!r})."
    )


def deletion_of(case: Case, key_id: str) -> "Call | None":
    for call in case.succeeded("ScheduleKeyDeletion"):
        if key_id in (call.parameters.get("KeyId", ""), key_id_in(call.key_arn or "")):
            return call
    return None


def key_state(case: Case) -> str | None:
    """A key that is disabled, pending deletion, or without its material, and which call did it."""
    if case.code not in ("DisabledException", "KMSInvalidStateException"):
        return None
    key = key_of(case)
    if key is None:
        return None
    match key.state:
        case "PendingDeletion" | "PendingReplicaDeletion":
            call = deletion_of(case, key.key_id)
            by = "" if call is None else f" since {call.summarise()} at {say(call.time)}"
            return (
                f"The key {key.key_id} is {key.state}{by}, and will be deleted at "
                f"{say(key.deletion_date)}. CancelKeyDeletion, then "
                "EnableKey, make it usable."
            )
        case "Disabled":
            call = next(
                (call for call in case.succeeded("DisableKey") if call.key_arn == key.arn), None
            )
            by = "" if call is None else f" since {call.summarise()} at {say(call.time)}"
            return f"The key {key.key_id} is Disabled{by}. EnableKey makes it usable."
        case "PendingImport":
            return without_material(case, key)
        case _:
            return None


def without_material(case: Case, key: "Key") -> str:
    for call in case.succeeded("ImportKeyMaterial"):
        valid_to = call.parameters.get("ValidTo")
        if call.key_arn == key.arn and valid_to is not None:
            now = case.world.clock.now()
            return (
                f"The imported material of {key.key_id} expired: {call.operation} at "
                f"{say(call.time)} gave it ValidTo {say(valid_to)}, and the mock's clock is at "
                f"{say(now)}. Import it again, "
                "or give it a later date or none (ExpirationModel KEY_MATERIAL_DOES_NOT_EXPIRE)."
            )
    return (
        f"The key {key.key_id} has no material yet: import some, or let the mock do so with "
        "kms_mock.create_key(material=...)."
    )


def other_context(case: Case) -> str | None:
    """A ciphertext whose encryption context was another one: in which pairs."""
    if case.code != "InvalidCiphertextException" or case.ciphertext is None:
        return None
    maker = maker_of(case)
    if maker is None:
        return None
    made = maker.parameters.get(MADE_UNDER.get(maker.operation, CONTEXT)) or {}
    given = case.call.parameters.get(OPENED_UNDER.get(case.call.operation, CONTEXT)) or {}
    differences = [*compare(made, given, secrets=case.secrets)]
    if not differences:
        return None
    return (
        f"The encryption context differs from that of {maker.operation}, which made the "
        f"ciphertext: {'; '.join(differences)}. Decrypt needs the same pairs, to the letter."
    )


def compare(made: Mapping[str, str], given: Mapping[str, str], *, secrets: bool) -> Iterator[str]:
    for name in sorted({*made, *given}):
        if name not in given:
            yield f"{name!r} is missing"
        elif name not in made:
            yield f"{name!r} was not there"
        elif made[name] != given[name]:
            values = f": it was {made[name]!r}, and now is {given[name]!r}" if secrets else ""
            yield f"{name!r} has another value{values}"


def other_usage(case: Case) -> str | None:
    """A key that is for something else, and what it can do."""
    if case.code != "InvalidKeyUsageException":
        return None
    key = key_of(case)
    if key is None:
        return None
    family = key.family
    algorithms = ", ".join(sorted(family.spec.algorithms(family.usage)))
    able = f" with {algorithms}" if algorithms else ""
    return (
        f"The key {key.key_id} has KeySpec {family.spec.name} and KeyUsage {family.usage}{able}. "
        "A key keeps both for good: create one with the usage that the code needs."
    )


def malformed_policy(case: Case) -> str | None:
    """What is wrong with the form of a policy, which AWS does not say."""
    if case.code != "MalformedPolicyDocumentException" or case.call.planned is not None:
        return None
    text = case.call.parameters.get("Policy")
    mistake = find_mistake(text, "key") if isinstance(text, str) else None
    return None if mistake is None else f"What is wrong with the policy: {mistake}"


def unknown_caller(case: Case) -> str | None:
    """A client of a handle on a principal that this KMS does not have."""
    if case.code != "UnrecognizedClientException" or case.call.planned is not None:
        return None
    return (
        "This KMS does not know the principal that this client belongs to: it has been reset or "
        "restored since, or another mock declared the principal, so declare it again."
    )


# In the order in which they are shown.
ROWS: Final[tuple[Row, ...]] = (
    planned_fault,
    denial,
    foreign_ciphertext,
    other_context,
    missing_key,
    missing_alias,
    alias_without_prefix,
    key_state,
    other_usage,
    malformed_policy,
    unknown_caller,
)


def elsewhere(case: Case, what: str, arn: str) -> str:
    found = read_arn(arn)
    assert found is not None
    if found.account_id != case.call.account_id:
        return (
            f"{what} is in account {found.account_id} ({arn}); the caller is of "
            f"{case.call.account_id}. Name it by its ARN, and let its policy and the caller's own "
            "allow the use across accounts."
        )
    return (
        f"{what} is in {found.region}; this client asks {case.call.region}. Make the client with "
        f"region_name={found.region!r}, or give all of them one Region: the ini option "
        "kmsmock_region."
    )


def maker_of(case: Case) -> "Call | None":
    """Find the call whose answer held the ciphertext."""
    for call in reversed(case.calls):
        for member in CIPHERTEXTS:
            if call.response is not None and call.response.get(member) == case.ciphertext:
                return call
    return None


def key_of(case: Case) -> "Key | None":
    """Find the key that the call is about, as far as KMS found it."""
    arns = {case.call.key_arn}
    return next((key for key in keys_in(case.world) if key.arn in arns), None)


def is_here(case: Case, key: "Key") -> bool:
    return arn_is_here(case, key.arn)


def arn_is_here(case: Case, arn: str) -> bool:
    found = read_arn(arn)
    return (
        found is not None
        and found.region == case.call.region
        and found.account_id == case.call.account_id
    )


def key_id_in(identifier: str) -> str | None:
    if is_alias(identifier):
        return None
    arn = read_arn(identifier)
    if arn is None:
        return identifier
    return None if arn.is_alias else arn.key_id


def alias_in(identifier: str) -> str | None:
    if is_alias(identifier):
        return identifier
    arn = read_arn(identifier)
    return arn.resource if arn is not None and arn.is_alias else None


def aliases_named(world: "World", name: str) -> "Iterator[Alias]":
    for account in world.accounts.values():
        for region in account.regions.values():
            if name in region.aliases:
                yield region.aliases[name]


def names_here(case: Case) -> list[str]:
    return list(case.world.region(case.call.account_id, case.call.region).aliases)


def past_of(case: Case) -> Past:
    return Past() if case.past is None else case.past


def say(time: object) -> str:
    """Write a time in UTC, to the second; what is none as it is."""
    if not isinstance(time, datetime):
        return "a date that is not set yet" if time is None else str(time)
    return f"{time.astimezone(timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


def taken_away(what: str, ended: Remains) -> str:
    assert ended.taken_by is not None
    test = "" if ended.test is None else f" in {ended.test}"
    return f"kms_mock.{ended.taken_by}(){test} removed {what}{TAKEN[ended.taken_by]}"


def of_test(ended: Remains) -> str:
    return "" if ended.test is None else f" ({ended.test})"
