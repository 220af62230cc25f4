"""The kinds of columns that the tables are made of, and the schema that they are parts of.

JSON is text, made and read by `codec`. A `sequence` orders rows as they were written and is never used twice.
"""

import sqlalchemy as sa

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers rows by itself only in a column of exactly this type.
Sequence = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def numbered(name: str = "sequence") -> sa.Column[int]:
    return sa.Column(name, Sequence, primary_key=True, autoincrement=True)


def text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False)


def reference(name: str, to: str) -> sa.Column[int]:
    return sa.Column(name, Sequence, sa.ForeignKey(to), nullable=False)


def time(name: str) -> sa.Column[float]:
    return sa.Column(name, sa.Double, nullable=False)
