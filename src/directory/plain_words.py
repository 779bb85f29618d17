"""Plain words for what a listing says in codes."""

from collections.abc import Iterable, Mapping

LANGUAGES: Mapping[str, str] = {
    "en": "English",
    "ar": "Arabic",
    "bfi": "British Sign Language",
    "bg": "Bulgarian",
    "bn": "Bengali",
    "cy": "Welsh",
    "es": "Spanish",
    "fa": "Farsi",
    "fr": "French",
    "gu": "Gujarati",
    "hi": "Hindi",
    "hu": "Hungarian",
    "it": "Italian",
    "ku": "Kurdish",
    "lt": "Lithuanian",
    "lv": "Latvian",
    "ne": "Nepali",
    "pa": "Punjabi",
    "pl": "Polish",
    "ps": "Pashto",
    "pt": "Portuguese",
    "ro": "Romanian",
    "ru": "Russian",
    "sk": "Slovak",
    "so": "Somali",
    "sq": "Albanian",
    "ta": "Tamil",
    "tet": "Tetum",
    "ti": "Tigrinya",
    "tr": "Turkish",
    "uk": "Ukrainian",
    "ur": "Urdu",
    "vi": "Vietnamese",
    "yue": "Cantonese",
    "zh": "Chinese",
}
ACCESS: Mapping[str, str] = {
    "step-free": "No steps",
    "hearing-loop": "A hearing loop",
    "bsl": "British Sign Language",
    "quiet": "A quiet place",
    "online-only": "Online",
    "at-home": "They come to you",
}


def say_languages(codes: Iterable[str]) -> str:
    """Leave a language that we have no word for as its code."""
    names = [LANGUAGES.get(code, LANGUAGES.get(code.partition("-")[0], code)) for code in codes]
    return join_words(list(dict.fromkeys(names)))


def say_ages(youngest: int | None, oldest: int | None) -> str:
    if youngest is None and oldest is None:
        return "Any age"
    if oldest is None:
        return f"Age {youngest} and over"
    return f"Up to age {oldest}" if not youngest else f"Age {youngest} to {oldest}"


def join_words(words: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))
