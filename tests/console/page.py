"""Read a page as strictly as a validator, and find things in it as a reader does."""

from html.parser import HTMLParser
from itertools import pairwise

VOID = frozenset(("area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source"))
FIELDS = frozenset(("input", "select", "textarea"))
HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
BLOCKS = frozenset(
    ("div", "dl", "form", "header", "main", "nav", "ol", "p", "pre", "section", "table", "ul")
)
REFERENCES = ("aria-labelledby", "aria-describedby", "for", "list")


class Element:
    """An element, with its children: elements and texts."""

    def __init__(self, tag, attributes, parent=None):
        self.tag = tag
        self.attributes = attributes
        self.parent = parent
        self.children = []

    @property
    def text(self):
        """Give what is read: blanks as one blank, nothing around."""
        return " ".join(" ".join(self._texts()).split())

    def _texts(self):
        for child in self.children:
            yield from [child] if isinstance(child, str) else child._texts()

    def all(self, *tags, **attributes):
        """Find the elements below that have a tag, and attributes."""
        wanted = {name.strip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self._below()
            if (not tags or element.tag in tags)
            and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def one(self, *tags, **attributes):
        [found] = self.all(*tags, **attributes)
        return found

    def inside(self, *tags):
        parent = self.parent
        while parent is not None and parent.tag not in tags:
            parent = parent.parent
        return parent

    def _below(self):
        for child in self.children:
            if isinstance(child, Element):
                yield child
                yield from child._below()


class Page(HTMLParser):
    """A page, or a part of one. Making it fails on markup that a browser would have to mend."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.root = self._open = Element("", {})
        self.feed(text)
        self.close()
        assert self._open is self.root, f"<{self._open.tag}> is not closed"
        self.all, self.one = self.root.all, self.root.one

    def handle_decl(self, decl):
        assert decl == "doctype html"

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"<{tag}> has an attribute twice: {names}"
        if tag in BLOCKS:
            assert self._open.tag != "p", f"<{tag}> ends the paragraph it stands in"
        element = Element(tag, dict(attrs), self._open)
        self._open.children.append(element)
        if tag not in VOID:
            self._open = element

    def handle_endtag(self, tag):
        assert tag == self._open.tag, f"</{tag}> closes <{self._open.tag}>"
        self._open = self._open.parent

    def handle_startendtag(self, tag, attrs):
        raise AssertionError(f"<{tag}/> is no HTML")

    def handle_data(self, data):
        self._open.children.append(data)

    # What a reader finds.

    @property
    def text(self):
        return self.one("main").text

    def section(self, heading):
        """Find the section under a heading that begins so."""
        [found] = [each for each in self.all("h2", "h3") if each.text.startswith(heading)]
        return found.inside("section")

    def pairs(self, heading):
        """Read the labels and values under a heading."""
        return {
            row.one("dt").text: row.one("dd").text
            for row in self.section(heading).all("div")
            if row.all("dt")
        }

    def table(self, caption):
        """Read a table by the beginning of its caption: a row as the texts under its headings."""
        [found] = [
            each for each in self.all("table") if each.one("caption").text.startswith(caption)
        ]
        [head] = found.one("thead").all("tr")
        names = [cell.text for cell in head.all("th")]
        return [
            dict(zip(names, (cell.text for cell in row.all("th", "td")), strict=False))
            for row in found.one("tbody").all("tr")
        ]


def complain(page, *, whole=True):
    """List what is wrong with a page beyond its markup."""
    return [*_ids(page), *_fields(page), *_tables(page), *_inline(page), *_headings(page, whole)]


def _ids(page):
    ids = [element.attributes["id"] for element in page.all() if "id" in element.attributes]
    yield from (f"id {id_} stands twice" for id_ in set(ids) if ids.count(id_) > 1)
    for element in page.all():
        for name in REFERENCES:
            for id_ in (element.attributes.get(name) or "").split():
                if id_ not in ids:
                    yield f"{name} names {id_}, which is nowhere"


def _fields(page):
    for field in page.all(*FIELDS):
        if field.attributes.get("type") == "hidden" or "aria-label" in field.attributes:
            continue
        label = field.inside("label")
        if label is None or not label.text:
            yield f"{field.tag} {field.attributes.get('name')} has no label"
    yield from ("a button says nothing" for button in page.all("button") if not button.text)
    yield from ("an image without alt" for each in page.all("img") if "alt" not in each.attributes)


def _tables(page):
    for table in page.all("table"):
        name = table.one("caption").text or "?"
        for cell in table.all("th"):
            if cell.attributes.get("scope") not in {"col", "row"}:
                yield f"table {name}: {cell.text} heads neither column nor row"
        widths = {
            sum(int(cell.attributes.get("colspan", 1)) for cell in row.all("th", "td"))
            for row in table.all("tr")
        }
        if len(widths) > 1:
            yield f"table {name}: rows of {widths} cells"


def _inline(page):
    """Find what the policy forbids: code and styles in the page, and others' files."""
    for element in page.all():
        for name, value in element.attributes.items():
            if name.startswith("on") or name == "style":
                yield f"<{element.tag} {name}>"
            if name in {"src", "href", "action"} and not value.startswith(("/", "#")):
                yield f"{name} leads elsewhere: {value}"
        if element.tag == "style" or (element.tag == "script" and element.children):
            yield f"<{element.tag}> in the page"


def _headings(page, whole):
    levels = [HEADINGS.index(each.tag) + 1 for each in page.all(*HEADINGS)]
    if whole and levels.count(1) != 1:
        yield f"{levels.count(1)} h1"
    for before, after in pairwise(levels):
        if after > before + 1:
            yield f"h{after} after h{before}"
