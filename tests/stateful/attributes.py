"""The walk's rules about what hangs on a key: aliases, tags, policy, description."""

import json
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.stateful.ground import Ground, keys, names, places, regions, texts
from tests.stateful.model import Family

POLICY: Final[dict[str, Any]] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "kms:*",
            "Resource": "*",
        }
    ],
}


class Attributes(Ground):
    """Aliases, tags, policies and descriptions, each Region's its own."""

    @rule(name=names, family=keys, where=places)
    def create_alias(self, name: str, family: Family, where: int) -> None:
        region = family.place(where)
        error = self.refuse_change(family, region)
        if error is None and (region, name) in self.model.aliases:
            error = "AlreadyExistsException"
        self.call(region, "create_alias", error, AliasName=name, TargetKeyId=family.key_id)
        if error is None:
            self.model.aliases[region, name] = family

    @rule(name=names, family=keys, where=places)
    def update_alias(self, name: str, family: Family, where: int) -> None:
        region = family.place(where)
        # Found before anybody is asked for permission, and so before the target's state is checked.
        is_there = (region, name) in self.model.aliases
        error = self.refuse_change(family, region) if is_there else "NotFoundException"
        self.call(region, "update_alias", error, AliasName=name, TargetKeyId=family.key_id)
        if error is None:
            self.model.aliases[region, name] = family

    @precondition(lambda self: self.model.aliases)
    @rule(name=names, region=regions)
    def delete_alias(self, name: str, region: str) -> None:
        error = None if (region, name) in self.model.aliases else "NotFoundException"
        self.call(region, "delete_alias", error, AliasName=name)
        self.model.aliases.pop((region, name), None)

    @rule(family=keys, where=places, name=texts.filter(bool), value=texts)
    def tag(self, family: Family, where: int, name: str, value: str) -> None:
        region = family.place(where)
        error = self.refuse_change(family, region)
        tags = [{"TagKey": name, "TagValue": value}]
        self.call(region, "tag_resource", error, KeyId=family.arn_in(region), Tags=tags)
        if error is None:
            family.copies[region].tags[name] = value

    @rule(family=keys, where=places, name=texts.filter(bool))
    def untag(self, family: Family, where: int, name: str) -> None:
        region = family.place(where)
        error = self.refuse_change(family, region)
        self.call(region, "untag_resource", error, KeyId=family.arn_in(region), TagKeys=[name])
        if error is None:
            family.copies[region].tags.pop(name, None)

    @rule(family=keys, where=places, text=texts)
    def describe(self, family: Family, where: int, text: str) -> None:
        region = family.place(where)
        error = self.refuse_change(family, region)
        self.call(
            region, "update_key_description", error, KeyId=family.arn_in(region), Description=text
        )
        if error is None:
            family.copies[region].description = text

    @rule(family=keys, where=places, sid=texts, is_open=st.booleans())
    def put_policy(self, family: Family, where: int, sid: str, is_open: bool) -> None:
        """Put a policy in any state of the key; one that locks the caller out is refused."""
        region = family.place(where)
        policy = {**POLICY, "Id": sid}
        if not is_open:
            policy["Statement"] = [{**POLICY["Statement"][0], "Action": "kms:Decrypt"}]
        error = None if is_open else "MalformedPolicyDocumentException"
        if region not in family.copies:
            error = "NotFoundException"
        text = json.dumps(policy)
        self.call(region, "put_key_policy", error, KeyId=family.key_id, Policy=text)
        if error is None:
            family.copies[region].policy = policy

    def refuse_change(self, family: Family, region: str) -> str | None:
        copy = family.copies.get(region)
        return "NotFoundException" if copy is None else copy.refuse_change()
