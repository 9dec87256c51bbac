"""What keeps a statement from applying: its action, principal, resource, or a condition."""

from collections.abc import Iterable, Iterator, Sequence

from pytest_kmsmock._kms.access.all_keys import find_key
from pytest_kmsmock._kms.access.conditions import FOR_ALL, MOST_ALIASES, Condition
from pytest_kmsmock._kms.access.documents import Named, Reach, Statement
from pytest_kmsmock._kms.access.evaluation import Case
from pytest_kmsmock._kms.access.forms import find_unknown_actions


def obstacles_of(statement: Statement, case: Case) -> Iterator[str]:
    """List what is not as *statement* wants it: action, principal, resource, conditions."""
    question, principal = case.question, case.principal
    if not statement.is_about(question.action):
        yield action_obstacle(statement, question.action)
    if statement.reach(principal) is Reach.NOT and statement.named is not None:
        yield principal_obstacle(statement, statement.named)
    if not statement.covers(question.resource, case.values):
        yield resource_obstacle(statement, case)
    for condition in statement.conditions:
        if not condition.holds(case.values):
            yield condition_obstacle(condition, case)


def action_obstacle(statement: Statement, action: str) -> str:
    if not statement.actions and not statement.is_not_action:
        return "it has no Action"
    if statement.is_not_action:
        return f"it is for all actions but {one_of(statement.actions)}"
    unknown = "; ".join(find_unknown_actions(statement.actions))
    hint = f" ({unknown})" if unknown else ""
    return f"it is for {some_of(statement.actions)}, not for {action}{hint}"


def principal_obstacle(statement: Statement, named: Named) -> str:
    listed = [*sorted(named.arns - {"*"}), *sorted(named.services)]
    if statement.is_not_principal:
        return f"its NotPrincipal leaves the caller out: it names {some_of(listed or ['*'])}"
    return f"it names {some_of(listed)}, not the caller"


def resource_obstacle(statement: Statement, case: Case) -> str:
    if not statement.resources and not statement.is_not_resource:
        return "it has no Resource"
    named = [template.raw for template in statement.resources]
    if statement.is_not_resource:
        return f"it is for all resources but {some_of(named)}"
    wanted = f"its Resource is {some_of(named)}"
    empty = [
        template.raw
        for template in statement.resources
        if template.is_variable and template.pattern(case.values) is None
    ]
    if empty:
        return f"{wanted}, in which a variable has no value"
    if case.question.resource == "*":
        return f"{wanted}, and the action needs Resource *"
    if any(":alias/" in name for name in named) and ":key/" in case.question.resource:
        return f"{wanted}: an alias there never stands for its key"
    return wanted


def condition_obstacle(condition: Condition, case: Case) -> str:
    """Say which value a condition key has, and which one the statement wants."""
    found = condition.found(case.values)
    wanted = wanted_by(condition, case)
    key = f"`{condition.key}`"
    if condition.base is None:
        state = "absent" if found is None else f"present ({show_values(found)})"
        return (
            f"{key} is {state}, the statement wants it {'present' if found is None else 'absent'}"
        )
    if found is None:
        return f"{key} is absent{why_absent(condition, case)}, {wanted}"
    if condition.is_overflowing(found):
        return f"the key has more than {MOST_ALIASES} aliases, and then {key} gives nothing"
    if condition.set_of is None and condition.is_many:
        return (
            f"{key} can have several values, and {condition.operator} is for one: say"
            " ForAnyValue or ForAllValues"
        )
    return f"{key} is {show_values(found)}, {wanted}"


def why_absent(condition: Condition, case: Case) -> str:
    if condition.is_void:
        return " (a key policy can't ask for it)"
    if find_key(condition.name) is None:
        return " (there is no such key here)"
    return ""


def wanted_by(condition: Condition, case: Case) -> str:
    shown = []
    for template in condition.wanted:
        text = template.text(case.values) if template.is_variable else template.raw
        if text is None:
            shown.append(f"{template.raw} (which has no value)")
        else:
            shown.append(f"'{text}'" if text == template.raw else f"'{text}' ({template.raw})")
    values = " or ".join(shown) or "a value of an empty list"
    if condition.set_of is None and condition.base is not None:
        plain = {
            "StringEquals": "the statement wants {}",
            "StringNotEquals": "the statement wants another than {}",
        }.get(condition.operator)
        if plain is not None:
            return plain.format(values)
    if condition.set_of == FOR_ALL:
        return f"the statement wants all of them to be {values} ({condition.operator})"
    return f"the statement wants {values} ({condition.operator})"


def why_it_denies(statement: Statement, case: Case) -> Iterator[str]:
    """Say why a Deny is for this caller and this request, where that may surprise."""
    if statement.is_not_principal and statement.named is not None:
        lacking = some_of(statement.named.missing(case.principal))
        yield f"Its NotPrincipal would have to name {lacking}, too, to spare the caller."
    for condition in statement.conditions:
        found = condition.found(case.values)
        values = ", ".join(template.raw for template in condition.wanted)
        state = f"is {show_values(found)}" if found else "is absent"
        yield f"`{condition.key}` {state}, and so {condition.operator} {values} holds."


def show_values(found: Sequence[str]) -> str:
    return " and ".join(f"'{value}'" for value in found)


def some_of(names: Iterable[str]) -> str:
    listed = list(names)
    if len(listed) > 4:
        return f"{', '.join(listed[:3])} and {len(listed) - 3} more"
    return " and ".join(listed)


def one_of(names: Iterable[str]) -> str:
    return " and ".join(names)
