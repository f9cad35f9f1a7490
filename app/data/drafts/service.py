"""
What is done with a draft: begun, corrected, tried, saved as a source, handed in as an import.

What was found with files and text is kept beside them: a page that is loaded again has nothing read
twice, and what a correction changes is read anew.
"""

import codecs
import contextlib
import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from app.data.drafts import repository
from app.data.drafts.errors import DraftRefused
from app.data.drafts.form import DescriptionForm, corrected, form_of, is_formed, with_words
from app.data.drafts.repository import Draft
from app.data.imports.ingesting import check_files, guess_files
from app.data.imports.service import ImportOrder, Upload, take
from app.data.sources import service as sources
from app.data.sources.errors import BadText, VersionUsed
from app.data.sources.trials import Alive, without_places
from app.platform.deps import Resources
from app.platform.documents import dumps
from app.platform.errors import Absent, Conflict, Forbidden, Malformed, Outdated, Unconditional
from app.platform.http.conditions import Expected
from app.platform.process.locks import locked
from ingestion.descriptions import kept
from ingestion.descriptions.editing import put
from ingestion.descriptions.faults import Faults
from ingestion.descriptions.folders import FIXED
from ingestion.descriptions.nodes import BYTES_MAX
from ingestion.descriptions.reading import read
from ingestion.errors import ImportBusy, ImportRefused, Stopped
from ingestion.trial import TrialWishes

UNNAMED = "draft"  # What a source is called in messages that has no name yet.
RESERVED = frozenset({"new"})  # Addresses of pages, not of sources.
SECONDS_MAX = 10.0
LOOKED, ISSUES, TRIAL, WITH_CHANGES = "guess", "issues", "trial", "changes"
_NOTHING: Mapping[str, Any] = {  # What a trial tells that could not begin.
    "files": [],
    "rows": 0,
    "used": 0,
    "set_aside": {},
    "currencies": {},
    "lookups": [],
    "not_read": [],
    "tables": {},
    "words": [],
    "remarks": [],
}


def begin(
    resources: Resources,
    by: str,
    uploads: Sequence[Upload],
    *,
    source: str = "",
    key: str = "",
    alive: Alive = lambda: True,
) -> Draft:
    """
    Return a new draft: with the description of a source, or with one that is proposed.

    Args:
        resources: Whose data folder it lies in.
        by: Whose it is.
        uploads: Its files; with a source there may be none.
        source: Whose description it begins with; blank: one is proposed.
        key: Of the form; what the same form began before is returned as it is.
        alive: Asked about twice a second; once it says no, the files are not kept.

    Raises:
        Absent: There is no such source.
        DraftRefused: The files cannot be taken, or none of them can be read.
    """
    before = [one for one in repository.drafts_of(resources, by) if key and one.key == key]
    if before:
        return before[0]
    if source:
        text, tag = _standing(resources, source)
        name = "" if source in FIXED else source
        draft = Draft("", by, name=name, begun_from=source, base=tag, key=key)
        return repository.begin(resources, draft, uploads, text)
    if not uploads:
        raise DraftRefused("draft_no_file", "no file was chosen")
    draft = repository.begin(resources, Draft("", by, key=key), uploads, "")
    whole = False
    try:
        repository.keep_text(resources, draft, _proposal(resources, draft, alive))
        whole = True
    finally:
        if not whole:
            repository.drop(resources, draft)
    return draft


def _proposal(resources: Resources, draft: Draft, alive: Alive) -> str:
    """Return the description that is proposed, in the name of whoever brought the files."""
    looked = _look(resources, draft, alive)
    if not looked["proposals"]:
        why = {
            language: "\n".join(
                f"{each['path']}: {each['label'][language]}" for each in looked["not_read"]
            )
            or looked.get("refused", "")
            for language in ("zh", "en")
        }
        raise DraftRefused("draft_unread", why["en"], why=why)
    text: str = looked["description"]
    return text


def _standing(resources: Resources, source: str) -> tuple[str, str]:
    """Return the text of a source, and the tag by which it is replaced."""
    answer = sources.source(resources, source)
    return json.loads(answer.body)["text"], answer.tag


def bring(resources: Resources, draft: Draft, uploads: Sequence[Upload]) -> None:
    """
    Put other files into the place of those of a draft; its description stays.

    Raises:
        DraftRefused: They cannot be taken; those before stay.
    """
    with _alone(resources, draft):
        repository.bring(resources, draft, uploads)


def stamp(resources: Resources, draft: Draft) -> str:
    """Return what tells a form of a draft from one of what it was: two pages of it may be open."""
    looked = _looked_path(resources, draft)
    seen = looked.read_bytes() if looked.is_file() else b""
    text = repository.text_of(resources, draft)
    return sha256(f"{draft.files} {text} ".encode() + seen).hexdigest()[:16]


def proposals(resources: Resources, draft: Draft) -> Sequence[Mapping[str, Any]] | None:
    """Return what the files of a draft look like; None where nobody has looked at them yet."""
    if not repository.files_of(resources, draft):
        return ()
    looked = repository.found(_looked_path(resources, draft))
    return None if looked is None else looked["proposals"]


def _looked_path(resources: Resources, draft: Draft) -> Path:
    of = [repository.marks_of(resources, draft)]
    return repository.found_path(resources, draft, LOOKED, of, "json")


def _look(resources: Resources, draft: Draft, alive: Alive) -> dict[str, Any]:
    """Return what the files of a draft look like, by a child where nobody has looked yet."""
    path = _looked_path(resources, draft)
    looked = repository.found(path)
    if looked is None:
        try:
            files = repository.files_of(resources, draft)
            looked = _clean(
                resources, draft, guess_files(resources, files, owner=draft.by, alive=alive)
            )
        except Stopped:
            raise
        except (ImportRefused, OSError) as error:
            why = _plain(resources, draft, str(error))
            looked = {"proposals": [], "not_read": [], "description": "", "refused": why}
        repository.keep_found(path, looked, LOOKED)
    return looked


def form(resources: Resources, draft: Draft) -> DescriptionForm | None:
    """Return the form of a draft; None where its text is none, or nobody looked at its files."""
    text, looked = repository.text_of(resources, draft), proposals(resources, draft)
    return None if looked is None or not is_formed(text) else form_of(text, looked)


def problems(resources: Resources, draft: Draft) -> list[tuple[int, str, bool]]:
    """Return what is wrong with the text and what it leaves open: line, words, whether open."""
    faults = Faults(draft.name or UNNAMED)
    read(faults.name, repository.text_of(resources, draft), faults)
    told = [(line, what, False) for line, what in faults.told]
    return sorted([*told, *((line, what, True) for line, what in faults.questions)])


def correct(resources: Resources, draft: Draft, sent: Mapping[str, str]) -> None:
    """
    Keep what a form or a text of a draft was sent with.

    Args:
        resources: Where it lies.
        draft: The draft.
        sent: `stamp`, and `text` or the fields of the form.

    Raises:
        DraftRefused: It was changed meanwhile, or the text is too long; nothing was.
    """
    with _alone(resources, draft):
        if sent.get("stamp") != stamp(resources, draft):
            raise DraftRefused("draft_changed", "it was changed elsewhere", status=409)
        text = repository.text_of(resources, draft)
        shown = form(resources, draft)
        if "text" in sent:
            text = sent["text"].replace("\r\n", "\n")
        elif shown is not None:
            text = corrected(text, shown, sent)
            words = (found(resources, draft) or {}).get("words", ())
            text = with_words(text, words, sent)
        if len(text.encode()) > BYTES_MAX:
            raise DraftRefused("draft_text", "too long", status=413, most=BYTES_MAX // 1024)
        repository.keep_text(resources, draft, text)


def found(resources: Resources, draft: Draft, *, changes: bool = False) -> dict[str, Any] | None:
    """
    Return what a trial of a draft as it stands told; None where it was not tried yet.

    Args:
        resources: Where it lies.
        draft: The draft.
        changes: Whether it must tell, too, what an import would change.
    """
    text = repository.text_of(resources, draft)
    kinds = (WITH_CHANGES,) if changes else (TRIAL, WITH_CHANGES)
    told = (repository.found(_trial_path(resources, draft, text, kind)) for kind in kinds)
    return next(filter(None, told), None)


def tried(
    resources: Resources,
    draft: Draft,
    *,
    with_queries: bool,
    changes: bool = False,
    alive: Alive = lambda: True,
) -> dict[str, Any]:
    """
    Return what an import of a draft would do; nothing is published.

    Args:
        resources: Where it would publish.
        draft: The draft.
        with_queries: Whether its text may ask a database though nobody saved it.
        changes: Whether what it would change is told, too.
        alive: Asked about twice a second; once it says no, the trial is given up.

    Raises:
        ImportBusy: Another import runs: it is tried again in a moment.
        Stopped: Nobody waits for it any more.
    """
    known = found(resources, draft, changes=changes)
    if known is not None:
        return known
    if repository.files_of(resources, draft):
        _look(resources, draft, alive)  # What the page shows beside it.
    kind = WITH_CHANGES if changes else TRIAL
    text = repository.text_of(resources, draft)  # Once: it may change while it is tried.
    path = _trial_path(resources, draft, text, kind)
    issues = _trial_path(resources, draft, text, ISSUES)
    wishes = TrialWishes(text=text, issues=issues, changes=changes)
    try:
        _check_queries(resources, draft, text, with_queries=with_queries)
        files = repository.files_of(resources, draft)
        name = draft.name or UNNAMED
        document = dict(check_files(resources, name, files, wishes=wishes, alive=alive).document)
    except (ImportBusy, Stopped):
        raise
    except (ImportRefused, Forbidden) as error:
        document = {**_NOTHING, "refused": str(error)}
    document = _clean(resources, draft, document)
    repository.keep_found(path, document, kind)
    repository.forget_others(issues, ISSUES)
    return document


def issues_of(resources: Resources, draft: Draft) -> Path | None:
    """Return the list of rows that a trial set aside; None where there is none."""
    path = _trial_path(resources, draft, repository.text_of(resources, draft), ISSUES)
    return path if path.is_file() else None


def issues_text(resources: Resources, draft: Draft, path: Path) -> bytes:
    """Return a list of rows set aside as spreadsheets expect it, its files by their names alone."""
    return codecs.BOM_UTF8 + _plain(resources, draft, path.read_text(encoding="utf-8")).encode()


def save(resources: Resources, draft: Draft, name: str, *, with_queries: bool) -> tuple[Draft, str]:
    """
    Return a draft whose text is saved as a source, and what that changed, for the audit.

    Raises:
        DraftRefused: It cannot be saved so: why, and what to do.
    """
    with _alone(resources, draft):
        if name in RESERVED:
            raise DraftRefused("draft_name_taken", "the name is reserved", name=name)
        text = _numbered(resources, name, repository.text_of(resources, draft))
        own = name == draft.begun_from or (name == draft.name and draft.base)
        expected = Expected(frozenset({draft.base})) if own else Expected(absent=True)
        try:
            saved = sources.save(
                resources, name, text.encode(), expected=expected, with_queries=with_queries
            )
        except (BadText, VersionUsed) as error:
            raise DraftRefused("draft_bad_text", str(error)) from error
        except Forbidden as error:
            raise DraftRefused("draft_query", str(error), status=403) from error
        except (Outdated, Unconditional) as error:
            code = "draft_outdated" if own else "draft_name_taken"
            raise DraftRefused(code, str(error), status=409, name=name) from error
        except (Malformed, Conflict) as error:
            raise DraftRefused("draft_no_name", str(error), name=name) from error
        repository.keep_text(resources, draft, text)
        changed = repository.change(
            resources, draft, name=name, begun_from=name, base=saved.answer.tag
        )
    return changed, saved.change


def is_saved(resources: Resources, draft: Draft) -> bool:
    """Return whether the text of a draft is what its source says now."""
    return _is_standing(resources, draft, repository.text_of(resources, draft))


def _is_standing(resources: Resources, draft: Draft, text: str) -> bool:
    if not draft.name or draft.name != draft.begun_from:
        return False
    with contextlib.suppress(Absent):
        return _standing(resources, draft.name)[0] == text
    return False


def publish(resources: Resources, draft: Draft) -> str:
    """
    Return the import that the files of a draft were handed in as; again, the same one.

    Raises:
        DraftRefused: Its text is not saved, or there are no files.
    """
    with _alone(resources, draft):
        draft = repository.find(resources, draft.token, draft.by)
        if draft.handed_in:
            return draft.handed_in
        files = repository.files_of(resources, draft)
        if not files or not is_saved(resources, draft):
            raise DraftRefused("draft_unsaved", "it is not saved", status=409)
        with contextlib.ExitStack() as opened:
            uploads = [Upload(path.name, opened.enter_context(path.open("rb"))) for path in files]
            taken = take(resources, ImportOrder(source=draft.name, by=draft.by), uploads)
        repository.hand_in(resources, draft, str(taken["import"]))
    return str(taken["import"])


def _numbered(resources: Resources, name: str, text: str) -> str:
    """Return a text with a version under which no other one was published."""
    faults = Faults(name)
    described = read(name, text, faults)
    if described is None or faults.told:
        return text
    try:
        kept.check_unused(resources.home / "lake", described)
    except ImportRefused:
        before = kept.published(resources.home / "lake", name)
        return put(text, ("version",), str((before.version if before else 0) + 1))
    return text


def _check_queries(resources: Resources, draft: Draft, text: str, *, with_queries: bool) -> None:
    """Refuse to ask a database what nobody who may has saved."""
    if not with_queries and not _is_standing(resources, draft, text):
        sources.read_text(draft.name or UNNAMED, text.encode(), with_queries=False)


def _trial_path(resources: Resources, draft: Draft, text: str, what: str) -> Path:
    """Return where it is kept what a trial of a text told of the files as they are."""
    current = resources.store.current()
    version = None if current is None else current.number
    of = [text, repository.marks_of(resources, draft), draft.name, version]
    return repository.found_path(resources, draft, what, of, "csv" if what == ISSUES else "json")


def _clean(resources: Resources, draft: Draft, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return a document that names files, not where they are kept."""
    cleaned: dict[str, Any] = json.loads(_plain(resources, draft, dumps(document)))
    return without_places(resources, cleaned)


def _plain(resources: Resources, draft: Draft, text: str) -> str:
    folder = json.dumps(str(repository.folder_of(resources, draft) / draft.files))[1:-1]
    return text.replace(f"{folder}/", "").replace(folder, "")


@contextlib.contextmanager
def _alone(resources: Resources, draft: Draft) -> Iterator[None]:
    with locked(repository.folder_of(resources, draft) / "lock", seconds=SECONDS_MAX):
        yield
