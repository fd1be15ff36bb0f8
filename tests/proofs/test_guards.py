"""Guards that the proof can do without are still there, and are broken as it is said."""

import asyncpg
import pytest

from leadflow.store import queries
from proofs import invariants, plan
from proofs.guards import GUARDS, Edit, Guard, break_statements
from proofs.run import prove

each_guard = pytest.mark.parametrize("name", GUARDS)

FEW = plan.Plan(seed=7, leads=250, kills=2, freezes=0, cuts=2, crashes=0, changes=0, duels=25)


@each_guard
def test_a_guard_names_invariants_that_see_it_broken(name):
    assert GUARDS[name].finds
    assert GUARDS[name].finds <= set(invariants.statements())


@each_guard
async def test_a_broken_guard_is_sql_that_the_database_takes(database_url, name):
    guard = GUARDS[name]
    connection = await asyncpg.connect(database_url)
    try:
        for statement in guard.schema:
            await connection.execute(statement)
        for module in queries.modules():
            before = queries.load(module)
            after = break_statements(module, before, guard)
            changed = [name for name in before if before[name] != after[name]]
            assert set(changed) == {
                edit.statement.partition(".")[2]
                for edit in guard.edits
                if edit.statement.startswith(f"{module}.")
            }
            for statement in changed:
                await connection.prepare(after[statement])
    finally:
        await connection.close()


def test_an_edit_that_no_longer_fits_is_an_error():
    guard = Guard(
        meaning="none", finds=frozenset(), edits=(Edit("claims.still_ours", "no such words", ""),)
    )
    with pytest.raises(LookupError, match="claims"):
        break_statements("claims", queries.load("claims"), guard)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "invariant"),
    [("person", "no_more_partners_than_allowed"), ("idempotency", "one_lead_a_request")],
)
async def test_a_run_sees_a_broken_guard(name, invariant):
    said: list[str] = []
    verdict = await prove(FEW, said.append, name)
    assert invariant in verdict.broken & GUARDS[name].finds
    assert verdict.figures["leads promised"] >= FEW.leads
    assert said
