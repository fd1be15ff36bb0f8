"""The industry a company is in, as a sector of NAICS 2022."""

import re
from functools import lru_cache

# Title, codes, and words that name it. The first row with a word that is found counts, so what a
# company does stands before whom it does it for: health insurance is insurance, hospital software
# is software.
_SECTORS = (
    ("Finance and Insurance", "52", r"bank\w*|financ\w*|fintech|insur\w*|invest\w*|mortgage\w*"),
    (
        "Real Estate and Rental and Leasing",
        "53",
        r"real estate|realt\w*|property management|rental|leasing",
    ),
    (
        "Information",
        "51",
        r"software|saas|internet|telecom\w*|media|publish\w*|broadcast\w*|film|data cent(?:er|re)",
    ),
    ("Manufacturing", "31 32 33", r"manufactur\w*|factory|machining|brewery|pharmaceutical\w*"),
    ("Wholesale Trade", "42", r"wholesale\w*|distribut(?:or|ors|ion)|import(?:er)?|export(?:er)?"),
    (
        "Construction",
        "23",
        r"construct\w*|builder|contract(?:or|ors|ing)|roof\w*|plumb\w*|hvac|electrician\w*",
    ),
    (
        "Transportation and Warehousing",
        "48 49",
        r"transport\w*|truck\w*|logistics|freight|warehous\w*|shipping|courier|airlines?|taxi",
    ),
    (
        "Accommodation and Food Services",
        "72",
        r"restaurants?|hotels?|hospitality|cater\w*|food service|caf[eé]|bars?|motels?",
    ),
    (
        "Retail Trade",
        "44 45",
        r"retail\w*|e-?commerce|stores?|shops?|dealer\w*|grocer\w*|supermarkets?|pharmacy",
    ),
    (
        "Educational Services",
        "61",
        r"educat\w*|schools?|universit(?:y|ies)|colleges?|edtech|training",
    ),
    (
        "Health Care and Social Assistance",
        "62",
        r"health\w*|medical|hospitals?|clinics?|dental|dentists?|physicians?|nursing|child ?care",
    ),
    (
        "Arts, Entertainment, and Recreation",
        "71",
        r"arts?|entertainment|recreation|sports?|gyms?|fitness|museums?|casinos?|gaming",
    ),
    (
        "Administrative and Support and Waste Management and Remediation Services",
        "56",
        r"staffing|janitor\w*|cleaning|landscap\w*|security|waste|travel agency|call cent(?:er|re)",
    ),
    (
        "Professional, Scientific, and Technical Services",
        "54",
        r"professional services|consult\w*|legal|law|attorneys?|account\w*|engineer\w*|architect\w*"
        r"|advertis\w*|marketing|information technology|it|technology|research|biotech\w*|design",
    ),
    ("Utilities", "22", r"utilit(?:y|ies)|electric power|water supply|sewage|solar|energy"),
    (
        "Mining, Quarrying, and Oil and Gas Extraction",
        "21",
        r"mining|mines?|quarr(?:y|ies)|oil|gas|drilling",
    ),
    (
        "Agriculture, Forestry, Fishing and Hunting",
        "11",
        r"agricultur\w*|farm\w*|ranch\w*|forest\w*|fish(?:ing|ery|eries)|crops?|livestock",
    ),
    (
        "Public Administration",
        "92",
        r"government\w*|public (?:sector|administration)|municipal\w*|military|police",
    ),
    ("Management of Companies and Enterprises", "55", r"holding(?: company|s)?"),
    (
        "Other Services (except Public Administration)",
        "81",
        r"salons?|barber\w*|church\w*|non-?profits?|repair\w*|laundr\w*|beauty|charit(?:y|ies)",
    ),
)
SECTORS = frozenset(title for title, _, _ in _SECTORS)
_TITLE_OF_CODE = {code: title for title, codes, _ in _SECTORS for code in codes.split()}
_WORDS = tuple((re.compile(rf"\b(?:{words})\b"), title) for title, _, words in _SECTORS)
_CODE = re.compile(r"(?:naics[ :]*)?(\d{2})\d{0,4}\b", re.ASCII)


@lru_cache(maxsize=4096)  # forms offer few answers
def sector(answer: str) -> str | None:
    """Find the sector that a NAICS code of 2 to 6 digits, or words, belong to; else None."""
    text = answer.strip().casefold()
    code = _CODE.match(text)
    if code is not None and code[1] in _TITLE_OF_CODE:
        return _TITLE_OF_CODE[code[1]]
    return next((title for words, title in _WORDS if words.search(text)), None)
