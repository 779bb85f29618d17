"""All tables in one import, for migrations' checks and the session."""

from directory.listing import Listing, OutsideAnswer, PostcodeRelease, Town
from directory.models import Evidence, Intake, Postcode, Provider, Service
from directory.sources import OutwardArea, ServiceLocation, Source, SourcedRecord
from directory.volunteers.models import Absence, Paper, QuizTry, Volunteer
from marketplace.db.families import Contact, Family, Need
from marketplace.db.history import Event
from marketplace.db.listings import ListingCheck, ToldApart
from marketplace.db.offers import Call, Message, Offer, WrongAnswer
from marketplace.db.people import Commissioner, SignInLink, StaffSession, User
from marketplace.db.plans import Match, Plan, UnmetNeed
from marketplace.db.providers import Agreement, JoinRequest
from marketplace.db.volunteering import HostReminder, Introduction, ReceivedText, WeeklyQuestion

__all__ = [
    "Absence",
    "Agreement",
    "Call",
    "Commissioner",
    "Contact",
    "Event",
    "Evidence",
    "Family",
    "HostReminder",
    "Intake",
    "Introduction",
    "JoinRequest",
    "Listing",
    "ListingCheck",
    "Match",
    "Message",
    "Need",
    "Offer",
    "OutsideAnswer",
    "OutwardArea",
    "Paper",
    "Plan",
    "Postcode",
    "PostcodeRelease",
    "Provider",
    "QuizTry",
    "ReceivedText",
    "Service",
    "ServiceLocation",
    "SignInLink",
    "Source",
    "SourcedRecord",
    "StaffSession",
    "ToldApart",
    "Town",
    "UnmetNeed",
    "User",
    "Volunteer",
    "WeeklyQuestion",
    "WrongAnswer",
]
