"""The badge: a score as a small picture that any page can show."""

from shared.events import EserviceChanged, WindowScore
from shared.events.scores import WindowName
from shared.pages import Pages
from shared.pages.stars import star_fills
from shared.vocabulary import Language

# Widths of Helvetica and Arial in thousandths of the font size; the picture sets
# the length of each text, so that another font fits as well.
_NARROW = {
    **dict.fromkeys("ijl.,:;'|", 240),
    **dict.fromkeys(" \u00a0\u202ffrt()I-–", 320),
    **dict.fromkeys("mwMW", 850),
    **dict.fromkeys("ABCDEFGHKNOPQRSTUVXYZÄÖÅ", 690),
}
_USUAL = 556


def text_width(text: str, size: float) -> float:
    """Return about how wide `text` is at font size `size`."""
    return round(sum(_NARROW.get(letter, _USUAL) for letter in text) * size / 1000, 1)


class Badges:
    """Draws badges in all languages."""

    def __init__(self, pages: Pages) -> None:
        self._pages = pages

    def draw(
        self,
        eservice: EserviceChanged,
        score: WindowScore | None,
        window: WindowName,
        language: Language,
    ) -> bytes:
        """Return the badge as SVG; without a single number if the score is withheld."""
        mean = score.mean if score is not None else None
        return self._pages.text(
            language,
            "badge.svg",
            names=eservice.names,
            mean=mean,
            ratings=score.ratings if score is not None else None,
            window=window,
            fills=star_fills(mean),
            width_of=text_width,
        ).encode()
