"""What the played server lets the widget say, in three languages."""

from typing import Any

TEXTS: dict[str, dict[str, Any]] = {
    "fi": {
        "stars": [
            "1 tähti viidestä",
            "2 tähteä viidestä",
            "3 tähteä viidestä",
            "4 tähteä viidestä",
            "5 tähteä viidestä",
        ],
        "send": "Lähetä arvio",
        "sending": "Lähetetään…",
        "thanks": "Kiitos arviostasi!",
        "thanks_note": "Arviosi auttaa parantamaan palvelua.",
        "choose_stars": "Valitse ensin tähdet, 1–5.",
        "comment_label": "Mitä voisimme tehdä paremmin? (vapaaehtoinen)",
        "comment_hint": "Älä kirjoita henkilötietoja, kuten nimiä tai henkilötunnuksia.",
        "characters_left": "Merkkejä jäljellä: {count}",
        "waiting": "Arvio ei ole vielä perillä. Yritämme uudelleen, pidäthän sivun auki.",
        "failed": "Arviota ei voitu vastaanottaa. Voit yrittää uudelleen.",
        "privacy": "Arvio annetaan nimettömästi. Emme käytä evästeitä.",
        "preview": "Esikatselu: mitään ei lähetetä.",
    },
    "sv": {
        "stars": [
            "1 stjärna av fem",
            "2 stjärnor av fem",
            "3 stjärnor av fem",
            "4 stjärnor av fem",
            "5 stjärnor av fem",
        ],
        "send": "Skicka omdömet",
        "sending": "Skickar…",
        "thanks": "Tack för ditt omdöme!",
        "thanks_note": "Ditt omdöme hjälper oss att förbättra tjänsten.",
        "choose_stars": "Välj först stjärnor, 1–5.",
        "comment_label": "Vad kunde vi göra bättre? (frivilligt)",
        "comment_hint": "Skriv inga personuppgifter, till exempel namn eller personbeteckningar.",
        "characters_left": "Tecken kvar: {count}",
        "waiting": "Omdömet har inte kommit fram ännu. Vi försöker på nytt, håll sidan öppen.",
        "failed": "Omdömet kunde inte tas emot. Du kan försöka på nytt.",
        "privacy": "Omdömet är anonymt. Vi använder inga kakor.",
        "preview": "Förhandsvisning: inget skickas.",
    },
    "en": {
        "stars": [
            "1 star out of five",
            "2 stars out of five",
            "3 stars out of five",
            "4 stars out of five",
            "5 stars out of five",
        ],
        "send": "Send rating",
        "sending": "Sending…",
        "thanks": "Thank you for your rating!",
        "thanks_note": "Your rating helps to make the service better.",
        "choose_stars": "First choose the stars, 1 to 5.",
        "comment_label": "What could we do better? (optional)",
        "comment_hint": "Do not write personal data, such as names or identity codes.",
        "characters_left": "Characters left: {count}",
        "waiting": "The rating has not arrived yet. We try again, please keep the page open.",
        "failed": "The rating could not be taken. You can try again.",
        "privacy": "The rating is anonymous. We use no cookies.",
        "preview": "Preview: nothing is sent.",
    },
}

QUESTIONS: dict[str, list[dict[str, Any]]] = {
    "fi": [{"question_id": "ease", "text": "Kuinka helppoa asiointi oli?", "weight": 1}],
    "sv": [{"question_id": "ease", "text": "Hur lätt var det att uträtta ärendet?", "weight": 1}],
    "en": [{"question_id": "ease", "text": "How easy was it to do this?", "weight": 1}],
}
