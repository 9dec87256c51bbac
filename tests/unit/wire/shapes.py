"""Random values of botocore's shapes."""

from datetime import datetime, timezone

from hypothesis import strategies as st

UTC = st.just(timezone.utc)
MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=UTC)  # noqa: DTZ001


NOTHING = st.nothing()


def values_of(shape, moments=MOMENTS, absent=NOTHING):
    """Generate values of *shape*; a member may be missing, or what *absent* generates."""

    def inner(part):
        return values_of(part, moments, absent)

    match shape.type_name:
        case "structure":
            members = {name: absent | inner(part) for name, part in shape.members.items()}
            return st.fixed_dictionaries({}, optional=members)
        case "list":
            return st.lists(inner(shape.member), max_size=3)
        case "map":
            return st.dictionaries(inner(shape.key), inner(shape.value), max_size=3)
        case "string":
            return st.text(max_size=20) | st.sampled_from(shape.enum or [""])
        case "blob":
            return st.binary(max_size=20)
        case "integer":
            return st.integers(-(2**31), 2**31 - 1)
        case "boolean":
            return st.booleans()
        case "timestamp":
            return moments
    raise TypeError(f"no strategy for {shape.type_name}")
