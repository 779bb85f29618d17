"""All tables in one import, for migrations' checks and the session."""

from directory.models import Evidence, Intake, Postcode, Provider, Service
from directory.volunteers.models import Absence, Paper, QuizTry, Volunteer
from marketplace.db.families import Contact, Family, Need
from marketplace.db.history import Event
from marketplace.db.offers import Call, Message, Offer, WrongAnswer
from marketplace.db.people import Commissioner, SignInLink, StaffSession, User
from marketplace.db.plans import Match, Plan, UnmetNeed
from marketplace.db.volunteering import (
    HostReminder,
    Introduction,
    ReceivedText,
    WeeklyQuestion,
)

__all__ = [
    "Absence",
    "Call",
    "Commissioner",
    "Contact",
    "Event",
    "Evidence",
    "Family",
    "HostReminder",
    "Intake",
    "Introduction",
    "Match",
    "Message",
    "Need",
    "Offer",
    "Paper",
    "Plan",
    "Postcode",
    "Provider",
    "QuizTry",
    "ReceivedText",
    "Service",
    "SignInLink",
    "StaffSession",
    "UnmetNeed",
    "User",
    "Volunteer",
    "WeeklyQuestion",
    "WrongAnswer",
]
