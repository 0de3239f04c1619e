"""Names and titles as people write them, in many scripts, and links with real hosts. All of them are accepted."""
# ruff: noqa: RUF001  # letters of other scripts resemble Latin ones

ARABIC = [
    "محمد", "فاطمة الزهراء", "عبد الرحمن بن عوف", "نور الدين", "عائشة", "يُوسُف", "مُحَمَّد", "بِسْمِ اللَّهِ الرَّحْمَٰنِ الرَّحِيمِ",
    "ٱلرَّحْمَٰنِ", "مقدمة في التصميم (الجزء ١)", "محمّد Müller", "قاعة 101: مراجعة",
]  # fmt: skip
PERSIAN_URDU = [
    "زهرا محمدی",
    "می\u200cخواهم",
    "نیم\u200cفاصله",
    "علی\u200cرضا",
    "اردو ادب",
    "ڈاکٹر اقبال",
    "کتاب\u200cخانه",
]
HEBREW = [
    "שרה", "דוד בן־גוריון", "יִשְׂרָאֵל", "מֹשֶׁה", "בְּרֵאשִׁ֖ית בָּרָ֣א אֱלֹהִ֑ים", "רחל (קבוצה 2)", "ירושלים\u200f!", "צה״ל",
]  # fmt: skip
INDIC = [
    "अनिता शर्मा", "श्रीकृष्ण", "क्\u200dष", "राजेश्\u200cवर", "বাংলা ভাষা", "রবীন্দ্রনাথ ঠাকুর", "தமிழ்ச்செல்வன்", "క్రీడలు", "ಕನ್ನಡ",
    "മലയാളം", "ගුණසේකර ශ්\u200dරී", "ਗੁਰਪ੍ਰੀਤ ਸਿੰਘ", "ગુજરાતી", "ଓଡ଼ିଆ", "नेपाली", "मराठी शाळा",
]  # fmt: skip
SOUTH_EAST = [
    "สมชาย", "น้ำผึ้ง", "ที่นี่", "กรุงเทพมหานคร", "ປະເທດລາວ", "မြန်မာ", "ကျောင်းသား", "ភាសាខ្មែរ", "ស្ត្រី", "ᬩᬮᬶ", "ꦗꦮ",
]  # fmt: skip
TIBETAN = ["བོད་ཡིག", "བསྒྲུབས", "ཧྐྵྨླྺྼྻྂ"]
VIETNAMESE = [
    "Nguyễn Thị Ánh", "Trần Đức Thắng", "Phạm Thị Hồng Nhung", "Đặng Ngọc Quỳnh", "Nguye\u0302\u0303n", "Ho\u0302\u0300ng",
]  # fmt: skip
EUROPEAN = [
    "Zoë", "Łukasz", "Jürgen Groß", "Søren Kierkegaard", "Šárka Dvořáková", "Ġorġ", "Ólafur", "Þóra", "O’Neill", "D'Angelo", "Jean-Luc",
    "María José", "Çağrı", "İpek", "Ștefan", "Ņikita", "Ἀριστοτέλης", "Γιώργος", "Ѳеодоръ", "Володимир", "Щербаков", "Й", "И\u0306",
    "Բարև", "გიორგი", "l·l Gal·la", "Nuñez", "A\u030a", "Ǭ", "ḗ", "s\u0323\u0307", "ɔ̃ɛ̃", "ə\u0301\u0303", "Հայկ",
]  # fmt: skip
EAST_ASIAN = [
    "山田太郎", "やまだ", "ヤマダ", "ﾔﾏﾀﾞ", "が", "か\u3099", "김민준", "\u1112\u1161\u11ab\u1100\u116e\u11a8", "王小明", "陳大文", "𠮷野家", "葛\U000e0100飾区",
    "ㄅㄆㄇ", "第１回　講義", "ꆈꌠꉙ", "ᠮᠣᠩᠭᠣᠯ", "ᠠ\u180b",
]  # fmt: skip
OTHERS = [
    "አማርኛ", "ⵜⴰⵎⴰⵣⵉⵖⵜ", "ᏣᎳᎩ", "ᐃᓄᒃᑎᑐᑦ", "ܣܘܪܝܝܐ", "ދިވެހި", "ߒߞߏ", "𞤆𞤵𞤤𞤢𞤪", "⠓⠑⠇⠇⠕⠀⠺⠕⠗⠇⠙", "ʻOkina", "Yorùbá Ọ̀ṣun", "ẹ̀kọ́", "Ɓàjà",
]  # fmt: skip
EMOJI = [
    "👩\u200d👩\u200d👧\u200d👦", "🏴\u200d☠️", "❤️", "❤️\u200d🔥", "👍🏽", "🇨🇭", "1️⃣", "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "🧑🏿\u200d🚀",
    "👁️\u200d🗨️", "🫶🏻", "Design 🎨 101", "☕︎", "🏳️\u200d🌈 club", "\U0001fae9", "🕵️\u200d♀️", "*️⃣",
]  # fmt: skip
MATHS = ["x̄ and σ²", "a⃗ · b⃗", "∑ᵢ xᵢ", "p̂", "\u00bd", "H₂O", "ℝ³", "🄯", "½ × ¾", "∂²f/∂x²", "f̈(x)"]
DIRECTIONS = [
    "\u2068שלום\u2069 (hello)", "\u2067مرحبا\u2069 \u2066world\u2069", "\u202bעברית\u202c in English", "\u2068a \u2067b\u2069 c\u2069",
    "abc\u200e (אבג\u200f)", "\u202aLeft\u202c", "\u2068\u202dcode\u202c\u2069", "٣\u061c-٤",
]  # fmt: skip
LATIN = [
    "Ada Lovelace",
    "a",
    "1",
    "!",
    "?",
    "-",
    "R&D",
    "<3",
    "C++",
    "Title: a subtitle, part 2/3",
    "$1",
    "=1+1",
    "@home",
    "#1",
    "-",
]
NAMES = [
    *ARABIC, *PERSIAN_URDU, *HEBREW, *INDIC, *SOUTH_EAST, *TIBETAN, *VIETNAMESE, *EUROPEAN, *EAST_ASIAN, *OTHERS, *EMOJI, *MATHS,
    *DIRECTIONS, *LATIN,
]  # fmt: skip

LINKS = [
    "https://media.example/lecture", "http://127.0.0.1:9000/x", "http://[::1]:80/", "http://[2001:db8::1]/x", "http://localhost/x", "HTTPS://A.EXAMPLE/",
    "https://пример.испытание/x", "https://пример.com/a?b=c#d", "https://例え.jp/", "http://日本語ひらがなカタカナ.jp", "https://한국어.kr",
    "https://münchen.example", "https://xn--mnchen-3ya.example", "https://bücher-shop.example", "https://مثال.إختبار/", "https://उदाहरण.परीक्षा/",
    "https://உதாரணம்.பரிட்சை/", "https://my_bucket.s3.example/x", "https://1and1.example", "https://3.pool.example", "https://a-b.example:443/",
    "https://ไทย.example/", "https://xn--fiqs8s/", "https://x.example/@user/video", "https://x.example/a@b?c=d:e", "https://việtnam.example",
    "https://ラーメン.example", "https://עברית.example/שלום", "https://a.example/👩\u200d👧", "https://fa.example/می\u200cخواهم", "https://h:/x",
]  # fmt: skip
ADDRESSES = [
    "ada@example.org", "a.b+c@sub.example.org", "ada@localhost", "jörg@münchen.example", "a@xn--mnchen-3ya.example", "用户@例子.example", "o'neill@a-b.example",
]  # fmt: skip
