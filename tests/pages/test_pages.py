"""Every page, with every sample: well-formed, one heading, labelled, and safe under our policy."""

import re
from collections import Counter
from xml.etree.ElementTree import Element

import html5lib
import pytest
from jinja2 import Environment, meta
from samples import COUNCIL, Sample, all_samples

from marketplace.paths import templates_dir

TEMPLATES = sorted(
    str(path.relative_to(templates_dir()))
    for path in templates_dir().rglob("*")
    if path.suffix in {".html", ".txt"}
)
PAGES = [name for name in TEMPLATES if name.startswith("pages/")]
EXIT = "https://www.bbc.co.uk/weather"
NEVER_SAID_TO_A_FAMILY = re.compile(
    r"\b(risk\w*|scor\w+|match\w*|marketplace|predict\w*)\b|£", re.IGNORECASE
)


of_families = pytest.mark.parametrize(
    "sample",
    [sample for sample in all_samples() if sample.template.startswith("pages/family/")],
    ids=lambda sample: sample.label,
)
of_reviews = pytest.mark.parametrize(
    "sample", [sample for sample in all_samples() if sample.label == "practitioner/review first"]
)


@pytest.fixture
def page(html: str) -> Element:
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(html)


def words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def inputs(page: Element) -> list[Element]:
    fields = [field for tag in ("input", "select", "textarea") for field in page.iter(tag)]
    return [field for field in fields if field.get("type") != "hidden"]


@pytest.mark.parametrize("name", TEMPLATES)
def test_compiles(environment: Environment, name: str) -> None:
    assert environment.get_template(name)


def test_every_page_has_a_sample() -> None:
    assert {sample.template for sample in all_samples()} == set(PAGES)


@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_at_its_top_what_it_expects(environment: Environment, name: str) -> None:
    source = (templates_dir() / name).read_text()
    promised = re.search(r"\{#.*?#\}", source, re.DOTALL)
    assert promised
    own = re.findall(r"\w+", " ".join(re.findall(r" import .*? %\}|\{% set \w+", source)))
    asked = meta.find_undeclared_variables(environment.parse(source))
    unsaid = asked - set(environment.globals) - set(own)
    assert not {name for name in unsaid if not re.search(rf"\b{name}\b", promised[0])}


def test_one_h1_and_the_title_starts_with_it(page: Element, sample: Sample) -> None:
    headings = [words(heading) for heading in page.iter("h1")]
    title = words(next(page.iter("title")))
    assert len(headings) == 1
    assert headings[0]
    before = "Error: " if sample.context.get("errors") else ""
    assert title.startswith(before + headings[0])


def test_every_input_has_a_label(page: Element) -> None:
    labelled = {label.get("for") for label in page.iter("label") if words(label)}
    assert {field.get("id") for field in inputs(page)} <= labelled


def test_every_button_and_link_says_something(page: Element) -> None:
    pressed = [*page.iter("button"), *page.iter("a")]
    assert all(words(one) or one.get("aria-label") for one in pressed)


def test_no_id_stands_twice(page: Element) -> None:
    counted = Counter(one.get("id") for one in page.iter() if one.get("id"))
    assert not {name for name, times in counted.items() if times > 1}


def test_every_link_within_the_page_leads_somewhere(page: Element) -> None:
    ids = {one.get("id") for one in page.iter()}
    links = [link.get("href", "") for link in page.iter("a")]
    assert {link[1:] for link in links if link.startswith("#")} <= ids


def test_every_error_is_shown_beside_its_field(page: Element, sample: Sample) -> None:
    text = words(next(page.iter("main")))
    for error in sample.context.get("errors", []):
        beside_too = error["field"] != "faults"
        assert text.count(error["text"]) >= 1 + beside_too


def test_nothing_inline_without_the_nonce(page: Element) -> None:
    assert not list(page.iter("style"))
    assert all(script.get("nonce") == "a-nonce" for script in page.iter("script"))
    names = {name for one in page.iter() for name in one.attrib}
    assert not {name for name in names if name == "style" or name.startswith("on")}


def test_no_address_of_others_but_the_way_out(page: Element) -> None:
    addresses = [one.get(name) or "" for one in page.iter() for name in ("href", "src", "action")]
    own = COUNCIL["privacy_href"]
    assert {one for one in addresses if re.match(r"(https?:)?//", one)} <= {EXIT, own}


def test_we_are_not_gov_uk(html: str) -> None:
    assert "crown" not in html.lower()
    assert "GOV.UK" not in html


def test_only_staff_forms_carry_the_csrf_token(page: Element, sample: Sample) -> None:
    posts = [form for form in page.iter("form") if form.get("method") == "post"]
    tokens = [[one for one in form.iter("input") if one.get("name") == "_csrf"] for form in posts]
    if sample.template.startswith(("pages/family/", "pages/volunteer/")):
        assert not any(tokens)
    else:
        assert all([one.get("value") for one in found] == ["a-token"] for found in tokens)


@of_families
def test_a_family_page_is_quiet_and_can_be_left(page: Element) -> None:
    metas = {one.get("name"): one.get("content", "") for one in page.iter("meta")}
    assert "noindex" in metas["robots"]
    assert metas["referrer"] == "no-referrer"
    ways_out = [link for link in page.iter("a") if link.get("href") == EXIT]
    assert [link.get("rel") for link in ways_out] == ["nofollow noreferrer"]
    assert not list(page.iter("nav"))
    assert not NEVER_SAID_TO_A_FAMILY.search(words(page))


@of_reviews
def test_nothing_is_agreed_beforehand(page: Element) -> None:
    fields = [one for one in inputs(page) if one.get("name", "").startswith("decision-")]
    checked = [field.get("name") for field in fields if "checked" in field.attrib]
    assert checked == ["decision-13"]  # the one that was saved before
