"""Takes what a source told into the directory: a thousand services at a time, in one transaction.

Nothing is stored unless `write` is said, and then what is reported is what was done.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from directory.geocoding import locate_areas
from directory.importing import IMPORT_LOCK
from directory.models import Provider, Service
from directory.open_referral.merging import merge
from directory.open_referral.outcome import Outcome
from directory.open_referral.reader import (
    ReadOrganization,
    ReadService,
    read_organization,
    read_service,
)
from directory.open_referral.spool import Spool
from directory.open_referral.storing import locate, store
from directory.sources import Source, SourcedRecord
from directory.upserts import Values, upsert

Json = dict[str, Any]
NO_GRID = {"easting": None, "northing": None, "latitude": None, "longitude": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Taking:
    """How a source is taken; `is_whole` says that what it does not tell is gone."""

    address: str
    write: bool
    approve: bool = False
    is_whole: bool = True
    reach_km: Mapping[str, float] = field(default_factory=dict)


async def find_newest(session: AsyncSession, address: str) -> dt.datetime | None:
    """The last change that an earlier import of this source told of."""
    return await session.scalar(select(Source.newest_at).where(Source.address == address))


async def take_spool(session: AsyncSession, spool: Spool, taking: Taking) -> Outcome:
    await session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))
    outcome = Outcome()
    source_id = await _source_id(session, taking, spool)
    seen: set[UUID] = set()
    for batch in spool.batches():
        work = _Batch(
            session, spool, taking=taking, outcome=outcome, source_id=source_id, seen=seen
        )
        await work.take(batch)
    if taking.is_whole:
        await _hide_gone(session, spool.ids, source_id, taking=taking, outcome=outcome)
    return outcome


async def _source_id(session: AsyncSession, taking: Taking, spool: Spool) -> UUID:
    known = await session.scalar(select(Source).where(Source.address == taking.address))
    id_ = known.id if known else uuid.uuid4()
    if taking.write:
        newest = spool.newest_at or (known.newest_at if known else None)
        row = {
            "id": id_,
            "address": taking.address,
            "imported_at": dt.datetime.now(dt.UTC),
            "newest_at": newest,
        }
        await upsert(session, Source, [row], key=("address",), only_when_new=("id",))
    return id_


async def _hide_gone(
    session: AsyncSession,
    told: Collection[UUID],
    source_id: UUID,
    *,
    taking: Taking,
    outcome: Outcome,
) -> None:
    query = (
        select(Service.id, Service.name)
        .join(SourcedRecord, SourcedRecord.record_id == Service.id)
        .where(SourcedRecord.source_id == source_id, Service.withdrawn_at.is_(None))
    )
    gone = {id_: name for id_, name in await session.execute(query) if id_ not in told}
    outcome.gone += gone.values()
    if gone and taking.write:
        await session.execute(
            update(Service)
            .where(Service.id == any_(literal(list(gone), ARRAY(Uuid))))
            .values(withdrawn_at=func.now())
        )


class _Batch:
    """One thousand services: what stands of them, what becomes of them, and the writing of it."""

    def __init__(
        self,
        session: AsyncSession,
        spool: Spool,
        *,
        taking: Taking,
        outcome: Outcome,
        source_id: UUID,
        seen: set[UUID],
    ) -> None:
        self._session, self._spool, self._taking = session, spool, taking
        self._outcome, self._source_id, self._seen = outcome, source_id, seen
        self._now = dt.datetime.now(dt.UTC).isoformat()
        self._records: list[Values] = []
        self._priced_anew: set[UUID] = set()

    async def take(self, batch: Iterable[Json]) -> None:
        services = [self._read(told) for told in batch]
        organizations = {one.organization.id: one.organization for one in services}
        await self._load(services, organizations)
        providers = [
            row for one in organizations.values() if (row := self._provider(one)) is not None
        ]
        taken = [one for one in services if self._may_take(one)]
        rows = [(one, row) for one in taken if (row := self._service(one)) is not None]
        if self._taking.write:
            await store(
                self._session,
                providers=providers,
                services=rows,
                located=self._located,
                records=self._records,
                priced_anew=self._priced_anew,
            )

    def _read(self, told: Json) -> ReadService:
        organization = read_organization(told["organization"])
        is_digital = self._spool.is_digital(str(organization.id))
        return read_service(told, organization, is_digital=is_digital)

    async def _load(self, services: Sequence[ReadService], organizations: Collection[UUID]) -> None:
        ids = [one.id for one in services]
        self._providers = await self._by_id(Provider, organizations)
        self._services = await self._by_id(Service, ids)
        records = await self._session.scalars(
            select(SourcedRecord)
            .where(SourcedRecord.record_id == any_(_array([*ids, *organizations])))
            .execution_options(populate_existing=True)
        )
        self._said = {one.record_id: one for one in records}
        codes = {place.postcode for one in services for place in one.places if place.postcode}
        self._located = await locate_areas(self._session, codes)

    async def _by_id(self, model: Any, ids: Collection[UUID]) -> dict[UUID, Any]:
        query = select(model).where(model.id == any_(_array(ids)))
        found = await self._session.scalars(query.execution_options(populate_existing=True))
        return {one.id: one for one in found}

    def _is_theirs(self, id_: UUID, standing: Mapping[UUID, Any]) -> bool:
        """Let no source change what another brought, or what was made here."""
        said = self._said.get(id_)
        if said is not None:
            return said.source_id == self._source_id
        return id_ not in standing

    def _may_take(self, service: ReadService) -> bool:
        theirs = self._is_theirs(service.id, self._services) and self._is_theirs(
            service.organization.id, self._providers
        )
        if not theirs:
            self._outcome.not_theirs.append(service.fields["name"])
        return theirs

    def _provider(self, told: ReadOrganization) -> Values | None:
        if not self._is_theirs(told.id, self._providers) or told.id in self._seen:
            return None
        self._seen.add(told.id)
        standing, said = self._providers.get(told.id), self._said.get(told.id)
        if standing is None:
            self._outcome.organizations_added += 1
        elif said is not None and said.said.get("digest") == told.digest:
            return None
        values = self._merge(told.id, told.fields, standing, name=told.fields["name"])
        self._note(told.id, "provider", told.fields, told.digest)
        return {
            "id": told.id,
            "ref": str(told.id),
            "kind": self._kind(told),
            **values,
            "open_referral": told.rest,
            "approved_at": self._now if self._taking.approve else None,
            "modified_at": told.modified_at or self._now,
        }

    def _kind(self, told: ReadOrganization) -> str:
        if self._spool.is_digital(str(told.id)):
            return "digital"
        return "charity" if told.fields["charity_number"] else "group"

    def _service(self, told: ReadService) -> Values | None:
        standing, said = self._services.get(told.id), self._said.get(told.id)
        self._tell(told)
        is_hidden = standing is not None and standing.withdrawn_at is not None
        same = said is not None and said.said.get("digest") == told.digest
        if same and is_hidden != told.is_open:
            self._outcome.unchanged += 1
            return None
        (self._outcome.changed if standing else self._outcome.added).append(told.fields["name"])
        values = self._merge(told.id, told.fields, standing, name=told.fields["name"])
        prices = [intake.pays_pence for intake in told.intakes]
        if said is None or said.said.get("prices") != prices:
            self._priced_anew.add(told.id)
        self._note(told.id, "service", told.fields, told.digest, prices=prices)
        kind = self._kind(told.organization)
        reach = self._taking.reach_km.get(kind)
        return {
            "id": told.id,
            "provider_id": told.organization.id,
            "ref": str(told.id),
            **values,
            **self._grid(told, values["postcode"], standing),
            "takes_level": 1,
            "standing_yes": False,
            "reach_metres": None if reach is None else round(reach * 1000),
            "open_referral": told.rest,
            "withdrawn_at": None if told.is_open else self._now,
            "modified_at": told.modified_at or self._now,
        }

    def _tell(self, told: ReadService) -> None:
        self._outcome.unmatched_terms.update(told.unmatched)
        self._outcome.without_need += not told.fields["needs"]
        self._outcome.closed += not told.is_open
        self._outcome.unknown_postcodes.update(
            place.postcode
            for place in told.places
            if place.postcode and place.postcode not in self._located
        )

    def _merge(self, id_: UUID, told: Json, standing: Any, *, name: str) -> Json:
        if standing is None:
            return told
        said = self._said[id_].said if id_ in self._said else {}
        ours = {column: getattr(standing, column) for column in told}
        merged = merge(ours=ours, said=said, told=told)
        if merged.kept:
            self._outcome.corrected_here.append(f"{name}: {', '.join(merged.kept)}")
        return merged.values

    def _grid(self, told: ReadService, postcode: str | None, standing: Any) -> Json:
        """Where the postcode was corrected here, it stands where it is here."""
        main = told.places[0] if told.places else None
        if standing is not None and (main is None or postcode != main.postcode):
            return {name: getattr(standing, name) for name in NO_GRID}
        place = locate(main, self._located) if main is not None else None
        return NO_GRID if place is None else {name: getattr(place, name) for name in NO_GRID}

    def _note(self, id_: UUID, kind: str, told: Json, digest: str, **more: Any) -> None:
        """Remember each field with the time at which the source first said this of it."""
        before = self._said.get(id_)
        said, said_at = (before.said, before.said_at) if before else ({}, {})
        times = {
            name: said_at[name] if name in said_at and said.get(name) == value else self._now
            for name, value in told.items()
        }
        self._records.append(
            {
                "record_id": id_,
                "source_id": self._source_id,
                "kind": kind,
                "said": told | {"digest": digest} | more,
                "said_at": times,
            }
        )


def _array(ids: Collection[UUID]) -> Any:
    return literal(list(ids), ARRAY(Uuid))
