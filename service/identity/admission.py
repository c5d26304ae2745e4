"""From the token of a request to its caller; what is refused is kept, as far as there is room."""

from collections import OrderedDict
from dataclasses import replace
from datetime import timedelta
from functools import partial

from service.audit.events import Action, Event, enter
from service.callers import Caller
from service.db import Database
from service.identity.attempts import Attempts
from service.identity.logins import Locking, asking
from service.identity.oidc import NotGood, Provider, Vouched
from service.identity.strangers import Strangers
from service.identity.tokens import PREFIX, caller_at, caller_for, digest, known_of
from service.problems import Unauthenticated
from service.settings import Settings

MOST_SEEN = 10_000
REFUSED = "The token is unknown, has expired or was revoked."


class Admission:
    """Who is let in, by which token; one for each application."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.strangers = Strangers()
        self.provider = Provider(settings) if settings.oidc_issuer else None
        lasts = timedelta(seconds=settings.lock_seconds)
        locking = Locking(after=settings.lock_after_failures, lasts=lasts)
        self.attempts = Attempts(locking, self.strangers)
        self._seen: OrderedDict[str, None] = OrderedDict()

    async def caller(self, database: Database, token: str, request_id: str) -> Caller:
        """Whose token it is. Raises Unauthenticated where it is not good.

        Raises Unavailable where that cannot be known now.
        """
        try:
            found = await self._found(database, token, request_id)
        except NotGood as refused:
            await self._keep(database, refused, request_id)
            raise Unauthenticated(REFUSED) from None
        return replace(found, request_id=request_id)

    async def vouched(self, token: str) -> Vouched:
        """Whom a token is of that an identity provider made; NotGood where it made none."""
        if self.provider is None:
            raise NotGood("UNKNOWN")
        return await self.provider.vouched(token)

    def close(self) -> None:
        """Let go of what stands apart."""
        self.attempts.close()

    async def _found(self, database: Database, token: str, request_id: str) -> Caller:
        if self.provider is not None and not token.startswith(PREFIX):
            return await self._enrolled(database, token, request_id)
        caller = await database.glance(partial(caller_for, token=token))
        if caller is None:
            known = await database.glance(partial(known_of, token=token))
            raise NotGood(known.why, token_id=known.token_id) if known else NotGood("UNKNOWN")
        return caller

    async def _enrolled(self, database: Database, token: str, request_id: str) -> Caller:
        """The principal that somebody enrolled here: nobody is one for a provider's word alone."""
        vouched = await self.vouched(token)
        issuer, subject = vouched.issuer, vouched.subject
        find = partial(caller_at, issuer=issuer, subject=subject, full_name=vouched.full_name)
        caller = await database.glance(find)
        if caller is None:
            raise NotGood("NOT_ENROLLED", issuer=issuer, subject=subject)
        await self._greet(database, caller, token, request_id)
        return caller

    async def _greet(self, database: Database, caller: Caller, token: str, request_id: str) -> None:
        """Keep that somebody came with a token that was not seen before."""
        seen = digest(token)
        if seen in self._seen:
            return
        self._seen[seen] = None
        if len(self._seen) > MOST_SEEN:
            self._seen.popitem(last=False)
        came = replace(caller, request_id=request_id)
        told = {"kind": caller.kind, "token_sha256": seen}
        event = Event(
            action=Action.LOGGED_IN, record="principal", record_id=caller.principal_id, new=told
        )
        await database.write(partial(enter, caller=came, event=event))

    async def _keep(self, database: Database, refused: NotGood, request_id: str) -> None:
        if (room := self.strangers.admit()) is None:
            return
        told = {name: value for name, value in refused.told.items() if name != "token_id"}
        event = Event(
            action=Action.DENIED,
            record="token",
            record_id=refused.told.get("token_id"),
            new={"status": int(Unauthenticated.status), "why": refused.why, **told, **room},
        )
        await database.write(partial(enter, caller=asking(request_id), event=event))
