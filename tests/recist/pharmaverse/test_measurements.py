"""Every visit of the pharmaverse's test data, assessed from what was measured there.

Where the data's own responses differ, the measurements show which of the causes it is that the
README of the data lists: the random set takes the change from baseline of whatever was measured.
"""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

from recist import CRITERIA, NewLesion, Read, State
from recist import Response as R

AFTER_CR = "PD after a CR missed"
OVER_NADIR = "PD over the nadir missed"
ALL_MISSING = "all missing, read as CR"
PARTIAL_SUM = "partial sum used"
CHECK = "CHECK, no non-target response"


def total(sizes) -> Decimal:
    """The sum of what was measured."""
    return sum((mm for mm in sizes if mm is not None), Decimal(0))


def overlooked(case) -> str | None:
    """Which of the causes the measurements show; None where they show none."""
    course, now = case.course, case.course.sizes(case.read)
    if None in now:
        return PARTIAL_SUM if any(mm is not None for mm in now) else ALL_MISSING
    if case.had_cr and not course.has_gone(case.read):
        return AFTER_CR
    nadir = min(total(mms) for mms in map(course.sizes, case.before) if None not in mms)
    rise = total(now) - nadir
    return OVER_NADIR if rise >= 5 and 10 * rise >= 2 * nadir else None


def unchecked_or_overlooked(case) -> str | None:
    if case.said["OVRLRESP"] == "CHECK" and "NTRGRESP" not in case.said:
        return CHECK
    return overlooked(case)


def came_back(case) -> str | None:
    """Whether a non-target is there after an overall CR, which the data set does not judge."""
    there = State.PRESENT in case.course.states(case.read)
    return AFTER_CR if there and case.had_cr else None


def differences(cases, test: str, member: str, why) -> Counter[tuple[str | None, str]]:
    """How often the data set differs from the engine, by the cause and the engine's word."""
    answered = [(case, getattr(case.point, member)) for case in cases]
    return Counter((why(case), word) for case, word in answered if case.said[test] != word)


def change_from_baseline(case) -> R:
    """The random set's own rule: the nadir does not count, nor does what is missing."""
    baseline = total(case.course.sizes(case.before[0]))
    now = total(case.course.sizes(case.read))
    if not now:
        return R.CR
    if 10 * now >= 12 * baseline:
        return R.PD
    return R.PR if 10 * now <= 7 * baseline else R.SD


def sums_of(course, answer) -> dict[date, float]:
    """The sum at every visit, the baseline's too; what was not measured adds nothing."""
    baseline, *_ = course.reads
    points = answer.timepoints
    if not points:  # a read that says nothing shows what the baseline was
        silent = Read(on=baseline.on + timedelta(days=1))
        points = type(course)(course.lesions, (baseline, silent)).assessed().timepoints
    sums = {point.on: point.partial_sum or point.sum or 0 for point in answer.timepoints}
    return {baseline.on: points[0].baseline, **sums}


class TestRandomSet:
    def test_every_visit_of_every_evaluator_is_assessed(self, random_set) -> None:
        """None is refused: small targets, visits out of order and all-missing ones included."""
        reads = [len(course.reads) for course in random_set.courses.values()]
        points = [len(answer.timepoints) for answer in random_set.answers.values()]
        assert (len(reads), sum(reads), sum(points)) == (762, 2_661, 1_899)

    def test_targets_too_small_are_remarked_upon(self, random_set) -> None:
        """At 258 of 762 baselines every target has 10 mm, every node 15 mm."""
        small = {"NOT_MEASURABLE", "NOT_A_LESION"}
        codes = [{x.code for x in answer.remarks} for answer in random_set.answers.values()]
        assert sum(small.isdisjoint(remarked) for remarked in codes) == 258

    def test_sums(self, random_set) -> None:
        sums = {
            (who, on): mm
            for who, course in random_set.courses.items()
            for on, mm in sums_of(course, random_set.answers[who]).items()
        }
        assert len(random_set.sums) == 2_661
        assert sums == random_set.sums

    def test_target_responses(self, random_set) -> None:
        cases = random_set.cases("TRGRESP")
        assert len(cases) == 1_899
        assert differences(cases, "TRGRESP", "target", overlooked) == {
            (OVER_NADIR, "PD"): 123,
            (AFTER_CR, "PD"): 34,
            (ALL_MISSING, "NE"): 22,
            (PARTIAL_SUM, "NE"): 20,
        }

    def test_its_own_target_response_is_the_change_from_baseline(self, random_set) -> None:
        """What differs is a defect of the data, not noise: one simple rule makes all of it."""
        cases = random_set.cases("TRGRESP")
        assert [case.said["TRGRESP"] for case in cases] == [*map(change_from_baseline, cases)]

    def test_non_target_responses(self, random_set) -> None:
        """The whole is untouched by what differs here: there is target disease everywhere."""
        cases = random_set.cases("NTRGRESP")
        assert len(cases) == 1_896
        assert differences(cases, "NTRGRESP", "non_target", came_back) == {(AFTER_CR, "PD"): 35}

    def test_new_lesions(self, random_set) -> None:
        cases = random_set.cases("NEWLPROG")
        assert len(cases) == 114
        assert all(case.said["NEWLPROG"] == case.point.new_lesion for case in cases)

    def test_overall_responses(self, random_set) -> None:
        cases = random_set.cases("OVRLRESP")
        assert len(cases) == 1_899
        assert differences(cases, "OVRLRESP", "overall", unchecked_or_overlooked) == {
            (OVER_NADIR, "PD"): 64,
            (AFTER_CR, "PD"): 19,
            (ALL_MISSING, "NE"): 15,
            (PARTIAL_SUM, "NE"): 8,
            (CHECK, "PR"): 2,
            (CHECK, "SD"): 1,
        }

    def test_overall_responses_from_its_own_parts(self, random_set) -> None:
        """Table 1 as printed: where the data set says all parts, its whole follows from them."""
        table = CRITERIA["recist-1.1"].table
        cases = [case.said for case in random_set.cases("NTRGRESP")]
        parts = [
            (R(said["TRGRESP"]), R(said["NTRGRESP"]), NewLesion(said.get("NEWLPROG", "NONE")))
            for said in cases
        ]
        assert [table[part].overall for part in parts] == [said["OVRLRESP"] for said in cases]

    def test_nothing_is_rewritten_by_what_came_later(self, random_set) -> None:
        """Its equivocal lesions come at the last visit: no later one can prove them."""
        points = [p for answer in random_set.answers.values() for p in answer.timepoints]
        assert all(point.overall_final is point.overall for point in points)


class TestHandMadeSet:
    def test_every_visit_of_every_evaluator_is_assessed(self, hand_made) -> None:
        reads = [len(course.reads) for course in hand_made.courses.values()]
        assert (len(reads), sum(reads)) == (24, 90)

    def test_overall_responses(self, hand_made) -> None:
        cases = hand_made.cases("OVRLRESP")
        assert len(cases) == 66
        assert differences(cases, "OVRLRESP", "overall", overlooked) == {(AFTER_CR, "PD"): 1}

    def test_the_one_difference_is_a_growth_under_5_mm_after_a_cr(self, hand_made) -> None:
        """0 to 4.95 mm: the data set asks for 5 mm there, the paper for any disease."""
        who = "01-701-1133", "RADIOLOGIST 2"
        assert hand_made.said[who, date(2012, 12, 30)] == {"OVRLRESP": "PR"}
        *_, week_6, week_9 = hand_made.answers[who].timepoints
        assert [(t.sum, t.overall) for t in (week_6, week_9)] == [(0, "CR"), (4.95, "PD")]
