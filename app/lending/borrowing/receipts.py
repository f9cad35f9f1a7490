"""Receipts of what came and went on a loan, as PDF: the same receipt gives the same bytes."""

import io
from collections.abc import Mapping

from app.platform.web.texts import Texts

MARGIN_MM, WORDS_SHARE = 16, 0.4
RULE = "#c8ced6"


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
    from reportlab.lib.styles import ParagraphStyle  # noqa: PLC0415
    from reportlab.lib.units import mm  # noqa: PLC0415
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont  # noqa: PLC0415
    from reportlab.pdfbase.pdfmetrics import registerFont  # noqa: PLC0415
    from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table  # noqa: PLC0415

    from app.lending.contracts.paper import BODY, FONT, SMALL, TITLE  # noqa: PLC0415

    registerFont(UnicodeCIDFont(FONT))
    made, right = io.BytesIO(), ParagraphStyle("figure", parent=BODY, alignment=2)
    margins = dict.fromkeys(("leftMargin", "rightMargin", "topMargin"), MARGIN_MM * mm)
    paper = SimpleDocTemplate(
        made, pagesize=A5, title=heading, lang=t.language, invariant=1, **margins
    )
    cells = [
        [Paragraph(escape(name), BODY), Paragraph(escape(value), right)]
        for name, value in lines.items()
    ]
    ruled = [("LINEBELOW", (0, 0), (-1, -1), 0.4, RULE), ("VALIGN", (0, 0), (-1, -1), "TOP")]
    table = Table(cells, colWidths=[paper.width * WORDS_SHARE, None], style=ruled)
    note = Paragraph(t("receipt_note"), SMALL)
    paper.build([Paragraph(escape(heading), TITLE), table, Spacer(0, 6 * mm), note])
    return made.getvalue()
