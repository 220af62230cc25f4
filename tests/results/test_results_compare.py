"""What fails anew, what is flaky, and how coverage has changed (REP-9)."""

from bot.model.results import Case, CaseStatus, Counts, Coverage, ReportGroup, Results
from bot.results import compared, summary


def report(coverage: int = 0, **cases: CaseStatus) -> ReportGroup:
    found = tuple(Case("s", name, status) for name, status in cases.items())
    bad = sum(1 for case in found if case.status.bad)
    counts = Counts(len(found) - bad, bad)
    return ReportGroup("unit", "JUNITXML", counts, found, coverage=Coverage(coverage, 100) if coverage else None)


S, F, E = CaseStatus.SUCCEEDED, CaseStatus.FAILED, CaseStatus.ERROR


def test_rep_9_new_failures_are_those_that_the_target_branch_does_not_have() -> None:
    before = Results((report(81, old=F, mended=F, fine=S),))
    now = compared([report(82, old=F, mended=S, fine=E, added=F)], before, [])
    assert now.new == ("s > fine", "s > added")
    told = summary(now)
    assert (told.failed, told.new, told.coverage, told.change) == (3, 2, 82.0, 1.0)
    assert told.newly == now.new


def test_without_a_run_before_nothing_is_called_new() -> None:
    now = compared([report(82, bad=F)], None, [])
    assert (now.new, summary(now).new, summary(now).change) == ((), None, None)


def test_flaky_is_what_failed_at_the_same_commit_and_passes_now() -> None:
    earlier = [Results((report(a=F, b=F),)), Results((report(c=E),))]
    now = compared([report(a=S, b=F)], None, earlier)
    assert now.flaky == ("s > a",)


def test_a_name_of_several_tests_is_not_flaky_while_one_of_them_fails() -> None:
    """The examples of a scenario have one name: one fails again, the other passes again."""
    outline = ReportGroup("unit", "CUCUMBERJSON", Counts(1, 1), (Case("s", "a", S), Case("s", "a", F)))
    assert compared([outline], None, [Results((outline,))]).flaky == ()


def test_rep_9_of_tests_with_one_name_as_many_are_new_as_fail_beyond_those_before() -> None:
    def outline(*ends: CaseStatus) -> ReportGroup:
        return ReportGroup("unit", "CUCUMBERJSON", Counts(), tuple(Case("s", "a", end) for end in ends))

    told = summary(compared([outline(F, F, F)], Results((outline(F, S, S),)), []))
    assert (told.new, told.newly) == (2, ("s > a",))
    assert compared([outline(S, F, S)], Results((outline(F, S, S),)), []).new == ()
