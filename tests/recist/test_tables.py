"""Rules and tables of every edition: whole, consistent, named; and as the papers print them."""

from itertools import product

import pytest
import yaml

from recist import CRITERIA
from recist.protocol import Measure, PdReference, PdScope, Protocol
from recist.rules import otherwise
from recist.tables import EITHER, NO, NON_TARGET_WORDS, TARGET_WORDS, YES, Row, lookup
from recist.vocabulary import NewLesion, Response

EDITIONS = [
    *(pytest.param(edition, id=name) for name, edition in CRITERIA.items()),
    pytest.param(
        CRITERIA["zhu-2013"].under(
            Protocol(measure=Measure.LONGEST_DIAMETER, pd_reference=PdReference.BASELINE)
        )[0],
        id="zhu-2013 switched",
    ),
]
SWITCHED = CRITERIA["who-1979"].under(Protocol(pd_scope=PdScope.SUM))[0]
EDITIONS.append(pytest.param(SWITCHED, id="who-1979 switched"))
WIRE = {"NON-CR/NON-PD": "NON_CR_NON_PD"}


@pytest.fixture(scope="module")
def printed(shared):
    with (shared / "vectors" / "criteria.yaml").open() as text:
        return yaml.safe_load(text)["tables"]


def target_words(edition):
    return [edition.words.get(word, word) if word is Response.SD else word for word in TARGET_WORDS]


def cases(edition):
    """Every case that this edition can meet: iRECIST's table is read in the words of RECIST 1.1."""
    words = TARGET_WORDS if edition.confirmation else target_words(edition)
    return [*product(words, NON_TARGET_WORDS, NewLesion)]


def test_the_words_of_the_columns_are_those_of_recist_1_1_tables_1_and_2() -> None:
    assert {word.name for word in TARGET_WORDS} == {"CR", "PR", "SD", "PD", "NE", "NA"}
    both = {"CR", "NON_CR_NON_PD", "PD", "NE", "NA"}
    assert {word.name for word in NON_TARGET_WORDS} == both


@pytest.mark.parametrize("edition", EDITIONS)
class TestEveryEdition:
    def test_every_case_is_covered(self, edition) -> None:
        assert [case for case in cases(edition) if case not in edition.table] == []

    def test_all_rows_that_cover_a_case_agree(self, edition) -> None:
        for target, non_target, new in cases(edition):
            answers = {
                row.overall
                for row in edition.overall
                if target in row.target and non_target in row.non_target and new in row.new
            }
            assert len(answers) == 1, (target, non_target, new)

    def test_each_row_decides_something(self, edition) -> None:
        assert {*edition.overall} == {*edition.table.values()} | {
            row for row in edition.overall if row.overall is Response.PD
        }

    def test_rules_end_in_otherwise(self, edition) -> None:
        for rules in (edition.target, edition.non_target):
            assert rules[-1].when is otherwise
            assert all(rule.when is not otherwise for rule in rules[:-1])

    def test_rules_give_only_words_that_the_table_knows(self, edition) -> None:
        assert {rule.then for rule in edition.target} <= {case[0] for case in cases(edition)}
        assert {rule.then for rule in edition.non_target} == {*NON_TARGET_WORDS}

    def test_names_are_unique_and_one_word(self, edition) -> None:
        names = [reason.rule for reason in edition.reasons.values()]
        rules = len(edition.rules) + len(edition.overall)
        rules += len(edition.confirmation.rules) if edition.confirmation else 0
        assert len(names) == len({*names}) == rules
        assert all(name.startswith(f"{edition.name}/") for name in names)
        assert not [name for name in names if {" ", ","} & {*name}]

    def test_each_sentence_opens_with_its_section(self, edition) -> None:
        for rule in edition.rules:
            assert rule.section, rule.says
            assert rule.says.startswith(
                f"{rule.section}{'' if rule.code in REST else f' {rule.then}'}"
            )

    def test_it_cites_its_paper(self, edition) -> None:
        assert edition.title
        assert edition.cite


REST = {"RETURNED", "REST"}
"""Rules from notes to tables, which name no response."""


class TestTheCheckItself:
    """That a gap or a contradiction in a table would be seen."""

    def test_lookup_takes_the_first_row_that_covers_a_case(self) -> None:
        cr = frozenset({Response.CR})
        first = Row(cr, cr, NO, Response.CR, "1")
        second = Row(cr, cr, EITHER, Response.PD, "2")
        table = lookup([first, second])
        assert len(table) == 3
        assert table[Response.CR, Response.CR, NewLesion.NONE] is first
        assert table[Response.CR, Response.CR, NewLesion.UNEQUIVOCAL] is second

    def test_no_and_yes_are_all_there_is(self) -> None:
        assert not NO & YES
        assert {*NewLesion} == NO | YES == EITHER


def words(row):
    return [WIRE.get(word, word) for word in row]


def test_table_1_is_as_printed(printed) -> None:
    table = CRITERIA["recist-1.1"].table
    for row in printed["recist_1_1_table1"]["rows"]:
        target, non_target, new, overall = words(row)
        assert table[Response(target), Response(non_target), NewLesion(new)].overall == overall, row


def test_table_2_is_as_printed(printed) -> None:
    table = CRITERIA["recist-1.1"].table
    for row in printed["recist_1_1_table2"]["rows"]:
        non_target, new, overall = words(row)
        found = table[Response.NA, Response(non_target), NewLesion(new)]
        assert (found.overall, found.section.startswith("Table")) == (overall, True), row


@pytest.mark.parametrize("name", ["recist-1.0", "zhu-2013", "mrecist-hcc"])
def test_recist_1_0_and_those_that_cite_it_have_its_table(printed, name) -> None:
    table = CRITERIA[name].table
    for row in printed["recist_1_0_overall"]["rows"]:
        target, non_target, new, overall = row
        cell = (Response(target), Response(non_target.replace("IR/SD", "NON_CR_NON_PD")))
        assert table[(*cell, NewLesion(new))].overall == overall, row


def test_a_row_says_what_it_covers() -> None:
    rows = CRITERIA["recist-1.1"].overall
    assert rows[0].says == "Table 1: target CR, non-target CR or NA, no new lesion: CR"
    assert rows[7].says == "Table 1: target any, non-target any, a new lesion: PD"
    assert rows[2].says == "Table 1: target PR, non-target any but PD, no new lesion: PR"
