"""Who gets in with a token, what an id opens, and that no grant unblinds a reader."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import product

import pytest
from sqlalchemy import event, insert, select, update

from service.access import own_series, own_subject, own_trial
from service.callers import Caller, Grant
from service.identity.tokens import bootstrap, caller_for, new_token
from service.problems import Conflict, Forbidden, NotFound, Unprocessable
from service.roles import OPEN_TO, READERS, Role
from service.tables import grants, principals, series, subjects, tokens, trials

NOW = datetime.now(UTC)
BY = {"created_at": NOW, "created_by": "founder"}


def found(connection):
    """Two trials, A and B, each with one subject and one series of the same letter."""
    connection.execute(insert(principals), {"id": "founder", "name": "founder", "created_at": NOW})
    for letter in "AB":
        trial = {
            "id": f"trial-{letter}",
            "name": f"Trial {letter}",
            "criteria": "recist-1.1",
            "protocol": "{}",
            "readers": 2,
            "compartments": "[]",
            "adjudicate_on": '["BEST_OVERALL"]',
        }
        subject = {
            "id": f"subject-{letter}",
            "trial_id": trial["id"],
            "code": "S-001",
            "attributes": "{}",
            "version": 1,
        }
        images = {
            "id": f"series-{letter}",
            "subject_id": subject["id"],
            "series_uid": "1.2",
            "study_uid": "1.1",
            "modality": "CT",
            "kind": "IMAGE",
            "flags": "[]",
        }
        connection.execute(insert(trials), trial | BY)
        connection.execute(insert(subjects), subject | BY)
        connection.execute(insert(series), images | BY)


@pytest.fixture
def founded(database):
    database.run(found)
    return database


@pytest.fixture
def issue(founded):
    """Issue a token to a principal, and return it."""

    def issue_(name, role, trial_id=None, **more):
        return founded.run(lambda c: new_token(c, name, role, trial_id, **more)).token

    return issue_


@pytest.fixture
def enter(founded):
    """The caller that a token stands for."""
    return lambda token: founded.run(lambda c: caller_for(c, token))


class TestTokens:
    def test_a_token_says_who_calls_and_what_was_granted(self, issue, enter):
        caller = enter(issue("reader 1", Role.READER_1, "trial-A"))
        assert caller.name == "reader 1"
        assert caller.grants == (Grant(Role.READER_1, "trial-A"),)
        assert caller.roles == {Role.READER_1}
        assert caller.roles_in("trial-A") == {Role.READER_1}
        assert caller.roles_in("trial-B") == set()

    def test_a_grant_without_a_trial_is_one_for_every_trial(self, issue, enter):
        caller = enter(issue("monitor", Role.MONITOR))
        assert caller.roles_in("trial-A") == caller.roles_in("trial-B") == {Role.MONITOR}

    def test_each_token_of_a_principal_has_all_its_grants(self, issue, enter):
        first = issue("manager", Role.TRIAL_MANAGER, "trial-A")
        second = issue("manager", Role.MONITOR, "trial-B")
        assert first != second
        assert enter(first) == enter(second)
        assert enter(first).roles_in("trial-B") == {Role.MONITOR}

    def test_a_second_token_for_the_same_grant_repeats_no_grant(self, issue, founded):
        issue("reader 1", Role.READER_1, "trial-A")
        issue("reader 1", Role.READER_1, "trial-A")
        assert len(founded.run(lambda c: c.execute(select(grants)).all())) == 1
        assert len(founded.run(lambda c: c.execute(select(tokens)).all())) == 2

    def test_only_the_digest_is_kept(self, issue, founded):
        token = issue("reader 1", Role.READER_1)
        kind, token_id, secret = token.split("_", 2)
        rows = founded.run(lambda c: c.execute(select(tokens)).all())
        assert kind == "rcst"
        assert [row.id for row in rows] == [token_id]
        assert len(secret) >= 43  # 256 bits, six a character
        assert [row.sha256 for row in rows] == [sha256(token.encode()).hexdigest()]
        assert secret not in repr(rows)

    def test_a_token_lasts_as_long_as_was_said(self, founded):
        for days in (1, 365):
            issued = founded.run(lambda c: new_token(c, "m", Role.MONITOR, None, days=days))  # noqa: B023
            life = issued.expires_at - datetime.now(UTC)
            assert timedelta(days=days, minutes=-1) < life <= timedelta(days=days)

    def test_nobody_enters_with_another_token(self, enter, issue):
        token = issue("reader 1", Role.READER_1)
        assert enter(token) is not None
        nearly = (token[:-1], token + "A", token.swapcase(), f" {token}")
        for wrong in (*nearly, "", "rcst_", "rcst_x_y", "é\udc80\x00", "x" * 100_000):
            assert enter(wrong) is None, wrong

    @pytest.mark.parametrize("column", ["expires_at", "revoked_at"])
    def test_nobody_enters_with_an_expired_or_revoked_token(self, founded, enter, issue, column):
        token, other = issue("a", Role.MONITOR), issue("b", Role.MONITOR)
        past = datetime.now(UTC) - timedelta(seconds=1)
        digest = sha256(token.encode()).hexdigest()
        ended = update(tokens).where(tokens.c.sha256 == digest).values({column: past})
        founded.run(lambda c: c.execute(ended) and None)
        assert enter(token) is None
        assert enter(other) is not None

    def test_a_revoked_grant_grants_nothing(self, founded, enter, issue):
        token = issue("a", Role.MONITOR)
        founded.run(lambda c: c.execute(update(grants).values(revoked_at=NOW)) and None)
        assert enter(token).grants == ()
        assert enter(token).roles == frozenset()

    def test_a_caller_is_found_by_one_statement(self, founded, issue):
        token = issue("a", Role.MONITOR, "trial-A")
        issue("a", Role.AUDITOR, "trial-B")
        seen = []
        event.listen(founded._writes, "before_cursor_execute", lambda *of: seen.append(of[2]))
        founded.run(lambda c: caller_for(c, token))
        assert [statement.split()[0] for statement in seen if "BEGIN" not in statement] == [
            "SELECT"
        ]


class TestWhatIsNeverGranted:
    def test_a_name_is_printable_and_not_too_long(self, issue, enter):
        for name in ("", "   ", "x" * 201, "two\nlines", "nul\x00"):
            with pytest.raises(Unprocessable) as refused:
                issue(name, Role.MONITOR)
            assert refused.value.members["errors"][0]["pointer"] == "/name", name
        assert enter(issue("x" * 200, Role.MONITOR)).name == "x" * 200

    def test_a_token_lasts_a_year_at_most(self, issue):
        for days in (0, -1, 366):
            with pytest.raises(Unprocessable, match="365"):
                issue("a", Role.MONITOR, days=days)

    def test_an_unknown_trial(self, issue, founded):
        with pytest.raises(NotFound, match="nowhere"):
            issue("a", Role.MONITOR, "nowhere")
        assert founded.run(lambda c: c.execute(select(tokens)).all()) == []

    def test_an_administrator_of_one_trial(self, issue):
        with pytest.raises(Unprocessable) as refused:
            issue("a", Role.ADMINISTRATOR, "trial-A")
        assert refused.value.members["errors"][0]["pointer"] == "/trial"


SEE_MORE = [role for role in Role if role not in READERS | {Role.WORKSTATION}]
UNBLINDING = [
    *((a, b) for a, b in product(sorted(READERS), repeat=2) if a != b),
    *product(sorted(READERS), SEE_MORE),
    *product(SEE_MORE, sorted(READERS)),
]
SAME = [(None, None), ("trial-A", "trial-A"), (None, "trial-A"), ("trial-A", None)]


def places(role, trial_id):
    return None if role is Role.ADMINISTRATOR else trial_id


@pytest.mark.requirement("R10")
class TestReadersStayBlinded:
    def test_whoever_reads_a_trial_is_nothing_else_in_it(self, issue, enter):
        for (first, second), (one, other) in product(UNBLINDING, SAME):
            name = f"{first} {one}, {second} {other}"
            token = issue(name, first, places(first, one))
            with pytest.raises(Conflict, match="blinded"):
                issue(name, second, places(second, other))
            assert enter(token).roles == {first}, name

    def test_in_another_trial_it_may_be(self, issue, enter):
        for first in READERS:
            issue(first, first, "trial-A")
            token = issue(first, Role.ADJUDICATOR, "trial-B")
            assert enter(token).roles_in("trial-A") == {first}
            assert enter(token).roles_in("trial-B") == {Role.ADJUDICATOR}

    def test_a_reader_may_use_a_workstation(self, issue, enter):
        for reader in READERS:
            issue(reader, Role.WORKSTATION)
            token = issue(reader, reader, "trial-A")
            assert enter(token).roles == {Role.WORKSTATION, reader}

    def test_the_same_role_in_every_trial_adds_nothing_to_see(self, issue, enter):
        issue("a", Role.READER_1, "trial-A")
        assert enter(issue("a", Role.READER_1)).roles == {Role.READER_1}

    def test_a_grant_that_was_revoked_stands_in_no_way(self, issue, founded, enter):
        issue("a", Role.READER_1, "trial-A")
        founded.run(lambda c: c.execute(update(grants).values(revoked_at=NOW)) and None)
        assert enter(issue("a", Role.READER_2, "trial-A")).roles == {Role.READER_2}

    def test_whoever_reads_nothing_may_be_several(self, issue, enter):
        for role in SEE_MORE:
            token = issue("a", role)
        assert enter(token).roles == set(SEE_MORE)


def caller(role, trial_id):
    return Caller("p", "p", (Grant(role, trial_id),))


OWN = {own_trial: "trial-A", own_subject: "subject-A", own_series: "series-A"}


@pytest.fixture(params=OWN, ids=lambda own: own.__name__)
def door(request, founded):
    """Ask for the row of trial A as a caller, in a transaction."""
    own = request.param

    def ask(who, operation, id_=OWN[own]):
        return founded.run(lambda c: own(c, who, id_, operation))

    return ask


@pytest.mark.requirement("R10")
class TestTheDoorToARow:
    def test_it_opens_to_the_roles_of_the_table_and_to_no_other(self, door):
        for operation, role, where in product(OPEN_TO, Role, ("trial-A", None)):
            if role in OPEN_TO[operation]:
                assert door(caller(role, where), operation).id.endswith("-A")
            else:
                with pytest.raises(Forbidden, match=operation):
                    door(caller(role, where), operation)

    def test_what_is_absent_and_what_is_another_trials_look_the_same(self, door):
        said = set()
        for role, asked in product(Role, ({}, {"id_": "nothing"}, {"id_": ""}, {"id_": "' OR 1"})):
            with pytest.raises(NotFound) as refused:
                door(caller(role, "trial-B"), "getTrial", **asked)
            said.add(repr(refused.value.body()))
        assert len(said) == 1

    def test_who_was_granted_nothing_finds_nothing(self, door):
        with pytest.raises(NotFound):
            door(Caller("p", "p", ()), "getTrial")

    def test_a_grant_elsewhere_opens_nothing_here(self, door):
        """A role that is open to the operation in B is no help in A, where another is held."""
        here, elsewhere = Grant(Role.WORKSTATION, "trial-A"), Grant(Role.TRIAL_MANAGER, "trial-B")
        with pytest.raises(Forbidden):
            door(Caller("p", "p", (here, elsewhere)), "getTimeline")


def test_a_subject_comes_with_its_trial(founded):
    manager = caller(Role.TRIAL_MANAGER, None)
    row = founded.run(lambda c: own_subject(c, manager, "subject-A", "getSubject"))
    assert (row.id, row.code, row.version, row.trial_id) == ("subject-A", "S-001", 1, "trial-A")
    assert (row.trial_name, row.criteria, row.readers) == ("Trial A", "recist-1.1", 2)
    assert row.created_by == "founder"


def test_a_series_comes_with_the_id_of_its_trial(founded):
    row = founded.run(
        lambda c: own_series(c, caller(Role.WORKSTATION, "trial-B"), "series-B", "measure")
    )
    assert (row.id, row.subject_id, row.trial_id) == ("series-B", "subject-B", "trial-B")


def test_the_first_run_gives_an_administrator_a_day(database):
    token = database.run(bootstrap)
    first = database.run(lambda c: caller_for(c, token))
    assert first.grants == (Grant(Role.ADMINISTRATOR, None),)
    expires = database.run(lambda c: c.execute(select(tokens.c.expires_at)).scalar_one())
    assert timedelta(hours=23, minutes=59) < expires - datetime.now(UTC) <= timedelta(hours=24)
    assert database.run(bootstrap) is None


def test_where_anybody_has_a_token_there_is_no_first_run(issue, founded):
    issue("a", Role.MONITOR)
    assert founded.run(bootstrap) is None


def test_an_administrator_reads_nothing_clinical():
    clinical = {"listSubjects", "getSubject", "listSeries", "measure", "signRead", "getTimeline"}
    clinical |= {"listDiscrepancies", "createAdjudication", "listAdjudications", "uploadSeries"}
    assert not [name for name in clinical if Role.ADMINISTRATOR in OPEN_TO[name]]


def test_no_reader_sees_what_counts_or_compares():
    shown = ("listDiscrepancies", "listAdjudications", "createAdjudication", "metrics")
    assert not [name for name in shown if READERS & OPEN_TO[name]]


def test_a_workstation_never_signs():
    assert Role.WORKSTATION not in OPEN_TO["signRead"]
