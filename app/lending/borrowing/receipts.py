"""Receipts of what came and went on a loan, as PDF: the same receipt gives the same bytes."""

import io
from collections.abc import Mapping

from app.platform.web.texts import Texts


def receipt_pdf(lines: Mapping[str, str], heading: str, t: Texts) -> bytes:
    """
    Return a receipt as a PDF.

    Args:
        lines: What it says: words and what they are of, in order.
        heading: Of what it is.
        t: The reader's words.
    """
    from xml.sax.saxutils import escape  # noqa: PLC0415  # few ask for it

    from reportlab.lib.pagesizes import A5  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.pdfbase.pdfmetrics import registerFont  # noqa: PLC0415
    from reportlab.platypus import Paragraph, SimpleDocTemplate  # noqa: PLC0415

    from app.lending.contracts.paper import BODY, FONT, SMALL, TITLE  # noqa: PLC0415

    registerFont(UnicodeCIDFont(FONT))
    made = io.BytesIO()
    paper = SimpleDocTemplate(made, pagesize=A5, title=heading, lang=t.language, invariant=1)
    told = [Paragraph(escape(f"{name}: {value}"), BODY) for name, value in lines.items()]
    paper.build([Paragraph(escape(heading), TITLE), *told, Paragraph(t("receipt_note"), SMALL)])
    return made.getvalue()
