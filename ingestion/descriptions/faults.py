"""What is wrong with a description, each with its line and the way of keys that leads there."""

from dataclasses import dataclass, field

from ingestion.errors import ImportRefused

FAULTS_MAX = 50


class BadDescription(ImportRefused):
    """A description breaks the language; the message tells every place."""


@dataclass(slots=True)
class Faults:
    """Everything that is wrong with one description."""

    name: str
    told: dict[tuple[int, str], None] = field(default_factory=dict)
    questions: dict[tuple[int, str], None] = field(default_factory=dict)  # What nobody knew yet.
    patterns: int = 0  # So many were compiled: each costs some milliseconds at most.

    def add(self, line: int, path: str, what: str) -> None:
        """Remember a fault of the language."""
        self.told[line, f"{path}: {what}" if path else what] = None

    def ask(self, line: int, path: str, what: str) -> None:
        """Remember a question that the description leaves open."""
        self.questions[line, f"{path}: {what}"] = None

    def messages(self, *, questions: bool = True) -> list[str]:
        """Return a line a fault, in the order of lines; with the open questions or without."""
        every = [*self.told, *(self.questions if questions else ())]
        return [f"{self.name}.yml: line {line}: {what}" for line, what in sorted(every)]

    def check(self, *, questions: bool = True) -> None:
        """
        Return nothing where nothing is wrong.

        Raises:
            BadDescription: Something is; at most `FAULTS_MAX` places are told.
        """
        said = self.messages(questions=questions)
        if said:
            more = [f"and {len(said) - FAULTS_MAX} more"] if len(said) > FAULTS_MAX else []
            raise BadDescription("\n".join([*said[:FAULTS_MAX], *more]))
