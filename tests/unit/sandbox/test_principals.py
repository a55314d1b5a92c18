from __future__ import annotations

from provision.sandbox.principals import Principals


def test_ids_are_given_or_made_up_and_found_whatever_their_case() -> None:
    principals = Principals()
    given = principals.add("app", "application", ("A.Read",), "AAAA", "BBBB")
    made = principals.add("identity")
    assert principals.get("aaaa") == given == principals.by_app_id("bbbb")
    assert given.app_roles == frozenset({"A.Read"})
    assert made.object_id != made.app_id
    assert principals.get(made.object_id.upper()) == made


def test_users_have_no_app_id_and_are_not_found_by_an_empty_one() -> None:
    principals = Principals()
    assert principals.add("Ada", "user").app_id == ""
    assert principals.by_app_id("") is None


def test_a_new_principal_is_hidden_for_the_set_number_of_lookups() -> None:
    principals = Principals(hidden_lookups=2)
    found = principals.add("identity")
    assert [principals.visible(found.object_id) for _ in range(4)] == [False, False, True, True]


def test_the_delay_holds_for_principals_added_after_it_was_set() -> None:
    principals = Principals()
    early = principals.add("early")
    principals.hidden_lookups = 1
    late = principals.add("late")
    assert principals.visible(early.object_id)
    assert not principals.visible(late.object_id)


def test_a_removed_principal_is_unknown_and_invisible() -> None:
    principals = Principals()
    found = principals.add("identity")
    principals.remove(found.object_id)
    assert principals.get(found.object_id) is None
    assert not principals.visible(found.object_id)


def test_assigned_permissions_replace_those_before_and_nothing_else() -> None:
    principals = Principals()
    found = principals.add("app", "application", ("A.Read",))
    principals.assign(found.object_id.upper(), ["B.Write"])
    now = principals.get(found.object_id)
    assert now is not None
    assert (now.app_roles, now.app_id) == (frozenset({"B.Write"}), found.app_id)
