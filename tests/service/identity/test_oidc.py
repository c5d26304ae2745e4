"""Tokens of an identity provider: what is taken, and everything that is not."""

import base64
import json
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from service.callers import COMMAND_LINE, Grant
from service.identity.grants import Term, add_grant, revoke_grant
from service.identity.oidc import claim_at
from service.identity.principals import Person, disable, enrol
from service.roles import Role
from service.tables import events


def enrolled(issuer: str) -> Any:
    """Enrol ada, who audits; the id of her grant."""

    def unit(connection: Any) -> str:
        person = Person(name="ada", full_name="Ada L", issuer=issuer, subject="ada-1")
        made = enrol(connection, COMMAND_LINE, person)
        term = Term(reason="audits")
        return add_grant(connection, made, Grant(Role.AUDITOR, None), COMMAND_LINE, term)

    return unit


async def ask(client: httpx.AsyncClient, token: str) -> int:
    answer = await client.get("/v1/trials", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code


@pytest.fixture
def asked(inside, issuer):
    """What a token is answered, by a service that knows ada, and the entries that it leaves."""

    def run(*tokens: str, **settings: Any) -> tuple[list[int], list[Any]]:
        async def use(client, database):
            await database.write(enrolled(issuer.url))
            answers = [await ask(client, token) for token in tokens]
            query = select(events).where(events.c.action.in_(["LOGGED_IN", "DENIED"]))
            rows = await database.read(lambda c: c.execute(query.order_by(events.c.seq)).all())
            return answers, [(row.action, row.name, json.loads(row.new)) for row in rows]

        return inside(use, **issuer.settings(**settings))

    return run


@pytest.mark.parametrize(
    ("by", "algorithm"),
    [("RS256", "RS256"), ("RS256", "PS256"), ("ES256", "ES256"), ("EdDSA", "EdDSA")],
)
def test_a_good_token_of_each_kind(asked, issuer, by: str, algorithm: str) -> None:
    token = issuer.token(by=by, algorithm=algorithm)
    answers, entries = asked(token, token)
    assert answers == [200, 200]
    # The trail says once that she came with it.
    assert [entry[:2] for entry in entries] == [("LOGGED_IN", "ada")]
    assert entries[0][2]["kind"] == "OIDC"


GOOD = [
    {"aud": ["other", "recist"]},
    {"exp": -5},
    {"iat": 5},
    {"nbf": -5},
    {"header": {"typ": "JWT"}},
    {"header": {"typ": None}},
    # A key that the token brings along is not looked at.
    {"header": {"jku": "https://evil.example/jwks", "x5u": "https://evil.example/x"}},
]


@pytest.mark.parametrize("told", GOOD, ids=str)
def test_what_is_good_too(asked, issuer, told: dict[str, Any]) -> None:
    assert asked(issuer.token(**told))[0] == [200]


BAD = [
    ("AUDIENCE", {"aud": "another"}),
    ("INVALID", {"aud": None}),
    ("ISSUER", {"iss": "http://127.0.0.1:1"}),
    ("INVALID", {"iss": None}),
    ("EXPIRED", {"exp": -90}),
    ("INVALID", {"exp": None}),
    ("INVALID", {"exp": "soon"}),
    ("INVALID", {"iat": None}),
    ("INVALID", {"iat": 300}),
    ("INVALID", {"nbf": 300}),
    ("INVALID", {"sub": None}),
    ("NO_SUBJECT", {"sub": ""}),
    ("NOT_ENROLLED", {"sub": "eve-1"}),
    ("BOUND_TO_A_KEY", {"cnf": {"jkt": "x"}}),
    ("UNKNOWN_KEY", {"header": {"kid": "another"}}),
    ("UNKNOWN_KEY", {"header": {"kid": "ES256"}}),
    ("SIGNATURE", {"by": "not served", "header": {"kid": "RS256"}}),
    ("INVALID", {"by": "short"}),
    ("TYPE", {"header": {"typ": "logout+jwt"}}),
    ("MALFORMED", {"header": {"crit": ["urn:x"], "urn:x": 1}}),
]


@pytest.mark.parametrize(("why", "told"), BAD, ids=str)
def test_what_is_not(asked, issuer, why: str, told: dict[str, Any]) -> None:
    answers, entries = asked(issuer.token(**told))
    assert answers == [401]
    assert [(action, name, new["why"]) for action, name, new in entries] == [
        ("DENIED", "nobody", why)
    ]


def part(document: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(document).encode()).rstrip(b"=").decode()


def test_who_signs_nothing_or_with_what_all_know_is_nobody(asked, issuer) -> None:
    """`none`, and the public key taken for a shared secret (RFC 8725, section 2.1)."""
    good = issuer.token()
    head, claims, signature = good.split(".")
    public = jwt.PyJWK(issuer.keys[0]).key
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    tokens = [f"{part({'alg': none, 'kid': 'RS256'})}.{claims}." for none in ("none", "None", "")]
    for secret in (pem, pem.strip(), json.dumps(issuer.keys[0]).encode()):
        confused = f"{part({'alg': 'HS256', 'kid': 'RS256', 'typ': 'JWT'})}.{claims}"
        mac = jwt.get_algorithm_by_name("HS256").sign(confused.encode(), secret)
        tokens.append(f"{confused}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")
    tokens += [
        f"{head}.{claims}.",
        f"{head}.{claims}",
        f"{head}.{part({'sub': 'ada-1'})}.{signature}",
    ]
    critical = part({"alg": "RS256", "kid": "RS256", "crit": ["b64"], "b64": False})
    tokens.append(f"{critical}.{claims}.{signature}")
    tokens += ["a.b.c", "..", f"{part('[' * 9000)}.{claims}.{signature}", good[:-6]]
    answers, entries = asked(*tokens, good)
    assert answers == [401] * len(tokens) + [200]
    assert len(entries) == len(answers)


def test_a_key_that_the_token_brings_along_is_not_believed(asked, issuer) -> None:
    foreign = json.loads(json.dumps(issuer.keys[0])) | {"kid": "foreign"}
    told = {"by": "not served", "header": {"kid": "foreign", "jwk": foreign}}
    assert asked(issuer.token(**told))[0] == [401]


def test_only_what_the_settings_name_signs(asked, issuer) -> None:
    token = issuer.token(), issuer.token(by="ES256")
    assert asked(*token, oidc_algorithms="ES256,EdDSA")[0] == [401, 200]


def test_who_is_disabled_or_has_no_grant_any_more(inside, issuer) -> None:
    async def use(client, database):
        grant_id = await database.write(enrolled(issuer.url))
        token = issuer.token()
        seen = [await ask(client, token)]
        await database.write(lambda c: revoke_grant(c, grant_id, COMMAND_LINE, "over"))
        seen.append(await ask(client, token))
        await database.write(lambda c: disable(c, COMMAND_LINE, "ada", "left"))
        seen.append(await ask(client, token))
        return seen

    assert inside(use, **issuer.settings()) == [200, 403, 401]


def test_without_a_provider_its_tokens_are_unknown(inside, issuer) -> None:
    async def use(client, database):
        await database.write(enrolled(issuer.url))
        return await ask(client, issuer.token())

    assert inside(use) == 401
    assert issuer.asked == []


KEYCLOAK = {"oidc_login_claim": "realm_access.roles", "oidc_login_value": "recist"}
ENTRA = {"oidc_login_claim": "roles", "oidc_login_value": "Recist.User"}


@pytest.mark.parametrize(
    ("settings", "claims", "status"),
    [
        (KEYCLOAK, {"realm_access": {"roles": ["x", "recist"]}}, 200),
        (KEYCLOAK, {"realm_access": {"roles": ["x", "recist-other"]}}, 401),
        (KEYCLOAK, {"realm_access": ["recist"]}, 401),
        (KEYCLOAK, {}, 401),
        (ENTRA, {"roles": "Recist.User"}, 200),
        (ENTRA, {"roles": [["Recist.User"]]}, 401),
        ({"oidc_subject_claim": "oid"}, {"sub": "pairwise", "oid": "ada-1"}, 200),
        ({"oidc_subject_claim": "oid"}, {}, 401),
        ({"oidc_subject_claim": "ids.oid"}, {"ids": {"oid": "ada-1"}}, 200),
        ({"oidc_subject_claim": "ids.oid"}, {"ids": {"oid": 7}}, 401),
    ],
)
def test_claims_lie_where_the_provider_has_them(asked, issuer, settings, claims, status) -> None:
    assert asked(issuer.token(**claims), **settings)[0] == [status]


def test_a_claim_may_have_dots_in_its_name() -> None:
    claims = {"https://x.example/roles": ["a"], "a": {"b": {"c": 1}}, "a.b": 2}
    assert claim_at(claims, "https://x.example/roles") == ["a"]
    assert claim_at(claims, "a.b.c") == 1
    assert claim_at(claims, "a.b") == 2
    assert claim_at(claims, "a.c.b") is None


def test_a_provider_that_is_down(inside, issuer) -> None:
    """Who comes with a known key is let in; of another nothing can be known now."""

    async def use(client, database):
        await database.write(enrolled(issuer.url))
        issuer.answers = False
        headers = {"Authorization": f"Bearer {issuer.token()}"}
        answer = await client.get("/v1/trials", headers=headers)
        ours = await client.get("/healthz")
        return answer, ours

    answer, ours = inside(use, **issuer.settings())
    assert (answer.status_code, ours.status_code) == (503, 200)
    assert answer.json()["type"] == "/problems/unavailable"
    assert "RECIST_OIDC_ISSUER" in answer.json()["detail"]
    assert answer.headers["retry-after"]
