"""Credits as data: who wrote, supplied, published, photographed, translated or edited a document.

vocabulary      the words of the languages: phrases that open a credit, jobs, titles, particles
names           what the name of a person is, and how it is written
organisations   agencies and publishers: names, variants, domains; what the name of an unknown one looks like
openers         the phrase before a credit ("By", "Foto:")
cutting         a line without decoration, cut into segments and pieces
pieces          what one piece is: a person, a desk, an agency, an affiliation
datelines       the agency that a paragraph names ("KYIV (AP) —")
reader          `CreditReader`: the credits of a line
"""

from cleancopy.fields.credits.reader import CreditReader, Pictured

__all__ = ["CreditReader", "Pictured"]
