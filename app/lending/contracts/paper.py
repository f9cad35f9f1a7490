"""
A contract as a PDF, for people to read and keep; what counts is the file that signatures verify.

Its font is one that readers of PDF bring for Chinese (Adobe-GB1): none is embedded. The same
contract gives the same bytes.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer

from app.lending.contracts.forms import Signature
from app.platform.web.texts import Texts

FONT = "STSong-Light"
MARGIN, GAP = 22 * mm, 6 * mm
BODY = ParagraphStyle(
    "body", fontName=FONT, fontSize=10.5, leading=17, spaceAfter=5, wordWrap="CJK"
)
TITLE = ParagraphStyle("title", parent=BODY, fontSize=17, leading=26, alignment=1, spaceAfter=12)
SMALL = ParagraphStyle("small", parent=BODY, fontSize=8.5, leading=13, spaceAfter=2)


def pdf_of(file: Mapping[str, Any], filed: Mapping[str, Any] | None) -> bytes:
    """
    Return a contract, signed or not, as a PDF.

    Args:
        file: The document of a contract file.
        filed: The row of the registry's number; None where nothing is filed.
    """
    registerFont(UnicodeCIDFont(FONT))
    contract, made = file["contract"], io.BytesIO()
    title, *_ = contract["text"].split("\n")
    paper = SimpleDocTemplate(
        made,
        pagesize=A4,
        **dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), MARGIN),
        title=f"{title} {contract['application']}",
        author=contract["bank"]["name"],
        lang=contract["language"],
        invariant=1,
    )
    paper.build([*_read(contract), *_below(file, filed, Texts(contract["language"]))])
    return made.getvalue()


def _read(contract: Mapping[str, Any]) -> Iterator[Flowable]:
    """Yield what is read: title and paragraphs."""
    title, *paragraphs = contract["text"].split("\n")
    yield Paragraph(escape(title), TITLE)
    for each in paragraphs:
        yield Paragraph(escape(each), BODY)


def _below(
    file: Mapping[str, Any], filed: Mapping[str, Any] | None, t: Texts
) -> Iterator[Flowable]:
    """Yield what stands below the text: who signed it, where it is filed, how it is checked."""
    yield Spacer(0, GAP)
    signatures = [Signature(**each) for each in file["signatures"]]
    if not signatures:
        yield Paragraph(t("contract_unsigned"), BODY)
    roles = {"firm": t("contract_by_firm"), "bank": t("contract_by_bank")}
    for each in signatures:
        party = file["contract"][each.role]["name"]
        signed = t(
            "contract_signed",
            role=roles[each.role],
            party=party,
            person=each.person,
            at=each.signed_at,
        )
        yield Paragraph(escape(signed), BODY)
        yield Paragraph(
            f"{escape(t('contract_key') + ' ' + each.key)} {_code(each.public_key)}", SMALL
        )
        yield Paragraph(f"{t('contract_signature')} {_code(each.signature)}", SMALL)
    yield Spacer(0, GAP)
    if filed is not None:
        registered = t("contract_filed", number=filed["number"], on=filed["filed_on"])
        yield Paragraph(escape(registered), BODY)
    yield Paragraph(f"SHA-256 {_code(file['sha256'])}", SMALL)
    yield Paragraph(t("contract_counts"), SMALL)


def _code(digits: str) -> str:
    """Return digits of a key, signature or digest as they are set."""
    return f'<font name="Courier" size="7">{digits}</font>'
