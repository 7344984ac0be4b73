# Made from spec/gmail.yaml; UPDATE_GOLDEN=1 cargo test --all-features --test it -- python writes it anew.
"""Models by the names of Airbyte's package, where those are others."""

from __future__ import annotations

from typing import Any

from . import _models
from ._model import Model, Result, ResultWithMeta

GmailExecuteResult = Result
GmailExecuteResultWithMeta = ResultWithMeta
DraftRef = _models.Draft
DraftsListResponse = _models.ListDraftsResponse
LabelsListResponse = _models.ListLabelsResponse
MessageHeader = _models.MessagePartHeader
MessageRef = _models.Message
MessagesListResponse = _models.ListMessagesResponse
ThreadRef = _models.Thread
ThreadsListResponse = _models.ListThreadsResponse


class DraftCreateParamsMessage(Model):
    """The message of a draft."""

    raw: str | None = None
    thread_id: str | None = None
    classification_label_values: list[dict[str, Any]] | None = None


class DraftCreateParams(Model):
    """Create a draft."""

    message: DraftCreateParamsMessage | None = None


class DraftSendParamsMessage(Model):
    """A message to send in place of the one that the draft holds."""

    raw: str | None = None
    thread_id: str | None = None
    classification_label_values: list[dict[str, Any]] | None = None


class DraftSendParams(Model):
    """Send a draft."""

    id: str | None = None
    message: DraftSendParamsMessage | None = None


class LabelCreateParamsColor(Model):
    """The colors of a label."""

    text_color: str | None = None
    background_color: str | None = None


class LabelCreateParams(Model):
    """Create a label."""

    name: str | None = None
    message_list_visibility: str | None = None
    label_list_visibility: str | None = None
    color: LabelCreateParamsColor | None = None


class LabelUpdateParamsColor(Model):
    """The colors of a label."""

    text_color: str | None = None
    background_color: str | None = None


class LabelUpdateParams(Model):
    """Replace a label."""

    id: str | None = None
    name: str | None = None
    message_list_visibility: str | None = None
    label_list_visibility: str | None = None
    color: LabelUpdateParamsColor | None = None


class MessageModifyParams(Model):
    """Change a message's labels."""

    add_label_ids: list[str] | None = None
    remove_label_ids: list[str] | None = None
    add_classification_labels: list[dict[str, Any]] | None = None
    remove_classification_label_ids: list[str] | None = None


class MessageSendParams(Model):
    """Send a message."""

    raw: str | None = None
    thread_id: str | None = None
    classification_label_values: list[dict[str, Any]] | None = None
