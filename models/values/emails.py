"""Validates e-mail addresses (rule 20).

The check is stricter than RFC 5321, which also allows quoted names, comments and IP addresses as hosts. Nobody signs in
with such addresses.
"""

import re

from models.errors import Invalid
from models.values.hosts import is_domain
from models.values.text import clean_line

EMAIL_LIMIT = 254

_NAME = re.compile(r"(?!\.)(?!.*\.\.)[^\s@\"(),:;<>\[\\\]]{1,64}(?<!\.)")


def clean_email(value: str, *field: str) -> str:
    """Returns the address as it is stored: a name, an @, and a domain of letters, digits and hyphens, each label in one script.

    Raises Invalid.
    """
    address = clean_line(value, EMAIL_LIMIT, *field)
    name, _, domain = address.partition("@")
    if not (address.isprintable() and _NAME.fullmatch(name) and "_" not in domain and is_domain(domain)):
        raise Invalid("This is not an e-mail address.", *field)
    return address
