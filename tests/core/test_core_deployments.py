"""Deployments to servers, decided purely: the order of events, how many targets at once, and when one has failed (appspec reference, sections 5, 10 and 11)."""

from collections.abc import Collection, Mapping

import pytest

from bot.core.deployments import shifting
from bot.core.deployments.health import Fleet, Host, Revision, Step, failed, fleet_of, next_targets, succeeded
from bot.core.deployments.lifecycle import in_place
from bot.model.deployment import CONFIGURATIONS, DeploymentConfiguration, Minimum, Zones
from bot.model.traffic import ROUTINGS, Color, Routing


def custom(value: int, *, percent: bool = False) -> DeploymentConfiguration:
    return DeploymentConfiguration("", Minimum(value, percent=percent))


ONE, HALF, ALL = (CONFIGURATIONS[name] for name in ("OneAtATime", "HalfAtATime", "AllAtOnce"))


def healthy(count: int) -> Mapping[str, Host]:
    return {f"t{number:02}": Host(healthy=True, revision=Revision.OLD) for number in range(count)}


def fresh(count: int) -> Mapping[str, Host]:
    return {f"t{number:02}": Host(healthy=False) for number in range(count)}


def play(
    hosts: Mapping[str, Host], configuration: DeploymentConfiguration, bad: Collection[int]
) -> tuple[list[int], bool]:
    """The sizes of the batches when each batch ends before the next begins, and whether it succeeds. `bad`: which in turn fail."""
    fleet, sizes, turn = fleet_of(hosts, configuration), [], 0
    while batch := next_targets(fleet):
        sizes.append(len(batch))
        for name in batch:
            fleet = fleet.began(name)
        for name in batch:
            fleet = fleet.ended(name, well=turn not in bad)
            turn += 1
    return sizes, not failed(fleet) and succeeded(fleet)


@pytest.mark.parametrize(
    ("hosts", "configuration", "bad", "sizes", "well"),
    [
        pytest.param(healthy(10), custom(95, percent=True), (), [], False, id="HLT-3 HLT-9 95 percent of 10 is 10"),
        pytest.param(healthy(10), custom(9), (), [1] * 10, True, id="HLT-9 9 of 10: one at a time"),
        pytest.param(healthy(10), custom(9), (4,), [1] * 5, False, id="HLT-5 HLT-9 9 of 10: any failure"),
        pytest.param(healthy(10), custom(9), (9,), [1] * 10, True, id="HLT-9 9 of 10: but the last"),
        pytest.param(healthy(10), custom(8), (), [2] * 5, True, id="HLT-9 8 of 10: two at a time"),
        pytest.param(healthy(10), custom(8), (0,), [2, *[1] * 8], True, id="HLT-9 8 of 10: one failure"),
        pytest.param(healthy(10), custom(8), (0, 3), [2, 1, 1], False, id="HLT-9 8 of 10: the second"),
        pytest.param(healthy(10), custom(8), (0, 9), [2, *[1] * 8], True, id="HLT-9 8 of 10: unless it is the last"),
        pytest.param(healthy(10), custom(0), range(9), [10], True, id="HLT-9 none: one success is enough"),
        pytest.param(healthy(10), ALL, range(10), [10], False, id="HLT-6 none succeeds"),
        pytest.param(healthy(9), HALF, (), [4, 4, 1], True, id="half of 9 is 4 at once"),
        pytest.param(healthy(9), HALF, (0, 1, 2, 3), [4], False, id="half of 9: five must succeed"),
        pytest.param(healthy(4), ONE, (), [1] * 4, True, id="HLT-10 A2 one at a time"),
        pytest.param(healthy(4), ONE, (1,), [1, 1], False, id="HLT-10 any failure"),
        pytest.param(healthy(4), ONE, (3,), [1] * 4, True, id="HLT-10 but the last one's"),
        pytest.param(healthy(1), ONE, (0,), [1], False, id="HLT-10 one alone must succeed"),
        pytest.param(fresh(4), ONE, (), [1] * 4, True, id="HLT-11 A3 a first deployment has batches, too"),
        pytest.param(fresh(4), ONE, (0,), [1], False, id="HLT-11 a first deployment that fails"),
        pytest.param(fresh(4), HALF, (), [2, 2], True, id="HLT-11 half of the first"),
        pytest.param(fresh(3), custom(3), (), [1, 1, 1], True, id="HLT-11 all must be healthy, and become so"),
        pytest.param(
            {**healthy(2), "z": Host(healthy=False)}, custom(2), (), [1, 1, 1], True, id="HLT-4 unhealthy ones first"
        ),
        pytest.param(
            {**healthy(2), "z": Host(healthy=False)}, custom(2), (0,), [1], False, id="HLT-4 HLT-7 no spare one"
        ),
        pytest.param(
            {**healthy(2), "z": Host(healthy=False)}, custom(3), (0,), [1], False, id="HLT-7 fewer than the minimum"
        ),
    ],
)
def test_how_many_at_once_and_how_it_ends(
    hosts: Mapping[str, Host],
    configuration: DeploymentConfiguration,
    bad: Collection[int],
    sizes: list[int],
    well: bool,
) -> None:
    assert play(hosts, configuration, bad) == (sizes, well)


def test_hlt_2_unhealthy_then_unknown_then_old_then_current() -> None:
    """HLT-1, HLT-2."""
    hosts = {
        "a": Host(healthy=True, revision=Revision.CURRENT),
        "b": Host(healthy=True, revision=Revision.OLD),
        "c": Host(healthy=True, revision=Revision.UNKNOWN),
        "d": Host(healthy=False, revision=Revision.CURRENT),
    }
    fleet, order = fleet_of(hosts, ONE), []
    while batch := next_targets(fleet):
        (name,) = batch
        order.append(name)
        fleet = fleet.began(name).ended(name, well=True)
    assert order == ["d", "c", "b", "a"]


def test_the_next_begins_as_soon_as_one_has_ended() -> None:
    fleet = fleet_of(healthy(4), custom(2))
    one, two = next_targets(fleet)
    fleet = fleet.began(one).began(two)
    assert next_targets(fleet) == ()
    fleet = fleet.ended(one, well=True)
    assert next_targets(fleet) == ("t02",)
    fleet = fleet.ended(two, well=False)
    assert next_targets(fleet) == ("t02",)
    assert not failed(fleet)


def test_what_is_left_alone_counts_as_it_is() -> None:
    hosts = {"done": Host(healthy=True, step=Step.LEFT), "bad": Host(healthy=False), "old": Host(healthy=True)}
    fleet = fleet_of(hosts, custom(2))
    assert next_targets(fleet) == ("bad",)
    assert next_targets(fleet.began("bad").ended("bad", well=True)) == ("old",)


def test_one_zone_after_another() -> None:
    hosts = {f"{zone}{number}": Host(healthy=True, zone=zone) for zone in "ab" for number in range(3)}
    configuration = DeploymentConfiguration("", Minimum(0), Zones(Minimum(2)))
    fleet: Fleet = fleet_of(hosts, configuration)
    order = []
    while batch := next_targets(fleet):
        order.append(batch)
        for name in batch:
            fleet = fleet.began(name).ended(name, well=True)
    assert order == [("a0",), ("a1",), ("a2",), ("b0",), ("b1",), ("b2",)]
    assert succeeded(fleet)


def test_events_in_their_order_and_traffic_only_with_a_balancer() -> None:
    """A7."""
    assert " ".join(in_place()) == (
        "ApplicationStop DownloadBundle BeforeInstall Install AfterInstall ApplicationStart ValidateService"
    )
    assert " ".join(in_place(traffic=True)) == (
        "BeforeBlockTraffic BlockTraffic AfterBlockTraffic ApplicationStop DownloadBundle BeforeInstall Install AfterInstall "
        "ApplicationStart ValidateService BeforeAllowTraffic AllowTraffic AfterAllowTraffic"
    )


@pytest.mark.parametrize(
    ("routing", "shares"),
    [
        pytest.param(Routing(), (100,), id="BGR-3 all at once"),
        pytest.param(ROUTINGS["Canary10Percent5Minutes"], (10, 100), id="a canary has two steps"),
        pytest.param(
            ROUTINGS["Linear10PercentEvery1Minute"],
            (10, 20, 30, 40, 50, 60, 70, 80, 90, 100),
            id="feature 105: 10 percent a step",
        ),
        pytest.param(Routing("", 30, 60.0, linear=True), (30, 60, 90, 100), id="the last step is what is left"),
        pytest.param(Routing("", 99, 60.0, linear=True), (99, 100), id="nearly all"),
    ],
)
def test_in_which_steps_traffic_is_shifted(routing: Routing, shares: tuple[int, ...]) -> None:
    assert shifting.steps(routing) == shares


@pytest.mark.parametrize(
    ("originals", "replacements", "share", "wanted"),
    [
        pytest.param({"o": 1}, {"r": 1}, 10, {"o": 9, "r": 1}, id="one and one"),
        pytest.param({"o": 1, "p": 1}, {"r": 1}, 50, {"o": 1, "p": 1, "r": 2}, id="half for half as many"),
        pytest.param({"o": 2, "p": 1}, {"r": 1, "s": 3}, 25, {"o": 8, "p": 4, "r": 1, "s": 3}, id="weights in a set"),
        pytest.param({"o": 3}, {"r": 2}, 0, {"o": 3, "r": 0}, id="none"),
        pytest.param({"o": 3}, {"r": 2, "s": 4}, 100, {"o": 0, "r": 2, "s": 4}, id="all"),
    ],
)
def test_what_each_target_weighs(
    originals: Mapping[str, int], replacements: Mapping[str, int], share: int, wanted: Mapping[str, int]
) -> None:
    found = shifting.weights(originals, replacements, share)
    assert found == wanted
    assert sum(found[name] for name in replacements) * 100 == share * sum(found.values())


@pytest.mark.parametrize(
    ("weights", "found"),
    [
        pytest.param({"b": 1, "g": 0}, (Color.GREEN, False), id="blue has it"),
        pytest.param({"b": 0, "g": 2}, (Color.BLUE, False), id="green has it"),
        pytest.param({"b": 1, "g": 9}, (Color.BLUE, False), id="green has more"),
        pytest.param({"b": 1, "g": 1}, (Color.GREEN, False), id="both have it"),
        pytest.param({"b": 0, "g": 0, "x": 1}, (Color.BLUE, True), id="others have it"),
        pytest.param({}, (Color.BLUE, True), id="the first deployment"),
    ],
)
def test_bgr_2_the_set_without_traffic_is_replaced(weights: Mapping[str, int], found: tuple[Color, bool]) -> None:
    assert shifting.replacement(["b"], ["g"], weights) == found
