"""Alerts of literature databases in plain text: labelled fields and numbered stanzas to works, with the address that each has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sources import records

OVID = """Ovid Technologies AutoAlert Results
Database: Ovid MEDLINE(R) <1946 to November 2026>
1     exp *Sleep/ (19022)

<1>
Unique Identifier
  43000001
Title
  Naps between bells: do they help?.
Source
  Rest Letters. 3(1):1-9, 2026 Nov.
Authors
  Amble R; Toft K
Abstract
  Two wards tried naps. One kept
  them.
Link to the Ovid Full Text or citation:
  https://ovidsp.ovid.com/ovidweb.cgi?T=JS&D=medl&AN=43000001
Link to the External Link Resolver:
  https://resolver.library.example/openurl?sid=OVID:medl&id=pmid:43000001

<2>
Unique Identifier
  43000002
Title
  Curtains.
Authors
  Pell I
Source
  Rest Letters. 3(1):10, 2026 Nov.
"""
EBSCO = """Search alert: night work
Record: 1
Title: Nurses who ask twice.
Authors: Amble, Rita; Toft, Karl
Source: Journal of Wards; Nov2026, Vol. 31 Issue 4, p12-19
Accession Number: 170001234
Persistent link to this record (Permalink): https://search.ebscohost.com/login.aspx?direct=true&db=rzh&AN=170001234
Database: CINAHL Complete

Record: 2
Title: A map of who rings whom
Authors: Pell, Ida
Source: Care Maps; 2026, Vol. 3, p1-2
Persistent link to this record (Permalink): https://search.ebscohost.com/login.aspx?direct=true&db=rzh&AN=170001240

To unsubscribe: https://search.ebscohost.com/alerts?x=1
"""
PROQUEST = """Document 1 of 2

The ward that stopped counting
Author: Lomax, Una; Berg, Nils
Publication info: Services Weekly 12.4 (2026): 3-9.
http://search.proquest.com/docview/3100012345?accountid=99
Abstract: One ward gave up its dashboard.
ProQuest document ID: 3100012345
_______________________________________________

Document 2 of 2

Letters to a new registrar
Author: Okri, Bay
Publication info: Notes 7.1 (2026): 1-2.
ProQuest document ID: 3100012399

Contact us at: http://www.proquest.com/go/contactsupport
"""
EMBASE = """RECORD 1
TITLE
Early warning and late listening
AUTHOR NAMES
Farrow D., Nkemelu C.
SOURCE
Journal of Acute Care (2026) 14:2 (33-41)
EMBASE ACCESSION NUMBER
L2004567890

RECORD 2
TITLE
Slow rounds
AUTHOR NAMES
Ilk B.
SOURCE
Ward Notes (2026) 2:1
DOI
10.5555/wn.2026.1
"""
COCHRANE = """Record #1 of 2
ID: CD014999
AU: Prentis J
AU: Olafsdottir H
TI: Reminders for people who forget reminders
SO: Cochrane Database of Systematic Reviews
US: https://www.cochranelibrary.com/cdsr/doi/10.1002/14651858.CD014999/full

Record #2 of 2
ID: CN-02700001
AU: Yew T
TI: A trial of shorter rounds
SO: Trials Quarterly
"""
MEDLINE = """PMID- 43955501
OWN - NLM
TI  - Listening posts in community pharmacy: a pilot of twelve
      counters.
FAU - Harrow, Jill
AU  - Harrow J
AU  - Sund P
JT  - Pharmacy Reports

PMID- 43955502
TI  - Keys, badges and belonging.
AU  - Oyelaran F
JT  - Work & Place
"""
RIS = """TY  - JOUR
AU  - Obi, Rana
TI  - Beds, again
JO  - Ward Letters
DO  - 10.5555/beds.1
ER  -
"""
ABSTRACTS = """PubMed Results
Items 1-2 of 2

1. J Nap Res. 2026 Nov 4;27(1):301. doi:
10.5555/jnr.301.

Sleeping in turns: a diary study in three
stations.

Fenwick R(1), Okoro J(2).

Author information:
(1)Institute of Rest, Ottermere.
(2)Institute of Rest, Lahn.

BACKGROUND: Crews sleep in turns. METHODS: Forty diaries were read twice by two readers.

DOI: 10.5555/jnr.301
PMID: 43911201


2. Rev Repos. 2026 Sep;(166):44-58.

[Beds on boats].

Dube P(1).

PMID: 43911502
"""
SUMMARY = """1: Harrow J, Sund P. Listening posts in pharmacies: a pilot of twelve
counters. Pharm Rep. 2026 Nov 3. doi: 10.5555/pr.12. PMID: 43955501.

2: Oyelaran F. Keys and belonging? Work Place. 2026;3:1. PMID: 43955502.
"""
ARXIV = """\\\\
arXiv:2611.01234
Date: Mon, 2 Nov 2026 10:00:00 GMT   (12kb)

Title: Queues that learn their own names
Authors: A. Quill and B. Raven
Categories: cs.SI
\\\\
  We model a queue.
\\\\ ( https://arxiv.org/abs/2611.01234 ,  12kb)
"""
PUBMED = "https://pubmed.ncbi.nlm.nih.gov/"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param(
            OVID,
            [
                ("Naps between bells: do they help?", "https://ovidsp.ovid.com/ovidweb.cgi?T=JS&D=medl&AN=43000001", ("Amble R", "Toft K")),
                ("Curtains", PUBMED + "43000002/", ("Pell I",)),
            ],
            id="Ovid",
        ),
        pytest.param(
            EBSCO,
            [
                (
                    "Nurses who ask twice",
                    "https://search.ebscohost.com/login.aspx?direct=true&db=rzh&AN=170001234",
                    ("Amble, Rita", "Toft, Karl"),
                ),
                ("A map of who rings whom", "https://search.ebscohost.com/login.aspx?direct=true&db=rzh&AN=170001240", ("Pell, Ida",)),
            ],
            id="EBSCO",
        ),
        pytest.param(
            PROQUEST,
            [
                ("The ward that stopped counting", "http://search.proquest.com/docview/3100012345", ("Lomax, Una", "Berg, Nils")),
                ("Letters to a new registrar", "https://www.proquest.com/docview/3100012399", ("Okri, Bay",)),
            ],
            id="ProQuest",
        ),
        pytest.param(
            EMBASE,
            [
                ("Early warning and late listening", "https://www.embase.com/records?id=L2004567890", ("Farrow D.", "Nkemelu C")),
                ("Slow rounds", "https://doi.org/10.5555/wn.2026.1", ("Ilk B",)),
            ],
            id="Embase",
        ),
        pytest.param(
            COCHRANE,
            [
                (
                    "Reminders for people who forget reminders",
                    "https://www.cochranelibrary.com/cdsr/doi/10.1002/14651858.CD014999/full",
                    ("Prentis J", "Olafsdottir H"),
                ),
                ("A trial of shorter rounds", "https://www.cochranelibrary.com/central/doi/10.1002/central/CN-02700001/full", ("Yew T",)),
            ],
            id="Cochrane",
        ),
        pytest.param(
            MEDLINE,
            [
                ("Listening posts in community pharmacy: a pilot of twelve counters", PUBMED + "43955501/", ("Harrow J", "Sund P")),
                ("Keys, badges and belonging", PUBMED + "43955502/", ("Oyelaran F",)),
            ],
            id="MEDLINE",
        ),
        pytest.param(RIS, [("Beds, again", "https://doi.org/10.5555/beds.1", ("Obi, Rana",))], id="RIS"),
        pytest.param(
            ABSTRACTS,
            [
                ("Sleeping in turns: a diary study in three stations", PUBMED + "43911201/", ("Fenwick R", "Okoro J")),
                ("[Beds on boats]", PUBMED + "43911502/", ("Dube P",)),
            ],
            id="PubMed, abstracts",
        ),
        pytest.param(
            SUMMARY,
            [
                ("Listening posts in pharmacies: a pilot of twelve counters", PUBMED + "43955501/", ("Harrow J", "Sund P")),
                ("Keys and belonging?", PUBMED + "43955502/", ("Oyelaran F",)),
            ],
            id="PubMed, summaries",
        ),
        pytest.param(ARXIV, [("Queues that learn their own names", "https://arxiv.org/abs/2611.01234", ("A. Quill", "B. Raven"))], id="arXiv"),
    ],
)
def test_each_database_is_read_with_authors_and_an_address(text: str, wanted: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert [(work.title, work.url, work.creators) for work in records.read(text)] == wanted


def test_an_abstract_is_put_together_from_its_lines() -> None:
    assert records.read(OVID)[0].abstract == "Two wards tried naps. One kept them."
    assert records.read(ABSTRACTS)[0].abstract.startswith("BACKGROUND: Crews sleep in turns.")


def test_a_text_that_was_quoted_in_a_forward_is_read_all_the_same() -> None:
    quoted = "\n".join(f"> {line}" for line in EBSCO.splitlines())
    assert records.read(quoted) == records.read(EBSCO)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Dear all,\n\n1. Bring tea\n2. Bring cups\n\nhttps://tea.example/\n",
        "1. Hot wards\nA report on summer.\nhttps://one.example/hot\n\n2. Cold wards\nA report on winter.\nhttps://two.example/cold\n",
        "Title: nothing follows\n",
        "The PMID: 12345678 is a number.\n",
    ],
)
def test_a_letter_of_another_sort_has_no_records(text: str) -> None:
    assert records.read(text) == ()


@given(
    st.lists(st.sampled_from([*ABSTRACTS.splitlines(), *OVID.splitlines(), *MEDLINE.splitlines(), "<1>", "1. ", "Title", "\\\\", ""]), max_size=60)
)
def test_lines_in_any_order_give_works_with_title_and_address_or_none(lines: list[str]) -> None:
    for work in records.read("\n".join(lines)):
        assert work.title
        assert work.url.startswith("http")


def test_a_field_without_end_is_cut_off() -> None:
    text = "Title: x\nAuthors: Obi R\nURL: https://a.example/1\nAbstract: " + "word " * 700 + "\n" + ("word " * 700 + "\n") * 200
    assert len(records.read(text)[0].abstract) <= 5_000
