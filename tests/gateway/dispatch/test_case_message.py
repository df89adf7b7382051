"""Messages about cases name the files that people put to what they did, and only then."""

import json

import jsonschema
import pytest

from gateway.dispatch.case_message import CaseWriter
from gateway.dispatch.schema import schema_text
from gateway.store import Store
from gateway.store.attachments import Attachment
from gateway.store.evidence import EvidenceType
from gateway.workflow.case import Action, Actor, Deed, Party


@pytest.fixture
def told(store: Store, samples):
    """Return what a message says of a step that was taken with files."""
    store.incidents.record(samples.change(), samples.origin, (), samples.compose)

    def take(*files: Attachment) -> dict:
        revision = store.cases.get("i-1").case.revision
        deed = Deed(Action.COMMENT, Actor(Party.OPERATOR, "li"), samples.change().at, note="看过")
        store.cases.take("i-1", deed, revision, CaseWriter("dongshan"), files)
        body = json.loads(store.outbox.of_incident("i-1")[-1].body)
        jsonschema.validate(body["data"], json.loads(schema_text("case")))
        return body["data"]["change"]

    return take


def test_files_are_named_with_what_proves_them(told, samples) -> None:
    picture = samples.evidence(type=EvidenceType.PHOTO)
    paper = samples.evidence(type=EvidenceType.FILE)
    said = told(Attachment(picture, "井盖.jpg"), Attachment(paper, "回执.pdf"))["attachments"]
    assert said == [
        {
            "id": piece.id,
            "name": name,
            "media_type": media_type,
            "sha256": piece.sha256,
            "bytes": piece.size_bytes,
            "url": f"/api/evidence/{piece.id}",
        }
        for piece, name, media_type in (
            (picture, "井盖.jpg", "image/jpeg"),
            (paper, "回执.pdf", "application/pdf"),
        )
    ]


def test_without_files_there_is_no_word_of_them(told) -> None:
    assert "attachments" not in told()


def test_files_belong_to_their_own_change(told, samples) -> None:
    told(Attachment(samples.evidence(type=EvidenceType.PHOTO), "1.jpg"))
    assert "attachments" not in told()
