"""Every relative link in the project's pages leads to a file that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    page
    for folder in (".", "docs", "models", "benchmarks", "configs", "docker")
    for page in ((ROOT / folder).rglob("*.md") if folder != "." else ROOT.glob("*.md"))
)
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    links = LINK.findall(page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_readme_is_among_the_pages():
    assert ROOT / "README.md" in PAGES
    assert len(PAGES) > 10
