"""All tables in one import, for migrations' checks and the session."""

from directory.listing import Listing, OutsideAnswer, PostcodeRelease, Town
from directory.models import Evidence, Intake, Postcode, Provider, Service
from directory.sources import OutwardArea, ServiceLocation, Source, SourcedRecord
from directory.volunteers.models import Absence, Paper, QuizTry, Volunteer
from marketplace.db.asks import Ask
from marketplace.db.digests import Digest
from marketplace.db.families import Contact, Family, Need, NeedFile, StopEntry
from marketplace.db.history import Event, EventSeal
from marketplace.db.limits import LimitUse
from marketplace.db.listings import ListingCheck, ToldApart
from marketplace.db.looks import FamilyLook
from marketplace.db.machines import ApiRequest, ApiToken
from marketplace.db.offers import Call, Message, Offer, WaitingPlace, WrongAnswer
from marketplace.db.outcomes import Concern, Outcome
from marketplace.db.people import (
    Commissioner,
    LegalBasis,
    RecoveryCode,
    SecondStep,
    SignInLink,
    StaffSession,
    User,
    WorkAccount,
)
from marketplace.db.plans import Fund, Match, PairRule, Plan, UnmetNeed, WhatIfNeed
from marketplace.db.providers import Agreement, JoinRequest
from marketplace.db.rights import LegalHold, Objection, RightsRequest
from marketplace.db.volunteering import HostReminder, Introduction, ReceivedText, WeeklyQuestion

__all__ = [
    "Absence",
    "Agreement",
    "ApiRequest",
    "ApiToken",
    "Ask",
    "Call",
    "Commissioner",
    "Concern",
    "Contact",
    "Digest",
    "Event",
    "EventSeal",
    "Evidence",
    "Family",
    "FamilyLook",
    "Fund",
    "HostReminder",
    "Intake",
    "Introduction",
    "JoinRequest",
    "LegalBasis",
    "LegalHold",
    "LimitUse",
    "Listing",
    "ListingCheck",
    "Match",
    "Message",
    "Need",
    "NeedFile",
    "Objection",
    "Offer",
    "Outcome",
    "OutsideAnswer",
    "OutwardArea",
    "PairRule",
    "Paper",
    "Plan",
    "Postcode",
    "PostcodeRelease",
    "Provider",
    "QuizTry",
    "ReceivedText",
    "RecoveryCode",
    "RightsRequest",
    "SecondStep",
    "Service",
    "ServiceLocation",
    "SignInLink",
    "Source",
    "SourcedRecord",
    "StaffSession",
    "StopEntry",
    "ToldApart",
    "Town",
    "UnmetNeed",
    "User",
    "Volunteer",
    "WaitingPlace",
    "WeeklyQuestion",
    "WhatIfNeed",
    "WorkAccount",
    "WrongAnswer",
]
