"""What the service answers to: routes that speak HTTP and nothing else."""

from service.routers import (
    adjudications,
    assess,
    criteria,
    measurements,
    operations,
    reads,
    series,
    subjects,
    tokens,
    trials,
)

# Open to those that service.roles opens each operation to.
GUARDED = (
    assess.router,
    criteria.router,
    tokens.router,
    trials.router,
    subjects.router,
    series.router,
    measurements.router,
    reads.router,
    adjudications.router,
    operations.guarded,
)

# Open to anyone.
OPEN = (operations.router,)
