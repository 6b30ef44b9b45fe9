"""Makes the labelled comments on which masking is measured, always the same ones.

All persons and numbers are made up: identity codes are of the range that is never given
out, telephone numbers and accounts are drawn by chance. What is labelled was put in by
the template, whatever a recogniser thinks of it.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from random import Random

FILE = Path(__file__).parents[1] / "unit" / "rating_capture" / "masking_comments.jsonl"

Maker = Callable[[Random], str]
_CHECKS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_FULL_WIDTH = {ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)}


@dataclass(frozen=True)
class Comment:
    """A comment, and where its personal data is."""

    language: str
    text: str
    spans: tuple[tuple[int, int, str], ...]


def _identity_code(random: Random) -> str:
    day = date(1925, 1, 1) + timedelta(days=random.randrange(36_000))
    digits = f"{day:%d%m%y}"
    number = f"{random.randrange(900, 1000)}"
    sign = random.choice("-YXWVU") if day.year < 2000 else random.choice("ABCDEF")
    sign = "-" if day.year < 2000 and random.random() < 0.6 else sign
    code = f"{digits}{sign}{number}{_CHECKS[int(digits + number) % 31]}"
    return random.choice(
        [
            code,
            code,
            code,
            code.lower(),
            f"{code[:6]} {code[6]} {code[7:]}",
            f"{code[:6]}{code[6]} {code[7:]}",
            f"{code[:2]}.{code[2:4]}.{code[4:6]}{code[6:]}",
            code.translate(_FULL_WIDTH),
            code.replace("-", "–"),
            "\u200b".join([code[:6], code[6:]]),
            code[:4] + "\u00ad" + code[4:],
        ]
    )


def _domestic_phone(random: Random) -> str:
    prefix = random.choice(["040", "044", "050"])
    rest = f"{random.randrange(10**6, 10**7):07}"
    return random.choice(
        [
            f"{prefix}{rest}",
            f"{prefix} {rest}",
            f"{prefix}-{rest}",
            f"{prefix} {rest[:3]} {rest[3:]}",
            f"{prefix} {rest[:3]} {rest[3:5]} {rest[5:]}",
            f"{prefix}-{rest[:3]} {rest[3:]}",
            f"{prefix}.{rest[:3]}.{rest[3:]}",
            f"+358 {prefix[1:]} {rest[:3]} {rest[3:]}",
            f"+358{prefix[1:]}{rest}",
            f"00358 {prefix[1:]} {rest}",
            f"(0{random.choice('9')}) {random.randrange(200, 900)} {random.randrange(1000, 9999)}",
            " ".join(prefix + rest),
            f"{prefix}{rest}".translate(_FULL_WIDTH),
            f"{prefix}\u2011{rest}",
            f"{prefix}\u00a0{rest[:3]}\u00a0{rest[3:]}",
        ]
    )


def _swedish_phone(random: Random) -> str:
    rest = f"{random.randrange(10**6, 10**7):07}"
    lead = random.choice(["70", "72", "73", "76"])
    return random.choice(
        [
            f"+46 {lead} {rest[:3]} {rest[3:5]} {rest[5:]}",
            f"0{lead}-{rest[:3]} {rest[3:5]} {rest[5:]}",
            f"+46{lead}{rest}",
        ]
    )


def _email(random: Random) -> str:
    first = random.choice(
        ["matti", "liisa", "åsa", "t.koivu", "anna-maija", "k.virtanen87", "info"]
    )
    last = random.choice(["mallinen", "testi", "holm", "exempel", "esimerkki"])
    host = random.choice(["esimerkki.fi", "posti.example.com", "firma-oy.fi", "exempel.se"])
    user = random.choice([first, f"{first}.{last}", f"{first}_{last}", f"{first}+arvio"])
    return random.choice(
        [
            f"{user}@{host}",
            f"{user}@{host}",
            f"{user.upper()}@{host}",
            f"{user}(at){host}",
            f"{user} (at) {host}",
            f"{user}[at]{host}",
            f"{user}(ät){host}",
            f"{user}\uff20{host}",
            f"{user} @ {host}",
            f"{user}@{host.replace('.', '(piste)')}",
        ]
    )


def _iban(random: Random) -> str:
    country, length = random.choice([("FI", 14), ("FI", 14), ("FI", 14), ("SE", 20), ("EE", 16)])
    body = "".join(random.choice("0123456789") for _ in range(length))
    if country == "FI":
        # The last digit of a Finnish account number is a check digit of its own.
        body = body[:-1] + _luhn_digit(body[:-1])
    if country == "SE":
        return random.choice(["SE4550000000058398257466", "SE45 5000 0000 0583 9825 7466"])
    if country == "EE":
        return random.choice(["EE382200221020145685", "EE38 2200 2210 2014 5685"])
    as_number = int(body + "".join(str(ord(each) - 55) for each in country) + "00")
    compact = f"{country}{98 - as_number % 97:02}{body}"
    groups = " ".join(compact[at : at + 4] for at in range(0, len(compact), 4))
    return random.choice(
        [compact, groups, groups, compact.lower(), groups.replace(" ", "-"),
         groups.replace(" ", "\u00a0"), groups.translate(_FULL_WIDTH)]
    )  # fmt: skip


def _luhn_digit(body: str) -> str:
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def _card(random: Random) -> str:
    head = random.choice(["4539", "4920", "5412", "5105", "3712"])
    length = 15 if head == "3712" else 16
    body = head + "".join(random.choice("0123456789") for _ in range(length - 5))
    number = body + _luhn_digit(body)
    groups = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    return random.choice([number, groups, groups, groups.replace(" ", "-")])


def _plate(random: Random) -> str:
    letters = "".join(random.choice("ABCEFGHIJKLMNRSTUVXYZ") for _ in range(3))
    return f"{letters}-{random.randrange(100, 1000)}"


def _odd_plate(random: Random) -> str:
    letters = "".join(random.choice("ABCEFGHIJKLMNRSTUVXYZ") for _ in range(3))
    digits = random.randrange(100, 1000)
    return random.choice(
        [
            f"{letters.lower()}-{digits}",
            f"{letters}{digits}",
            f"{letters} {digits}",
            f"{letters[:2]}-{digits % 100}",
        ]
    )


def _mistyped_code(random: Random) -> str:
    code = f"{random.randrange(1, 29):02}0{random.randrange(1, 10)}{random.randrange(30, 99)}"
    number = f"{random.randrange(900, 1000)}"
    right = int(code + number) % 31
    return f"{code}-{number}{_CHECKS[(right + random.randrange(1, 31)) % 31]}"


def _worded_email(random: Random) -> str:
    name = random.choice(["matti.testi", "liisa", "k.virta"])
    return (
        f"{name} {random.choice(['at', 'ät', 'miuku'])} posti {random.choice(['piste', 'dot'])} fi"
    )


def _worded_phone(random: Random) -> str:
    words = ["nolla", "neljä", "nolla", "viisi", "yksi", "kaksi", "kuusi", "seitsemän", "kolme"]
    return " ".join([*words, random.choice(words)])


def _bare_plate(random: Random) -> str:
    return _plate(random).lower().replace("-", random.choice(["", "-", " "]))


MAKERS: Mapping[str, Mapping[str, Maker]] = {
    "personal_identity_code": {"hetu": _identity_code, "mistyped": _mistyped_code},
    "phone": {
        "phone": _domestic_phone,
        "swedish_phone": _swedish_phone,
        "worded_phone": _worded_phone,
    },
    "email": {"email": _email, "worded_email": _worded_email},
    "iban": {"iban": _iban},
    "card": {"card": _card},
    "plate": {"plate": _plate, "odd_plate": _odd_plate, "bare_plate": _bare_plate},
}

_WITH: Mapping[str, Sequence[str]] = {
    "fi": (
        "Henkilötunnukseni on {hetu} ja silti lomake ei mennyt läpi.",
        "Kirjautuminen ei onnistunut. {hetu}",
        "Äidin tunnus ({hetu}) ei löytynyt järjestelmästä!",
        "Miksi pitää antaa {hetu} kahteen kertaan?",
        "Soittakaa minulle {phone}, kiitos.",
        "Puhelinnumeroni on {phone} eikä kukaan ole soittanut.",
        "Jonotin tunnin. Numero: {phone}.",
        "Vastaus pyydetään osoitteeseen {email}, kiitos",
        "Sähköpostini {email} oli väärin hakemuksessa.",
        "Palautus tilille {iban} kiitos.",
        "Rahat eivät tulleet ({iban}), vaikka päätös on tehty.",
        "Maksu kortilla {card} meni kahdesti.",
        "Auton {plate} rekisteröinti ei toiminut.",
        "Vaihdoin omistajan ajoneuvolle {odd_plate} ilman ongelmia.",
        "{plate} puuttuu luettelosta.",
        "Olen Matti, {phone}, {email}. Hyvä palvelu!",
        "Hetu {hetu}, tili {iban}: kaikki tiedot kysyttiin uudestaan 24.11.2026.",
    ),
    "sv": (
        "Min personbeteckning är {hetu} men blanketten gick inte igenom.",
        "Inloggningen lyckades inte. {hetu}",
        "Varför frågar ni efter {hetu} två gånger?",
        "Ring mig på {phone}, tack.",
        "Jag väntade en timme, mitt nummer är {phone}.",
        "Mitt svenska nummer är {swedish_phone}, ring gärna.",
        "Svara till {email} så snart som möjligt",
        "Betala till kontot {iban} tack.",
        "Kortet {card} debiterades två gånger.",
        "Bilen {plate} syns inte i tjänsten.",
        "Fordonet {odd_plate} bytte ägare utan problem.",
        "Jag heter Åsa ({email}, {phone}) och är nöjd.",
    ),
    "en": (
        "My personal identity code is {hetu} and the form refused it.",
        "Login failed for {hetu}.",
        "Please call me at {phone}, thanks.",
        "I moved from Sweden and my number is {swedish_phone}.",
        "You can reach me by e-mail: {email}.",
        "The refund should go to {iban}, not to the old account.",
        "My card {card} was charged twice!",
        "I could not register my car {plate} online.",
        "The vehicle {odd_plate} was missing from the list.",
        "Write to {email} or call {phone} about this.",
    ),
}

_BEYOND: Mapping[str, Sequence[str]] = {
    "fi": (
        "Annoin {mistyped} ja se hyväksyttiin.",
        "Osoitteeni on {worded_email}, vastatkaa sinne.",
        "Numero on {worded_phone}.",
        "Ilmoitin {bare_plate} myydyksi.",
        "Sain lähetyksen {product} vasta viikon päästä.",
    ),
    "sv": ("Jag skrev {mistyped} och allt gick bra.",),
    "en": ("I sold {bare_plate} last week.", "Parcel {product} came late."),
}
"""What no rule of ours is meant to get right: the figures must not look better than they are."""

_WITHOUT: Mapping[str, Sequence[str]] = {
    "fi": (
        "Täytin hakemuksen {date} klo {time} ja se oli helppoa.",
        "Odotin vastausta {date}–{date}.",
        "Maksoin {amount} € ja sain kuitin heti.",
        "Asianumero {case} ei löytynyt haulla.",
        "Diaarinumero {case}, päätös tuli nopeasti.",
        "Postinumero {postal} Helsinki oli valmiina, hyvä!",
        "Tilausnumero {order} katosi näkyvistä.",
        "Viitenumero on {reference} ja eräpäivä {date}.",
        "Yrityksen Y-tunnus {business} haettiin valmiiksi.",
        "Lomake {form} on sekava.",
        "Virhekoodi {error} toistui kolme kertaa.",
        "Standardi ISO-900{digit} mainittiin ohjeessa.",
        "COVID-19 ja EU-{digit}{digit} -todistus olivat helppoja.",
        "Tuote {product} oli loppu.",
        "Jonossa oli {number} ihmistä ja odotin {digit} tuntia.",
        "Versio {version} toimi paremmin kuin edellinen.",
        "Selain näytti vain sivun {number}/{number}.",
        "Hätänumero 112 ja neuvonta 116 117 olivat hyvin esillä.",
        "Erinomaista, kiitos! Arvosana {digit}/10.",
        "Vuosina {year}–{year} palvelu oli huonompi.",
        "Katu 12 A 34, {postal} Turku: osoite oli vanha.",
        "Lain {number}/{year} mukaan asia on selvä.",
    ),
    "sv": (
        "Jag fyllde i ansökan {date} kl. {time} och det var lätt.",
        "Jag betalade {amount} € och fick kvittot direkt.",
        "Ärendenummer {case} hittades inte.",
        "Postnummer {postal} Åbo var redan ifyllt.",
        "Beställning {order} försvann.",
        "Företagets FO-nummer {business} hämtades automatiskt.",
        "Blankett {form} är rörig.",
        "Felkod {error} kom tre gånger.",
        "Produkt {product} var slut.",
        "Åren {year}–{year} var tjänsten sämre.",
        "Enligt lag {number}/{year} är saken klar.",
        "Version {version} fungerade bättre, betyg {digit}/10.",
    ),
    "en": (
        "I filled in the form on {isodate} at {time}, easy.",
        "I paid {amount} € and got the receipt at once.",
        "Case number {case} could not be found.",
        "Order {order} disappeared from the list.",
        "The invoice reference was {reference}.",
        "Business id {business} was filled in already, nice.",
        "Error {error} came up three times.",
        "Form {form} is confusing.",
        "I looked at suomi.fi and it took {number} minutes.",
        "From {year} to {year} it was worse, version {version} is better.",
        "Postal code {postal} was rejected.",
        "Product {product} was out of stock, 3 @ {digit}.50 each.",
    ),
}


def _reference(random: Random) -> str:
    body = str(random.randrange(10_000_000, 99_999_999))
    weights = (7, 3, 1)
    total = sum(int(d) * weights[place % 3] for place, d in enumerate(reversed(body)))
    text = body + str(-total % 10)
    return random.choice([text, f"{text[:4]} {text[4:]}"])


def _business_id(random: Random) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2)
    while True:
        body = f"{random.randrange(10**6, 4 * 10**6)}"
        rest = sum(int(d) * w for d, w in zip(body, weights, strict=True)) % 11
        if rest != 1:
            return f"{body}-{0 if rest == 0 else 11 - rest}"


def _pattern(*patterns: str) -> Maker:
    """Return a maker of one of the patterns, with a digit for each `#`."""

    def make(random: Random) -> str:
        drawn = random.choice(patterns)
        return "".join(str(random.randrange(1, 10)) if c == "#" else c for c in drawn)

    return make


FILLERS: Mapping[str, Maker] = {
    "date": _pattern("#.#.2025", "1#.#.2026", "2#.1.2026", "1#.1.25", "0#.12.2025"),
    "isodate": _pattern("2026-0#-1#", "2025-0#-0#"),
    "time": _pattern("#.1#", "1#.2#", "9.0#"),
    "amount": _pattern("# ###,##", "##,50", "#.###.###,00", "####", "## ###"),
    "case": _pattern("####/2026", "KEHA/####/2026", "2026-######", "VN/#####/2025", "H######-26"),
    "postal": _pattern("00##0", "20##0", "9##00"),
    "order": _pattern("1#########", "T-######", "########"),
    "reference": _reference,
    "business": _business_id,
    "form": _pattern("SV 123", "X-45", "KU 4b", "EV-###", "TEM-###"),
    "error": _pattern("E-404", "ERR-###", "0x8007000#", "500"),
    "product": _pattern("ABX-###", "KLM-###", "TRX-###"),
    "version": _pattern("#.#.#", "#.1#.2#"),
    "number": _pattern("##", "###", "1###"),
    "digit": _pattern("#"),
    "year": _pattern("201#", "202#"),
}
"""What looks like personal data, and is none."""

_TIMES_WITH = 12
_TIMES_WITHOUT = 6
_TIMES_BEYOND = 4


def _fill(template: str, language: str, random: Random) -> Comment:
    text, spans, rest = "", [], template
    while "{" in rest:
        before, _, rest = rest.partition("{")
        name, _, rest = rest.partition("}")
        text += before
        for kind, makers in MAKERS.items():
            if name in makers:
                made = makers[name](random)
                spans.append((len(text), len(text) + len(made), kind))
                break
        else:
            made = FILLERS[name](random)
        text += made
    return Comment(language, text + rest, tuple(spans))


def comments() -> Iterator[Comment]:
    """Make all comments."""
    random = Random(20191219)
    for language in ("fi", "sv", "en"):
        for template in _WITH[language]:
            for _ in range(_TIMES_WITH):
                yield _fill(template, language, random)
        for template in _BEYOND[language]:
            for _ in range(_TIMES_BEYOND):
                yield _fill(template, language, random)
        for template in _WITHOUT[language]:
            for _ in range(_TIMES_WITHOUT):
                yield _fill(template, language, random)


def as_lines() -> str:
    """Return the content of the file."""
    return "".join(
        json.dumps(
            {"language": each.language, "text": each.text, "spans": each.spans},
            ensure_ascii=False,
        )
        + "\n"
        for each in comments()
    )


def read() -> list[Comment]:
    """Return the comments that are checked in."""
    found = []
    for line in FILE.read_text(encoding="utf-8").splitlines():
        raw = json.loads(line)
        spans = tuple((start, end, kind) for start, end, kind in raw["spans"])
        found.append(Comment(raw["language"], raw["text"], spans))
    return found


if __name__ == "__main__":
    FILE.write_text(as_lines(), encoding="utf-8")
