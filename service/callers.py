"""Who is asking: a principal, how it has shown itself, and the roles that it was granted."""

from dataclasses import dataclass, field
from enum import StrEnum

from service.roles import READERS, Role


class TokenKind(StrEnum):
    """What kind of token a caller came with."""

    BEARER = "BEARER"
    SESSION = "SESSION"
    KEY = "KEY"
    OIDC = "OIDC"


@dataclass(frozen=True)
class Grant:
    """A role in one trial, or in every trial where none is named."""

    role: Role
    trial_id: str | None

    def holds_in(self, trial_id: str | None) -> bool:
        """Whether this grant and one in that trial (None: in all of them) ever meet."""
        return self.trial_id is None or trial_id is None or self.trial_id == trial_id


@dataclass(frozen=True)
class Caller:
    """A principal whose token was good, with what was granted to it."""

    principal_id: str
    """Empty for a command of this machine, and for nobody."""
    name: str
    grants: tuple[Grant, ...]
    request_id: str | None = None
    kind: TokenKind = TokenKind.BEARER
    full_name: str | None = None
    """What stands beside a signature."""
    token_id: str | None = field(default=None, compare=False)
    """None where an identity provider has made the token."""

    @property
    def roles(self) -> frozenset[Role]:
        """The roles it has anywhere."""
        return frozenset(grant.role for grant in self.grants)

    def reads_as(self, trial_id: str) -> Role | None:
        """The one role in which it reads in a trial; None where it does not."""
        return next(iter(self.roles_in(trial_id) & READERS), None)

    def roles_in(self, trial_id: str) -> frozenset[Role]:
        """The roles it has in one trial."""
        return frozenset(grant.role for grant in self.grants if grant.holds_in(trial_id))


COMMAND_LINE = Caller("", "command line", ())
"""Whoever works on the machine itself, where its own accounts say who."""

NOBODY = Caller("", "nobody", ())
"""Whoever has not shown who it is."""
