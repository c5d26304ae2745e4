"""What the service answers to: routes that speak HTTP and nothing else."""

from service.routers import (
    adjudications,
    agreement,
    assess,
    audit,
    consensus,
    criteria,
    drafts,
    endpoints,
    grants,
    keys,
    measurements,
    operations,
    pictures,
    reads,
    series,
    sessions,
    subjects,
    timelines,
    tokens,
    trials,
    users,
    worklist,
)

# Open to those that service.roles opens each operation to. A request is held against each in turn,
# so what is asked most stands first.
GUARDED = (
    reads.router,
    reads.one,
    drafts.router,
    worklist.router,
    timelines.router,
    assess.router,
    endpoints.router,
    criteria.router,
    tokens.router,
    trials.router,
    subjects.router,
    series.router,
    measurements.router,
    pictures.router,
    adjudications.router,
    audit.router,
    consensus.router,
    agreement.router,
    grants.router,
    keys.router,
    users.router,
    sessions.guarded,
    operations.guarded,
)

# Open to anyone.
OPEN = (operations.router, sessions.router)
