from jinja2.runtime import Macro
from markupsafe import Markup

from marketplace.templating import MOST_DRAWN, once, shared_environment

PART = """
{% macro part(asked) %}{{ drawn.append(1) or "" }}<p>{{ asked.text }}</p>{% endmacro %}
"""


def a_part() -> tuple[Macro, list[int]]:
    drawn: list[int] = []
    module = shared_environment().from_string(PART).make_module({"drawn": drawn})
    return module.part, drawn  # type: ignore[attr-defined]


def test_the_same_is_drawn_once_and_what_differs_is_told_apart() -> None:
    part, drawn = a_part()
    looks = [{"text": "One"}, {"text": "One"}, {"text": "<b>"}, {"text": Markup("<b>")}]
    assert [once(part, one) for one in looks] == [
        "<p>One</p>",
        "<p>One</p>",
        "<p>&lt;b&gt;</p>",
        "<p><b></p>",
    ]
    assert len(drawn) == 3


def test_it_keeps_so_many_and_no_more() -> None:
    part, drawn = a_part()
    for number in range(2 * MOST_DRAWN):
        assert once(part, {"text": number}) == f"<p>{number}</p>"
    assert once(part, {"text": 0}) == "<p>0</p>"
    assert len(drawn) == 2 * MOST_DRAWN + 1
