"""Texts that are hard to store, texts that no page could show, and texts that are not exactly one emoji."""

NOT_ONE = {
    "nothing": "", "blank": " ", "a space of no width": "\u200b", "a word": "yes", "a letter": "a", "a digit": "1", "two digits": "42", "a sign": "#",
    "a mark": "\u0301", "a letter with marks": "e\u0301", "a thousand marks": "👍" + "\u0301" * 1000,
    "two": "👍👍", "two flags": "🇨🇭🇦🇹", "half a flag": "🇨", "three letters": "🇨🇭🇦",
    "a skin tone": "🏽", "a tone on what has no skin": "🍕🏽", "two tones": "👍🏽🏽", "a tone and a thumb": "🏽👍",
    "a joiner": "\u200d", "a joiner at the end": "👩‍", "a joiner at the start": "‍👩", "two joiners": "👩‍‍👧",
    "five joined": "👨‍👩‍👧‍👦‍👦", "a word joined": "👩‍a", "a selector": "\ufe0f", "a text selector": "❤\ufe0e",
    "a keycap of a letter": "a\ufe0f\u20e3", "a keycap of nothing": "\u20e3", "hidden letters": "🏴" + "\U000e0068\U000e0069\U000e007f",
    "hidden letters on a smile": "🙂\U000e0068\U000e0069\U000e007f", "control": "👍\x00", "override": "\u202e👍", "mahjong": "🀀",
    "an arrow that is none": "→", "a card": "🂡", "a private one": "\ue000", "many selectors": "👍" + "\ufe0f" * 60,
    "not assigned": "\U0001faff", "a surrogate": "\ud83d", "arabic": "\u0645", "html": "<b>", "with text": "👍 ok",
}  # fmt: skip


TEXTS = {
    "a script": "<script>alert('stored')</script>",
    "an image": '"><img src=x onerror=alert(1)>',
    "the end of what it stands in": "</script></style></textarea></title>--><!--]]>",
    "templates": "{{7*7}} ${7*7} <%= 7*7 %> #{7*7} %s {0} $1",
    "entities": "&lt;b&gt; &amp;amp; &#0; %3Cb%3E \\u003cb\\u003e",
    "quotes": "'; DROP TABLE media; -- \" \\ ` \\\\",
    "right to left": "\u2068\u202eevil\u202c\u2069 \u2067\u05e9\u05dc\u05d5\u05dd\u2069 \u0645\u0631\u062d\u0628\u0627",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f3f4\u200d\u2620\ufe0f \U0001f1e8\U0001f1ed",
    "marks": "Z\u0351\u036b\u0343a\u0328\u0301 e\u0301 \u1112\u1161\u11ab \u0958",
    "what normalising changes": "\u212bngstr\u00f6m \u2126 \u1e9b\u0323",
    "line separators": "a\u2028b\u2029c \ufeffd \u00ad \u200b",
}


UNSEEN = {
    "a space of no width": "\u200b",
    "marks alone": "\u0301\u0327 \u20dd",
    "a byte order mark": "\ufeff",
    "a blank of Braille": "\u2800",
    "a filler of Hangul": "\u3164\u115f\u1160\uffa0",
    "directions alone": "\u2067\u2069 \u200f",
    "a selector and a joiner": "\ufe0f\u200d",
    "hidden letters": "\U000e0041\U000e0042",
    "a tower of marks": "a" + "\u0330" * 150,
    "a tower with joiners": "a" + "\u0330\u200d" * 11,
}
"""Texts that show nothing or cover their neighbours."""
TURNING = {
    "an override": "a\u202eb",
    "an override without isolation": "a\u202eb\u202cc",
    "an open isolate": "a\u2067b",
    "an isolate that is closed too late": "a\u2067b\u202a\u2069c\u202c",
    "an end of another's isolate": "a\u2069b",
}
"""Texts that turn the text around them. A message may, because pages show each by itself."""
