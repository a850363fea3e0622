"""What can go wrong with the embedded servers; each message is one line for the person at the terminal."""


class EmbeddedError(Exception):
    """The embedded servers can't run here."""

    code = "embedded_failed"


class DataDirBusy(EmbeddedError):
    """Another live process owns the data folder."""

    code = "data_dir_busy"


class DataDirBroken(EmbeddedError):
    """The data folder can't be used; the message says why."""

    code = "data_dir_broken"
