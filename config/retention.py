"""How long an agency keeps each class of its evidence.

Promises: a class's limit is a floor as well: nothing younger is ever forgotten, and no class may be set below a month
(a question lives five minutes; disputes come later). Leaves out: deleting (`lienthong node archive forget`).
"""

from pydantic import Field

from config.model import Settings


class RetentionSettings(Settings):
    """Days that each class is kept at least; `lienthong node archive forget` deletes what is older."""

    question_days: int = Field(default=365, ge=30, le=36_500)
    """Questions, with their bodies, on both sides."""
    reply_days: int = Field(default=365, ge=30, le=36_500)
    """Answers and faults, with their bodies, on both sides; marks of operations that were started go with them."""
    receipt_days: int = Field(default=3_650, ge=30, le=36_500)
    """The hub's receipts."""
    dossier_days: int = Field(default=1_825, ge=30, le=36_500)
    """Dossiers: which requirements were met by what. No persons."""
    declaration_days: int = Field(default=3_650, ge=30, le=36_500)
    """What was declared of dossiers: opening, gaps, overrides, closing."""
