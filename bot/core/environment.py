"""Environments: one execution at a time across the lanes of a repository, first come first. Decided as a lane is: purely.

An environment is told claims and departures, which are effects of lanes, and answers those whose place has changed. Telling
it the same twice changes nothing. It never takes anything back: whoever holds it leaves it, or is no more.
"""

from dataclasses import dataclass, replace

from bot.core.effects import AnswerClaim, ClaimEnvironment, LeaveEnvironment
from bot.model.environment import Claimant, EnvironmentState


@dataclass(frozen=True, slots=True)
class EnvironmentDecision:
    state: EnvironmentState
    answers: tuple[AnswerClaim, ...] = ()


def decide_environment(state: EnvironmentState, order: ClaimEnvironment | LeaveEnvironment) -> EnvironmentDecision:
    if isinstance(order, ClaimEnvironment):
        return _changed(state, _claim(state.line, order.claimant))
    return _changed(state, tuple(one for one in state.line if one.ticket != order.ticket))


def _claim(line: tuple[Claimant, ...], claimant: Claimant) -> tuple[Claimant, ...]:
    """At the end of the line; in its old place when the lane has handed the ticket on to another of its executions."""
    if any(one.ticket == claimant.ticket for one in line):
        return tuple(claimant if one.ticket == claimant.ticket else one for one in line)
    return (*line, claimant)


def _changed(state: EnvironmentState, line: tuple[Claimant, ...]) -> EnvironmentDecision:
    if line == state.line:
        return EnvironmentDecision(state)
    after = replace(state, line=line, version=state.version + 1)
    before = {one.ticket: _answer(state, place) for place, one in enumerate(state.line)}
    answers = [_answer(after, place) for place in range(len(line))]
    # What its own lane knows already need not be told; who holds it, and how many come before, must be.
    fresh = [a for a in answers if a.ticket not in before or not _same(a, before[a.ticket])]
    return EnvironmentDecision(after, tuple(fresh))


def _same(one: AnswerClaim, other: AnswerClaim) -> bool:
    return (one.granted, one.holder, one.ahead) == (other.granted, other.holder, other.ahead)


def _answer(state: EnvironmentState, place: int) -> AnswerClaim:
    claimant = state.line[place]
    holder = state.line[0].shown if place else None
    return AnswerClaim(
        lane=claimant.lane,
        execution=claimant.execution,
        environment=state.key.name,
        ticket=claimant.ticket,
        version=state.version,
        granted=place == 0,
        holder=holder,
        ahead=max(0, place - 1),
    )
