"""What the service answers to: routes that speak HTTP and nothing else."""

from service.routers import (
    adjudications,
    assess,
    criteria,
    endpoints,
    measurements,
    operations,
    pictures,
    reads,
    series,
    subjects,
    tokens,
    trials,
)

# Open to those that service.roles opens each operation to. A request is held against each in turn,
# so what is asked most stands first.
GUARDED = (
    reads.router,
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
    operations.guarded,
)

# Open to anyone.
OPEN = (operations.router,)
