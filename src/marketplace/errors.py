"""What can go wrong, in the words of the person who meets it; each error carries its status."""

from http import HTTPStatus


class MarketplaceError(Exception):
    """The base: `str(error)` may be shown to the person whose request it was."""

    status = HTTPStatus.BAD_REQUEST
    title = "That did not work"
    # Where to go to put it right: an address and its words.
    way_out: tuple[str, str] | None = None


class NotFoundError(MarketplaceError):
    # Also the answer to what exists but is not yours: a 403 would tell that it is there.
    status = HTTPStatus.NOT_FOUND
    title = "We cannot find that page"

    def __init__(
        self, what: str = "Check the address, or go back to the page you came from."
    ) -> None:
        super().__init__(what)


class NotSignedInError(MarketplaceError):
    status = HTTPStatus.UNAUTHORIZED
    title = "Sign in first"


class StalePageError(MarketplaceError):
    status = HTTPStatus.FORBIDDEN
    title = "This page was open for too long"

    def __init__(self) -> None:
        super().__init__("Nothing was changed. Go back, reload the page and try again.")


class MovedOnError(MarketplaceError):
    """A transition that the table of states does not allow from where the thing now is."""

    status = HTTPStatus.CONFLICT
    title = "Somebody was quicker"

    def __init__(self, subject: str, source: str, target: str) -> None:
        self.subject, self.source, self.target = subject, source, target
        super().__init__(
            f"This {subject} is now “{source.replace('_', ' ')}”, so it cannot become "
            f"“{target.replace('_', ' ')}”. Nothing was changed. Go back and reload the page."
        )


class LookedAtError(MarketplaceError):
    """Two practitioners decided about one family; the first word stands."""

    status = HTTPStatus.CONFLICT
    title = "A colleague was quicker"

    def __init__(self) -> None:
        super().__init__(
            "Somebody decided about this family a moment ago. What you chose was not saved."
        )


class NoPlaceLeftError(MarketplaceError):
    status = HTTPStatus.CONFLICT
    title = "The last place has just gone"

    def __init__(self) -> None:
        super().__init__("Nobody lost anything: the place went to another family a moment ago.")


class NotReadyError(MarketplaceError):
    """A step was asked for before the one it builds on."""

    status = HTTPStatus.CONFLICT
    title = "Something comes first"


class NoLawError(MarketplaceError):
    status = HTTPStatus.CONFLICT
    title = "First, write down the law you act under"
    way_out = ("/commissioner/law", "The law we act under")

    def __init__(self) -> None:
        super().__init__(
            "Nothing was stored. Families may ask by what right we hold a guess about them, so "
            "the page “The law we act under” has to be complete before the first need."
        )


class ObjectionsUnreadableError(MarketplaceError):
    """A secret key was taken away with which families' objections were hashed: nothing is taken."""

    status = HTTPStatus.CONFLICT
    title = "We cannot read who objected"

    def __init__(self) -> None:
        super().__init__(
            "Nothing was stored. Families' objections were kept under a secret key that is not set "
            "any more. Whoever runs this service has to put it back, behind the new one."
        )


class OnlyLookError(MarketplaceError):
    status = HTTPStatus.FORBIDDEN
    title = "You can look, and not change"

    def __init__(self) -> None:
        super().__init__(
            "Nothing was changed. Ask a colleague who is an editor, or ask them to make you one."
        )


class PausedError(MarketplaceError):
    """A provider that is not let in yet, is paused, or has left."""

    status = HTTPStatus.CONFLICT
    title = "Your organisation is paused"

    def __init__(self) -> None:
        super().__init__("Nothing was changed. Ring the council: they can tell you why.")


class NoAgreementError(MarketplaceError):
    status = HTTPStatus.CONFLICT
    title = "Agree first how you keep families’ details safe"

    def __init__(self) -> None:
        super().__init__("Nothing was changed. Open “Waiting for you” and read the agreement.")


class TooManyError(MarketplaceError):
    """Something was done too often lately; it says when there is room again."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    title = "Please wait a little"

    def __init__(self, wait_seconds: int) -> None:
        self.wait_seconds = max(1, wait_seconds)
        minutes = -(-self.wait_seconds // 60)
        in_words = "a minute" if minutes == 1 else f"{minutes} minutes"
        super().__init__(
            f"This was tried many times just now. Nothing is lost. Try again in {in_words}."
        )


class UnfitInputError(MarketplaceError):
    title = "We cannot read what was sent"

    def __init__(self) -> None:
        super().__init__(
            "There is a sign in it that no keyboard types, perhaps from a copied text. "
            "Nothing was changed. Go back, type that part by hand and try again."
        )


class TooLargeError(MarketplaceError):
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
    title = "That is too much at once"

    def __init__(self) -> None:
        super().__init__("Nothing was changed. Send a smaller form.")


class WorkAccountError(MarketplaceError):
    """The council's own sign-in did not vouch for anybody; why is nobody's but its operator's."""

    status = HTTPStatus.FORBIDDEN
    title = "Your work account did not let you in"

    def __init__(self) -> None:
        super().__init__("Try again from the sign-in page, or ask there for a link by e-mail.")


class BadFormError(MarketplaceError):
    """Answers that cannot be taken, each with the field it stands in."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    title = "There is a problem"

    def __init__(self, faults: dict[str, str]) -> None:
        self.faults = faults
        super().__init__(" ".join(faults.values()))


class BadSettingsError(MarketplaceError):
    status = HTTPStatus.INTERNAL_SERVER_ERROR
    title = "The settings are not complete"
