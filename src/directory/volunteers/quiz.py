"""The food hygiene quiz: a bank of questions, a draw that meets every topic, and the marks."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import SystemRandom
from types import MappingProxyType


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`right` counts the choices from 1, as the form does."""

    id: str
    topic: str
    question: str
    choices: tuple[str, ...]
    right: int
    why: str
    source: str

    def is_right(self, answer: str) -> bool:
        return answer == str(self.right)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bank:
    questions: Mapping[str, Question]
    draw: int
    pass_mark: int

    @property
    def topics(self) -> list[str]:
        return list(dict.fromkeys(one.topic for one in self.questions.values()))


@cache
def load_bank() -> Bank:
    text = files("directory.volunteers").joinpath("quiz.toml").read_text(encoding="utf-8")
    given = tomllib.loads(text)
    questions = [Question(**one | {"choices": tuple(one["choices"])}) for one in given["questions"]]
    return Bank(
        questions=MappingProxyType({one.id: one for one in questions}),
        draw=given["quiz"]["draw"],
        pass_mark=given["quiz"]["pass"],
    )


def draw_questions() -> list[str]:
    """One of each topic and the rest from all, in the order of the bank."""
    bank, chance = load_bank(), SystemRandom()
    by_topic = [
        [one.id for one in bank.questions.values() if one.topic == topic] for topic in bank.topics
    ]
    drawn = {chance.choice(ids) for ids in by_topic}
    left = [id_ for id_ in bank.questions if id_ not in drawn]
    drawn |= set(chance.sample(left, bank.draw - len(drawn)))
    return [id_ for id_ in bank.questions if id_ in drawn]


def mark(question_ids: Sequence[str], answers: Sequence[str]) -> int:
    """How many are right."""
    questions = load_bank().questions
    return sum(
        questions[id_].is_right(answer) for id_, answer in zip(question_ids, answers, strict=True)
    )
