"""E-mail addresses: of the form that mail goes to, so that nothing else is taken for one (rule 20).

Stricter than RFC 5321, which also knows quoted names, comments and addresses of machines: nobody signs in with those.
"""

import re

from models.errors import Invalid
from models.values.text import clean_line

EMAIL_LIMIT = 254

_NAME = re.compile(r"(?!\.)(?!.*\.\.)[^\s@\"(),:;<>\[\\\]]{1,64}(?<!\.)")
_LABEL = r"(?!-)[^\W_](?:[^\W_]|-)*(?<!-)"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")


def clean_email(value: str, *field: str) -> str:
    """One address as it is stored: one @ between a name and a domain of letters, digits and hyphens. Raises Invalid."""
    address = clean_line(value, EMAIL_LIMIT, *field)
    name, _, domain = address.partition("@")
    if not (address.isprintable() and _NAME.fullmatch(name) and _DOMAIN.fullmatch(domain)):
        raise Invalid("This is no e-mail address.", *field)
    return address
