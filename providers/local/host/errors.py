"""What the host refuses, as exceptions whose text is safe to show to the person who asked. Nothing here does anything."""


class HostError(Exception):
    """The host will not do what was asked. The text says why, in a sentence."""


class NotFound(HostError):
    """There is no such thing, or none that this person may see: the two look alike on purpose."""


class Forbidden(HostError):
    """The person may see it but not do this."""


class Invalid(HostError):
    """What was asked makes no sense as it stands; the text says what would."""


class HostDatabaseNewer(Exception):
    """The host's database was written by a newer version: install that version, or restore the older database."""

    def __init__(self) -> None:
        super().__init__(" ".join((type(self).__doc__ or "").split()))
