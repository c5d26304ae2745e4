"""The criteria in words: from the values that decide, and nothing left out."""

from dataclasses import replace
from pathlib import Path

import pytest

from recist import CRITERIA, describe
from recist.criteria import Limit
from recist.editions import EDITIONS
from recist.markdown import markdown
from recist.protocol import MEANINGS, Measure, PdScope, Protocol, Switches

CHECKOUT = Path(__file__).parents[2]


def test_the_printed_criteria_are_current() -> None:
    printed = (CHECKOUT / "docs" / "criteria.md").read_text(encoding="utf-8")
    assert printed == markdown(EDITIONS), "print it anew: recist criteria > docs/criteria.md"


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.name)
def test_every_rule_row_switch_and_note_is_printed(edition) -> None:
    page, text = markdown([edition]), describe(edition)
    told = (*text.target, *text.non_target, *text.overall, *text.confirmation)
    for rule in told:
        assert f"| {rule.response} | {rule.says} | `{rule.rule}` |" in page
    for sentence in (*text.measurable, *text.notes, text.cite, text.size):
        assert sentence in page
    for section in (text.new_lesion, text.targets_section, text.baseline_section):
        assert section in page
    for switch in edition.switches:
        assert f"| `{switch}` |" in page


def test_a_switch_that_replaces_a_size_says_so() -> None:
    zhu = describe(CRITERIA["zhu-2013"], Protocol(measure=Measure.LONGEST_DIAMETER))
    recist_1_0 = describe(CRITERIA["recist-1.0"])
    assert (zhu.size, zhu.unit) == (f"RECIST 1.0, {recist_1_0.size}", "mm")


def test_every_switch_has_a_meaning_and_no_other() -> None:
    assert {*MEANINGS} == {*Switches.__slots__}


def test_a_default_is_printed_as_it_is_written() -> None:
    page = markdown([CRITERIA["irecist"]])
    assert "| `confirm` | false |" in page
    assert "| `max_ne_between` | 1 |" in page
    assert "| `icpd_max_days` | none |" in page


def test_limits_of_targets() -> None:
    recist_1_1 = CRITERIA["recist-1.1"]
    assert "- Targets: at most 5 in all, 2 per organ (4.2)\n" in markdown([recist_1_1])
    one = replace(recist_1_1, targets=Limit(per_organ=1))
    assert "- Targets: at most 1 per organ (4.2)\n" in markdown([one])
    assert "- Targets: no limit (Measurable disease)\n" in markdown([CRITERIA["who-1979"]])


def test_a_protocol_is_described_as_its_switches_leave_it() -> None:
    text = describe(CRITERIA["who-1979"], Protocol(pd_scope=PdScope.SUM, confirm=False))
    assert text.switches["confirm"] is False
    assert [rule.says for rule in text.target if "sum of products 25 %" in rule.says]
    assert not [rule.says for rule in text.target if "its own smallest" in rule.says]


def test_nodes_and_words_where_an_edition_has_them() -> None:
    assert describe(CRITERIA["who-1979"]).words == {"SD": "NC"}
    assert describe(CRITERIA["recist-1.1"]).words == {}
    assert describe(CRITERIA["recist-1.0"]).nodes is None
    nodes = describe(CRITERIA["mrecist-hcc"]).nodes
    assert nodes == "By the short axis, as target lesion: under 10 mm normal, from 15 mm measurable"


def test_a_rule_that_is_changed_is_told_as_it_is() -> None:
    edition = CRITERIA["recist-1.1"]
    rules = (replace(edition.target[0], says="4.3.1 CR: another sentence"), *edition.target[1:])
    assert describe(replace(edition, target=rules)).target[0].says == "4.3.1 CR: another sentence"
