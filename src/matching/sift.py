"""The rules of `matching.rules` once more, as one compiled pass over what is close enough."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from matching.circumstances import Families, Floats, Intakes, Needs, Policy, Refusals, Setting
from matching.compiled import entrance, inlined
from matching.runs import Runs, cut_into_runs
from matching.tables import Bools, Ints, Shorts
from matching.threads import split

#: Pairs a need for which room is made at first.
_USUAL = 48


class Asking(NamedTuple):
    """What the pass knows of each need, shape (needs,); what is refused stands in one row."""

    easting: Floats
    northing: Floats
    limit: Floats
    has_home: Bools
    child_ages: Ints
    languages: Ints
    days: Ints
    access: Ints
    refused_begin: Ints
    refused: Ints


class Offering(NamedTuple):
    """What the pass knows of some intakes, or of those in a run's list.

    `within` is how far anybody comes from; infinite where distance does not always count.
    `provider` is a number below 0, to tell it from an intake among what is refused.
    """

    intake: Ints
    provider: Ints
    easting: Floats
    northing: Floats
    reach: Floats
    within: Floats
    anywhere: Bools
    is_venue: Bools
    is_home: Bools
    ages: Ints
    languages: Ints
    days: Ints
    access: Ints


class Found(NamedTuple):
    """Suitable intakes need by need: `length[n]` of need n from `begin[n]` on, in order."""

    begin: Ints
    length: Ints
    intake: Shorts


def sift(
    families: Families, needs: Needs, intakes: Intakes, policy: Policy, refusals: Refusals
) -> Found:
    """Find the intakes that keep every rule, for each need.

    A run's list of intakes is made once: those that keep the rules of its code and level and
    whose reach touches its box. Rounding is monotone, so whatever the box leaves out, every home
    in it would.

    Parameters
    ----------
    families : Families
    needs : Needs
    intakes : Intakes
    policy : Policy
    refusals : Refusals

    Returns
    -------
    Found
    """
    runs = cut_into_runs(families, needs, intakes, policy)
    offering = _offering(intakes, policy)
    asking = _asking(families, needs, policy, _refused(needs, intakes, refusals, offering))
    size = len(needs.family)
    found = Found(np.zeros(size, np.int64), np.zeros(size, np.int64), np.zeros(0, np.int32))

    def sift_runs(first: int, end: int) -> Shorts:
        return _sift_part(runs, asking, offering, found, first, end)

    lists = split(len(runs.kind), sift_runs)
    begin = 0
    for (first, end), few in lists:
        some = runs.need[runs.begin[first] : runs.begin[end]]
        found.begin[some] += begin
        begin += len(few)
    return found._replace(intake=np.concatenate([few for _, few in lists]))


def _sift_part(
    runs: Runs, asking: Asking, offering: Offering, found: Found, first: int, end: int
) -> Shorts:
    """Sift some runs into a list that grows as it must."""
    longest = int(np.diff(runs.kind_begin).max(initial=0))
    columns: list[Any] = [np.empty(longest, column.dtype) for column in offering]
    near = Offering(*columns)
    suits = np.empty(longest, dtype=np.bool_)
    needs = int(runs.begin[end] - runs.begin[first])
    out = np.empty(_USUAL * needs + longest, dtype=np.int32)
    at = 0, first, int(runs.begin[first])
    while True:
        at = _sift(runs, asking, (offering, near), suits, found, out, end, at)
        if at[1] == end:
            return out[: at[0]]
        out = np.concatenate([out, np.empty(len(out) + longest, dtype=np.int32)])


def _offering(intakes: Intakes, policy: Policy) -> Offering:
    is_venue, is_home = intakes.setting == Setting.VENUE, intakes.setting == Setting.HOME
    anywhere = ~(is_venue | is_home) | np.isnan(intakes.reach_metres)
    reach = np.where(anywhere, np.inf, intakes.reach_metres)
    farthest = np.max(policy.travel_limit_metres)
    return Offering(
        intake=np.arange(len(reach)),
        provider=-1 - np.unique(intakes.provider, return_inverse=True)[1],
        easting=intakes.easting.astype(np.float64),
        northing=intakes.northing.astype(np.float64),
        reach=reach,
        within=np.where(is_venue & (reach > farthest), farthest, reach),
        anywhere=anywhere,
        is_venue=is_venue,
        is_home=is_home,
        ages=intakes.ages.astype(np.int64),
        languages=intakes.languages.astype(np.int64),
        days=intakes.days.astype(np.int64),
        access=intakes.access.astype(np.int64),
    )


def _asking(families: Families, needs: Needs, policy: Policy, refused: tuple[Ints, Ints]) -> Asking:
    home = needs.family
    return Asking(
        easting=families.easting[home].astype(np.float64),
        northing=families.northing[home].astype(np.float64),
        limit=policy.travel_limit_metres[families.transport[home]].astype(np.float64),
        has_home=families.has_home[home].astype(np.bool_),
        child_ages=families.child_ages[home].astype(np.int64),
        languages=families.languages[home].astype(np.int64),
        days=families.days[home].astype(np.int64),
        access=families.access[home].astype(np.int64),
        refused_begin=refused[0],
        refused=refused[1],
    )


def _refused(
    needs: Needs, intakes: Intakes, refusals: Refusals, offering: Offering
) -> tuple[Ints, Ints]:
    """Put each need's refused intakes and providers side by side."""
    names, row = np.unique(intakes.provider, return_index=True)
    known = np.isin(refusals.provider, names)
    provider = offering.provider[row[np.searchsorted(names, refusals.provider[known])]]
    need = np.concatenate([refusals.need, refusals.provider_need[known]])
    order = np.argsort(need, kind="stable")
    begin = np.searchsorted(need[order], np.arange(len(needs.family) + 1))
    return begin, np.concatenate([refusals.intake, provider])[order].astype(np.int64)


@entrance
def _sift(
    runs: Runs,
    asking: Asking,
    lists: tuple[Offering, Offering],
    suits: Bools,
    found: Found,
    out: Shorts,
    end: int,
    at: tuple[int, int, int],
) -> Any:
    """Go on from a place in a run until all runs are done, or `out` is full; say where it is."""
    offering, near = lists
    filled, run, place = at
    while run < end:
        count = _gather(runs, offering, near, run)
        while place < runs.begin[run + 1]:
            if filled + count > len(out):
                return filled, run, place
            need = runs.need[place]
            _judge(asking, near, need, count, suits)
            begin = filled
            for k in range(count):
                out[filled] = near.intake[k]
                filled += suits[k]
            if asking.refused_begin[need] < asking.refused_begin[need + 1]:
                filled = _take_out_refused(asking, offering, need, out, begin, filled)
            found.begin[need], found.length[need] = begin, filled - begin
            place += 1
        run += 1
    return filled, run, place


@inlined
def _gather(runs: Runs, offering: Offering, near: Offering, run: int) -> Any:
    """List the intakes whose reach touches the run's box, side by side."""
    count = 0
    for row in range(runs.kind_begin[runs.kind[run]], runs.kind_begin[runs.kind[run] + 1]):
        k = runs.intake[row]
        east, north = offering.easting[k], offering.northing[k]
        wide = max(0.0, runs.west[run] - east, east - runs.east[run])
        high = max(0.0, runs.south[run] - north, north - runs.north[run])
        if math.sqrt(wide * wide + high * high) > offering.within[k]:
            continue
        near.intake[count] = k
        near.easting[count], near.northing[count] = east, north
        near.reach[count], near.anywhere[count] = offering.reach[k], offering.anywhere[k]
        near.is_venue[count], near.is_home[count] = offering.is_venue[k], offering.is_home[k]
        near.ages[count], near.languages[count] = offering.ages[k], offering.languages[k]
        near.days[count], near.access[count] = offering.days[k], offering.access[k]
        count += 1
    return count


@inlined
def _judge(asking: Asking, near: Offering, need: int, count: int, suits: Any) -> None:
    """Say which of the listed intakes keep every rule that looks at the family.

    No branch: so several intakes are judged at once.
    """
    easting, northing = asking.easting[need], asking.northing[need]
    limit, has_home = asking.limit[need], asking.has_home[need]
    child_ages, access = asking.child_ages[need], asking.access[need]
    languages, days = asking.languages[need], asking.days[need]
    no_language, no_day = languages == 0, days == 0
    for k in range(count):
        wide, high = easting - near.easting[k], northing - near.northing[k]
        metres = math.sqrt(wide * wide + high * high)
        suits[k] = (
            ((child_ages & near.ages[k] != 0) | (near.ages[k] == 0))
            & ((languages & near.languages[k] != 0) | (near.languages[k] == 0) | no_language)
            & ((days & near.days[k] != 0) | (near.days[k] == 0) | no_day)
            & (access & ~near.access[k] == 0)
            & (near.anywhere[k] | (metres <= near.reach[k]))
            & ((not near.is_venue[k]) | (metres <= limit))
            & ((not near.is_home[k]) | has_home)
        )


@inlined
def _take_out_refused(
    asking: Asking, offering: Offering, need: int, out: Shorts, begin: int, end: int
) -> Any:
    kept = begin
    for row in range(begin, end):
        intake, is_refused = out[row], False
        for k in range(asking.refused_begin[need], asking.refused_begin[need + 1]):
            one = asking.refused[k]
            is_refused |= (one == intake) | (one == offering.provider[intake])
        out[kept] = intake
        kept += not is_refused
    return kept
