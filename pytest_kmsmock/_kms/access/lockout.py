"""The lockout check: can a key's policy still be changed once it is in force?"""

from collections.abc import Iterable, Iterator

from pytest_kmsmock._kms.access.statements import Statement

_ANYBODY = "*"  # somebody in the account whom no statement names


def can_be_changed(statements: Iterable[Statement], account_id: str, key_arn: str) -> bool:
    """
    Tell whether anybody in the account could still call PutKeyPolicy.

    AWS asks this of the caller (rules POL-13). Here nobody says who the caller is, so a policy
    passes if it leaves the call to any principal of the account; conditions count as met in an
    Allow and as unmet in a Deny (assumed).
    """
    relevant = [statement for statement in statements if statement.covers("PutKeyPolicy", key_arn)]
    denials = [
        statement for statement in relevant if not statement.allows and not statement.condition
    ]
    return any(
        not any(_denies(denial, caller, account_id) for denial in denials)
        for statement in relevant
        if statement.allows
        for caller in _callers(statement, account_id)
    )


def _callers(statement: Statement, account_id: str) -> Iterator[str]:
    """List whom of the account an Allow lets call."""
    named = _named(statement, account_id)
    if not statement.is_not_principal:
        yield from named
    elif _ANYBODY not in named:
        yield _ANYBODY


def _denies(statement: Statement, caller: str, account_id: str) -> bool:
    named = _named(statement, account_id)
    if not statement.is_not_principal:
        return _ANYBODY in named or caller in named
    # All but those that it names; if it names somebody, then that one is anybody.
    return not named if caller == _ANYBODY else not named & {_ANYBODY, caller}


def _named(statement: Statement, account_id: str) -> set[str]:
    """Return the principals of the account that a statement names, as one if it is all of them."""
    everybody = ("*", account_id)
    named = set()
    for principal in statement.principals:
        if principal in everybody or principal.endswith(f":{account_id}:root"):
            named.add(_ANYBODY)
        elif f":{account_id}:" in principal:
            named.add(principal)
    return named
