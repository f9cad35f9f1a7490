"""Files that a form was sent with."""

from starlette.datastructures import FormData

from app.data.imports.service import Upload


def uploads_of(form: FormData, field: str) -> list[Upload]:
    """Return the files of a field; where none was chosen, a browser sends one without a name."""
    files = [each for each in form.getlist(field) if not isinstance(each, str)]
    return [Upload(each.filename, each.file) for each in files if each.filename]
