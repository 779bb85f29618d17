"""What we write to whoever asks what we hold: the same words whether anything is held or not."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from marketplace.db.rights import RightsRequest
from marketplace.messages.compose import Mail, compose_mail, council_of
from marketplace.services.rights.rights import ANSWER_LINK, PROOF_LINK
from marketplace.services.sending.outbox import RIGHTS_ANSWER, RIGHTS_PROOF, Composer, Refusal
from marketplace.settings import settings_of
from marketplace.templating import shared_environment
from marketplace.tokens import derive_token


async def _proof_mail(session: AsyncSession, request_id: uuid.UUID) -> Mail | Refusal:
    request, now = await _load(session, request_id)
    if request is None or request.proved_at is not None or request.expires_at <= now:
        return Refusal("the link is too old")
    return _compose(session, request, "rights_proof", link=PROOF_LINK, path="confirm")


async def _answer_mail(session: AsyncSession, request_id: uuid.UUID) -> Mail | Refusal:
    request, now = await _load(session, request_id)
    if request is None or request.answer is None or request.opened_at is not None:
        return Refusal("the answer is gone")
    if request.answer_expires_at is None or request.answer_expires_at <= now:
        return Refusal("the link is too old")
    return _compose(session, request, "rights_answer", link=ANSWER_LINK, path="answer")


async def _load(
    session: AsyncSession, request_id: uuid.UUID
) -> tuple[RightsRequest | None, datetime]:
    request = await session.get(
        RightsRequest,
        request_id,
        options=[joinedload(RightsRequest.commissioner)],
        populate_existing=True,
    )
    return request, (await session.execute(select(func.now()))).scalar_one()


def _compose(
    session: AsyncSession, request: RightsRequest, event: str, *, link: str, path: str
) -> Mail | Refusal:
    if request.commissioner.messages_stopped_at is not None:
        return Refusal("messages are stopped", state="stopped")
    to = (request.given or {}).get("email")
    if not to:
        return Refusal("there is no address")
    settings = settings_of(session)
    token = derive_token(settings.secret_keys, link, request.id, made_with=request.key_id)
    return compose_mail(
        shared_environment(),
        event,
        to=to,
        council=council_of(request.commissioner),
        link=f"{settings.base_url}/your-data/{path}/{token}",
    )


COMPOSERS: Mapping[str, Composer] = MappingProxyType(
    {RIGHTS_PROOF: _proof_mail, RIGHTS_ANSWER: _answer_mail}
)
