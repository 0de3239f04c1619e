"""What identifies a caller in a token: its subject."""

from models.values.text import accepted, clean_line

LONGEST_SUBJECT = 255


def is_identity(subject: str) -> bool:
    """Returns whether the subject can be one: a line of 1 to 255 characters that is stored as it is (rule 20)."""
    return accepted(lambda value: clean_line(value, LONGEST_SUBJECT), subject) == subject
