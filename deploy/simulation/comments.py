"""What people write: comments in three languages, some with made-up personal data in them.

The personal data belongs to nobody: identity codes of the range kept for tests
(individual numbers from 900), numbers and addresses that are never given out.
"""

from random import Random

from shared.vocabulary import Language

_PRAISE = {
    Language.FI: (
        "Sujui nopeasti, kiitos!",
        "Helppo ja selkeä, sain asian hoidettua kotoa käsin.",
        "Paljon parempi kuin ennen.",
        "Esitäytetyt tiedot säästivät aikaa.",
        "Kaikki toimi kännykällä hienosti.",
        "Hyvä kun ei tarvinnut soittaa.",
    ),
    Language.SV: (
        "Gick snabbt och smidigt, tack!",
        "Tydligt och enkelt.",
        "Bra att allt fanns på svenska.",
        "Förifyllda uppgifter sparade tid.",
    ),
    Language.EN: (
        "Quick and easy, thank you.",
        "Clear instructions, done in five minutes.",
        "Worked well on my phone.",
    ),
}
_COMPLAINT = {
    Language.FI: (
        "Liitteen lähettäminen ei onnistunut ensimmäisellä kerralla.",
        "Kysymykset olivat vaikeaselkoisia, virkakieltä liikaa.",
        "Lomake katkesi kesken ja piti aloittaa alusta.",
        "En tiennyt, kauanko käsittely kestää.",
        "Samat tiedot kysyttiin kahteen kertaan.",
        "Tunnistautuminen epäonnistui monta kertaa.",
    ),
    Language.SV: (
        "Bilagan gick inte att skicka.",
        "Svårt att förstå vilka uppgifter som behövs.",
        "Delar av tjänsten fanns bara på finska.",
        "Blanketten avbröts och jag fick börja om.",
    ),
    Language.EN: (
        "Half of the form was only in Finnish.",
        "The session ended before I had found all the papers.",
        "I could not attach a photo.",
    ),
}
_PERSONAL = {
    Language.FI: (
        "Henkilötunnukseni on {code}, miksi sitä kysyttiin kahdesti?",
        "Soittakaa minulle numeroon {phone}.",
        "Vastatkaa osoitteeseen {email}, kiitos.",
        "Palautus tilille {iban}.",
    ),
    Language.SV: (
        "Min personbeteckning är {code}.",
        "Ring mig på {phone}, tack.",
        "Svara till {email}.",
    ),
    Language.EN: (
        "My identity code is {code}, please check.",
        "Call me at {phone}.",
        "Write to {email} please.",
    ),
}
_PERSONAL_SHARE = 0.08
_CHECK_CHARACTERS = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_FEWEST_STARS_OF_PRAISE = 4


def make_identity_code(random: Random) -> str:
    """Return an identity code that is right by its check character and belongs to nobody."""
    day, month, year = random.randint(1, 28), random.randint(1, 12), random.randint(40, 99)
    individual = random.randint(900, 999)
    digits = f"{day:02}{month:02}{year:02}{individual:03}"
    return f"{digits[:6]}-{digits[6:]}{_CHECK_CHARACTERS[int(digits) % 31]}"


def make_iban(random: Random) -> str:
    """Return a Finnish account number whose check digits are right, of a bank that is not."""
    account = f"99{random.randint(0, 10**12 - 1):012}"
    # ISO 13616: letters count as numbers from A = 10, so "FI00" becomes 151800.
    check = 98 - int(f"{account}151800") % 97
    number = f"FI{check:02}{account}"
    return " ".join(number[start : start + 4] for start in range(0, len(number), 4))


def make_comment(stars: int, language: Language, random: Random) -> str:
    """Return a comment that suits the stars; now and then with personal data in it."""
    if random.random() < _PERSONAL_SHARE:
        return random.choice(_PERSONAL[language]).format(
            code=make_identity_code(random),
            phone=f"040 {random.randint(100, 999)} {random.randint(1000, 9999)}",
            email=f"asiakas{random.randint(1, 999)}@example.invalid",
            iban=make_iban(random),
        )
    praise = stars >= _FEWEST_STARS_OF_PRAISE
    return random.choice((_PRAISE if praise else _COMPLAINT)[language])
