"""Every rule of the reference has its proof, or a reason for having none, in the table that its reference has; and every proof is there."""

import pytest

from tests.project.rules import EXCUSES, REFERENCES, ROOT, Reference, Row, read

ROWS = [row for reference in REFERENCES.values() for row in reference.table()]


@pytest.mark.parametrize("reference", REFERENCES.values(), ids=REFERENCES)
def test_every_rule_is_in_the_table_once_in_order(reference: Reference) -> None:
    rows, wanted = reference.table(), reference.ids()
    assert sorted(row.id for row in rows) == sorted(wanted)
    for part in {rule.rstrip("0123456789") for rule in wanted}:
        assert [row.id for row in rows if row.id.rstrip("0123456789") == part] == [
            rule for rule in wanted if rule.rstrip("0123456789") == part
        ]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
def test_a_rule_is_proved_by_tests_that_carry_its_id(row: Row) -> None:
    assert row.short, "what the rule says, in a few words"
    if row.proof.startswith(EXCUSES):
        assert row.proof.partition(": ")[2], "the reason"
        return
    assert row.tests, f"{row.proof} names no test"
    assert ", ".join(f"`{file}::{test}{f'[{case}]' if case else ''}`" for file, test, case in row.tests) == row.proof
    for file, test, case in row.tests:
        found = read(ROOT / file)
        assert test in found.tests, f"{file} has no {test}"
        carried = found.cases if case else found.tests[test]
        assert row.id in carried, f"{file}::{test} does not carry {row.id} in its name, its docstring or a case"
        assert row.id in case or not case, "the case in brackets is named by the rule's id"
