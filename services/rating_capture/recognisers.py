"""Finds personal data in a text: one function for each kind, with check digits where it has any.

All of them read the plain form of a text that `masking.plain_form` makes: usual digits,
usual dashes, usual spaces, nothing invisible.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum

import phonenumbers
from phonenumbers import Leniency, PhoneNumberMatcher
from stdnum import iban, luhn
from stdnum.fi import hetu

Place = tuple[int, int]
"""Where something begins and ends in the text."""


class Kind(StrEnum):
    """What is masked."""

    PERSONAL_IDENTITY_CODE = "personal_identity_code"
    EMAIL = "email"
    IBAN = "iban"
    CARD = "card"
    PHONE = "phone"
    PLATE = "plate"


# ddmmyy, sign of the century, number, check character; people put spaces and dots into it.
_HETU = re.compile(
    r"(?<![A-Za-z0-9])"
    r"(?P<date>\d ?\d[ ./]?\d ?\d[ ./]?\d ?\d)"
    r"(?P<sign> ?[-+A-FYXWVUa-fyxwvu] ?| ?)"
    r"(?P<rest>\d ?\d ?\d[ -]?[0-9A-Ya-y])"
    r"(?![A-Za-z0-9])"
)
_HETU_WORDS = re.compile(
    r"henkil[öo](?:tunnu|numero)|hetu|sotu|sosiaaliturvatunnu"
    r"|person(?:beteckning|nummer|signum)|identity (?:code|number)|social security",
    re.IGNORECASE,
)
_VALUELESS = str.maketrans("", "", " ./")


def find_personal_identity_codes(text: str) -> Iterator[Place]:
    """Yield Finnish personal identity codes.

    The shape of a date, a sign, a number and a letter is so much its own that a mistyped
    one is masked, too: it still tells a birthday. What ends with a digit has to fit.
    """
    for match in _HETU.finditer(text):
        date = match["date"].translate(_VALUELESS)
        sign = match["sign"].strip().upper()
        rest = match["rest"].replace(" ", "").replace("-", "").upper()
        is_named = _HETU_WORDS.search(text, max(0, match.start() - 40), match.start()) is not None
        if not sign and rest[-1].isdigit() and not is_named:
            # Ten digits are many things, and one in 31 of them would fit.
            continue
        fits = any(
            hetu.is_valid(date + each + rest, allow_temporary=True) for each in sign or "-A"
        )
        if fits or (sign and _is_day(date) and (is_named or rest[-1].isalpha())):
            yield match.span()


def _is_day(date: str) -> bool:
    return 1 <= int(date[:2]) <= 31 and 1 <= int(date[2:4]) <= 12  # noqa: PLR2004  a calendar


_AT = r"\s{0,2}(?:@|\((?:@|at|ät|a|miukumauku|snabel-?a)\)|\[(?:@|at|ät|a)\]|\{at\})\s{0,2}"
_DOT = r"(?:\.|\s?(?:\((?:dot|piste|punkt|\.)\)|\[(?:dot|piste|punkt|\.)\])\s?)"
_EMAIL = re.compile(
    rf"(?<![\w.+-])[\w.+'%-]{{1,64}}{_AT}(?:[^\W_](?:[\w-]{{0,62}}){_DOT}){{1,5}}[^\W\d_]{{2,24}}"
    rf"(?![\w-])",
    re.IGNORECASE,
)


def find_emails(text: str) -> Iterator[Place]:
    """Yield e-mail addresses, those included that hide their @ and dots in words."""
    return (match.span() for match in _EMAIL.finditer(text))


_IBAN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{2} ?\d ?\d(?:[ -]?[A-Za-z0-9]){11,30}")
_SHORTEST_IBAN, _LONGEST_IBAN = 15, 34


def find_ibans(text: str) -> Iterator[Place]:
    """Yield account numbers whose length and check digits are right."""
    for match in _IBAN.finditer(text):
        places = [at for at in range(*match.span()) if text[at].isalnum()]
        for length in range(min(len(places), _LONGEST_IBAN), _SHORTEST_IBAN - 1, -1):
            end = places[length - 1] + 1
            # A word that goes on is not the end of a number.
            if end < len(text) and text[end].isalnum():
                continue
            compact = "".join(text[at] for at in places[:length])
            if iban.is_valid(compact):
                yield match.start(), end
                break


_CARD = re.compile(r"(?<![\dA-Za-z.,/-])\d(?:[ -]?\d){12,18}(?![\dA-Za-z])")
# Visa, Mastercard, Maestro, American Express, Diners, JCB, Discover.
_ISSUERS = re.compile(r"2[2-7]|3[04-8]|4|5[0-8]|6")


def find_cards(text: str) -> Iterator[Place]:
    """Yield payment card numbers of known issuers whose check digit is right."""
    for match in _CARD.finditer(text):
        number = match[0].replace(" ", "").replace("-", "")
        if _ISSUERS.match(number) and luhn.is_valid(number):
            yield match.span()


_SPACED_PHONE = re.compile(r"(?<![\d.,])(?:\+ ?)?\d(?:[ .-]\d){8,13}(?![\d.,-]?\d)")
_MIN_PHONE_DIGITS = 7
_DATE = re.compile(r"\b\d{1,2}\.\d{1,2}\.(?:\d{4}|\d{2})\b|\b\d{4}-\d{2}-\d{2}\b")


def find_phones(text: str) -> Iterator[Place]:
    """Yield phone numbers as they are written in Finland and Sweden, and international ones."""
    if sum(map(str.isdigit, text)) < _MIN_PHONE_DIGITS:
        return
    dates = [match.span() for match in _DATE.finditer(text)]
    for region in ("FI", "SE"):
        for match in PhoneNumberMatcher(text, region, Leniency.VALID, max_tries=200):
            if region == "SE" and not _is_written_as_swedish(match.raw_string):
                continue
            if any(begin < match.end and match.start < end for begin, end in dates):
                continue
            yield match.start, match.end
    for spaced in _SPACED_PHONE.finditer(text):
        number = re.sub(r"[ .-]", "", spaced[0])
        if _is_valid_phone(number):
            yield spaced.span()


def _is_written_as_swedish(number: str) -> bool:
    """Tell apart what only Swedish rules allow: there `0` and any eight digits may be a number."""
    digits = re.sub(r"\D", "", number)
    return digits.startswith(("46", "0046", "07")) and number[0] in "+0("


def _is_valid_phone(number: str) -> bool:
    if not number.startswith(("0", "+")):
        return False
    try:
        return phonenumbers.is_valid_number(phonenumbers.parse(number, "FI"))
    except phonenumbers.NumberParseException:
        return False


_PLATE = re.compile(
    r"(?<![A-Za-zÅÄÖåäö0-9-])(?P<letters>[A-Za-zÅÄÖåäö]{2,3})(?P<between>[- ]?)"
    r"(?P<digits>\d{1,3}|\d\d[A-Za-z])(?![A-Za-zÅÄÖåäö0-9]|-[A-Za-z0-9])"
)
_VEHICLE = re.compile(
    r"\b\w*auto(?:n|ni|nsa|a|ani|ssa|ssani|sta|stani|lla|llani|on|ksi)?\b"
    r"|rekister|rekkar|kilpi|kilvet|ajoneuvo|moottoripyör|mopo|perävaunu"
    r"|\bbil(?:en|ens|ar)?\b|registrering|registernum|fordon|motorcykel|skylt"
    r"|\bcar\b|\bcars\b|plate|vehicle|registration|motorcycle|\bvan\b",
    re.IGNORECASE,
)
_VEHICLE_REACH = 50
_FULL_LETTERS, _FULL_DIGITS = 3, 3
# Three letters, a dash and three digits that are no plate; and what says so before it.
_NO_PLATES = frozenset({"ISO", "SFS", "DIN", "USB", "PDF", "TOP", "RFC", "PTV", "KHO", "ICT"})
_NO_PLATE_WORDS = re.compile(
    r"(?:tuot\w*|malli\w*|koodi\w*|lomak\w*|versio\w*|virhe\w*|asia\w*|tilau\w*|kurssi\w*"
    r"|produkt\w*|modell\w*|kod\w*|blankett\w*|fel\w*|version\w*|ärende\w*|beställning\w*|kurs\w*"
    r"|product|model|code|form|error|case|order|course|room|item|ticket)"
    r"(?:\s+(?:no|nro|nr|number|nummer|oli|on|var|är|was|is))?[:.]?\s*$",
    re.IGNORECASE,
)


def find_plates(text: str) -> Iterator[Place]:
    """Yield vehicle plates: `ABC-123` as such, other spellings only near a word for a vehicle."""
    for match in _PLATE.finditer(text):
        near = text[max(0, match.start() - _VEHICLE_REACH) : match.end() + _VEHICLE_REACH]
        if _VEHICLE.search(near.replace(match[0], " ")):
            is_plate = match["between"] == "-" or len(match["letters"]) == _FULL_LETTERS
        else:
            is_plate = _is_unmistakable(match, text)
        if is_plate and match["letters"].upper() not in _NO_PLATES:
            yield match.span()


def _is_unmistakable(match: "re.Match[str]", text: str) -> bool:
    return (
        match["between"] == "-"
        and match["letters"].isupper()
        and len(match["letters"]) == _FULL_LETTERS
        and len(match["digits"]) == _FULL_DIGITS
        and match["digits"].isdigit()
        and not _NO_PLATE_WORDS.search(text, max(0, match.start() - 40), match.start())
    )


RECOGNISERS: Mapping[Kind, Callable[[str], Iterator[Place]]] = {
    Kind.PERSONAL_IDENTITY_CODE: find_personal_identity_codes,
    Kind.IBAN: find_ibans,
    Kind.CARD: find_cards,
    Kind.EMAIL: find_emails,
    Kind.PHONE: find_phones,
    Kind.PLATE: find_plates,
}
"""In this order: what an earlier one has found, a later one leaves alone."""
