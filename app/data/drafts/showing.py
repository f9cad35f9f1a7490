"""What the page of a draft shows: the form, the text, what a trial told, in the reader's words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any

from fastapi import Request
from starlette.responses import Response

from app.data.drafts import repository, service
from app.data.drafts.errors import DraftRefused
from app.data.drafts.form import KEPT, DescriptionForm, words_of
from app.data.drafts.listed import column_words, table_words
from app.data.drafts.repository import Draft
from app.data.imports.refusals import spoken
from app.platform.deps import Resources
from app.platform.web.preferences import preferences_of
from app.platform.web.render import page
from app.platform.web.texts import Texts
from ingestion.forms import forms
from ingestion.reasons import REASONS

FORM, TEXT, IMPORT = "form", "text", "import"
VIEWS = {FORM: "", TEXT: "?view=text", IMPORT: "?view=import"}
AGAIN_SECONDS = 5


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as it is looked at: how, what was refused, and what was typed."""

    draft: Draft
    view: str = FORM
    refused: DraftRefused | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


def address_of(draft: Draft, view: str = FORM) -> str:
    """Return the address of a draft, looked at in one way."""
    return f"/sources/new/{draft.token}{VIEWS[view]}"


def refusal_of(request: Request, refused: DraftRefused | None) -> str:
    """Return why something was refused, in the reader's words; blank where nothing was."""
    t = Texts(preferences_of(request).language)
    if refused is None:
        return ""
    told = {
        name: each[t.language] if isinstance(each, Mapping) else each
        for name, each in refused.values.items()
    }
    why = {name: spoken(str(each), t.language) for name, each in told.items()}
    return t(refused.code, **why)


def draft_page(
    request: Request, resources: Resources, asked: DraftView, trial: Mapping[str, Any] | None
) -> Response:
    """
    Return the page of a draft.

    Args:
        request: Asked for in the reader's language.
        resources: Where the draft lies.
        asked: How it is looked at.
        trial: What a trial of it told; None where another one ran all the time.
    """
    t, draft = Texts(preferences_of(request).language), asked.draft
    shown = service.form(resources, draft)
    return page(
        request,
        "draft.html",
        status=asked.refused.status if asked.refused else 200,
        draft=draft,
        at=partial(address_of, draft),
        view=TEXT if asked.view == FORM and shown is None else asked.view,
        shown=shown,
        shape=_shape(shown, trial),
        text=asked.typed.get("text", repository.text_of(resources, draft)),
        name=asked.typed.get("name", draft.name),
        stamp=service.stamp(resources, draft),
        files=[path.name for path in repository.files_of(resources, draft)],
        problems=service.problems(resources, draft),
        trial=trial,
        again_seconds=AGAIN_SECONDS,
        refused=asked.refused,
        refusal=refusal_of(request, asked.refused),
        saved=service.is_saved(resources, draft),
        has_issues=service.issues_of(resources, draft) is not None,
        spoken=partial(spoken, language=t.language),
        **_words(t),
    )


def _words(t: Texts) -> Mapping[str, Any]:
    """Return what tells the words of tables, columns and reasons."""
    return {
        "tables": [(name, table_words(name, t)) for name in forms()],
        "table_words": partial(table_words, t=t),
        "column_words": partial(column_words, t=t),
        "words_of": words_of,
        "fact_keys": lambda facts: list(dict.fromkeys(key for fact in facts for key in fact)),
        "reason": lambda code: getattr(REASONS[code], t.language),
        "kept_role": KEPT,
    }


def _shape(shown: DescriptionForm | None, trial: Mapping[str, Any] | None) -> str:
    """Return what tells one set of fields from another: a script shows those anew."""
    if shown is None:
        return ""
    fields = [
        [(question.way, question.kind) for question in shown.questions],
        [(each.table, [(c.name, c.role, c.option) for c in each.columns]) for each in shown.tables],
        [(each["table"], each["column"], each["word"]) for each in (trial or {}).get("words", ())],
    ]
    return sha256(repr(fields).encode()).hexdigest()[:16]
