"""All tables in one import, for migrations' checks and the session."""

from directory.models import Evidence, Intake, Postcode, Provider, Service
from directory.sources import OutwardArea, ServiceLocation, Source, SourcedRecord
from marketplace.db.families import Contact, Family, Need
from marketplace.db.history import Event
from marketplace.db.offers import Call, Message, Offer, WrongAnswer
from marketplace.db.people import Commissioner, SignInLink, StaffSession, User
from marketplace.db.plans import Match, Plan, UnmetNeed

__all__ = [
    "Call",
    "Commissioner",
    "Contact",
    "Event",
    "Evidence",
    "Family",
    "Intake",
    "Match",
    "Message",
    "Need",
    "Offer",
    "OutwardArea",
    "Plan",
    "Postcode",
    "Provider",
    "Service",
    "ServiceLocation",
    "SignInLink",
    "Source",
    "SourcedRecord",
    "StaffSession",
    "UnmetNeed",
    "User",
    "WrongAnswer",
]
