"""All tables in one import, for migrations' checks and the session."""

from directory.listing import Listing, OutsideAnswer, PostcodeRelease, Town
from directory.models import Evidence, Intake, Postcode, Provider, Service
from marketplace.db.families import Contact, Family, Need
from marketplace.db.history import Event
from marketplace.db.listings import ListingCheck, ToldApart
from marketplace.db.offers import Call, Message, Offer, WrongAnswer
from marketplace.db.people import Commissioner, SignInLink, StaffSession, User
from marketplace.db.plans import Match, Plan, UnmetNeed
from marketplace.db.providers import Agreement, JoinRequest

__all__ = [
    "Agreement",
    "Call",
    "Commissioner",
    "Contact",
    "Event",
    "Evidence",
    "Family",
    "Intake",
    "JoinRequest",
    "Listing",
    "ListingCheck",
    "Match",
    "Message",
    "Need",
    "Offer",
    "OutsideAnswer",
    "Plan",
    "Postcode",
    "PostcodeRelease",
    "Provider",
    "Service",
    "SignInLink",
    "StaffSession",
    "ToldApart",
    "Town",
    "UnmetNeed",
    "User",
    "WrongAnswer",
]
