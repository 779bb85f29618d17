"""A job that breaks is done again later; what is kept of it tells where it broke, and no more."""

import structlog
from pgqueuer.errors import RetryRequested
from pgqueuer.executors import DatabaseRetryEntrypointExecutor
from pgqueuer.models import Context, Job

log = structlog.get_logger("marketplace.worker")


class JobBrokenError(Exception):
    """It broke as often as it is tried."""


class QuietRetries(DatabaseRetryEntrypointExecutor):
    """The queue keeps errors with their words, and words may hold an address or a row."""

    async def execute(self, job: Job, context: Context) -> None:
        try:
            await super().execute(job, context)
        except RetryRequested as retry:
            broken = retry.__cause__ or retry
            log.warning("job waits", job=job.entrypoint, exc_info=broken)
            raise RetryRequested(delay=retry.delay, reason=type(broken).__name__) from None
        except Exception as error:
            log.exception("job broke", job=job.entrypoint)
            raise JobBrokenError(type(error).__name__) from None
