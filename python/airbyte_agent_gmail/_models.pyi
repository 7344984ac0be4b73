# Made from spec/gmail.yaml; UPDATE_GOLDEN=1 cargo test --all-features --test it -- python writes it anew.
from typing import Any, TypeAlias

from ._model import GmailExecuteResult as GmailExecuteResult
from ._model import GmailExecuteResultWithMeta as GmailExecuteResultWithMeta
from ._model import Model

class AutoForwarding(Model):
    """The forwarding of all incoming mail."""

    disposition: str | None = None
    email_address: str | None = None
    enabled: bool | None = None

class ClassificationLabelFieldValue(Model):
    """The value of one field of a classification label."""

    field_id: str | None = None
    selection: str | None = None

class ClassificationLabelValue(Model):
    """A classification label (Google Workspace only; not one of Gmail's labels) with its fields."""

    fields: list[ClassificationLabelFieldValue] | None = None
    label_id: str | None = None

class CseIdentity(Model):
    """Which key pairs an address uses for client-side encryption."""

    email_address: str | None = None
    primary_key_pair_id: str | None = None
    sign_and_encrypt_key_pairs: SignAndEncryptKeyPairs | None = None

class CseKeyPair(Model):
    """A client-side encryption key pair, as certificate chain and facts about the private key, which Google does not have."""

    disable_time: str | None = None
    enablement_state: str | None = None
    key_pair_id: str | None = None
    pem: str | None = None
    pkcs7: str | None = None
    private_key_metadata: list[CsePrivateKeyMetadata] | None = None
    subject_email_addresses: list[str] | None = None

class CsePrivateKeyMetadata(Model):
    """Facts about one instance of a private key."""

    hardware_key_metadata: HardwareKeyMetadata | None = None
    kacls_key_metadata: KaclsKeyMetadata | None = None
    private_key_metadata_id: str | None = None

class Delegate(Model):
    """A person who may read, send and delete mail in this mailbox, and see and add its contacts."""

    delegate_email: str | None = None
    verification_status: str | None = None

class Draft(Model):
    """A draft, which is a message that has not been sent."""

    id: str | None = None
    message: Message | None = None

class Filter(Model):
    """A rule for incoming messages."""

    action: FilterAction | None = None
    criteria: FilterCriteria | None = None
    id: str | None = None

class FilterAction(Model):
    """What to do with a message that meets the criteria."""

    add_label_ids: list[str] | None = None
    forward: str | None = None
    remove_label_ids: list[str] | None = None

class FilterCriteria(Model):
    """What a message must be like; a message must meet all of them."""

    exclude_chats: bool | None = None
    from_: str | None = None
    has_attachment: bool | None = None
    negated_query: str | None = None
    query: str | None = None
    size: int | None = None
    size_comparison: str | None = None
    subject: str | None = None
    to: str | None = None

class ForwardingAddress(Model):
    """An address to which this mailbox may forward mail."""

    forwarding_email: str | None = None
    verification_status: str | None = None

class HardwareKeyMetadata(Model):
    """A private key on a smart card."""

    description: str | None = None

class History(Model):
    """One record of change."""

    id: str | None = None
    labels_added: list[HistoryLabelAdded] | None = None
    labels_removed: list[HistoryLabelRemoved] | None = None
    messages: list[Message] | None = None
    messages_added: list[HistoryMessageAdded] | None = None
    messages_deleted: list[HistoryMessageDeleted] | None = None

class HistoryLabelAdded(Model):
    """A message that was given labels."""

    label_ids: list[str] | None = None
    message: Message | None = None

class HistoryLabelRemoved(Model):
    """A message that lost labels."""

    label_ids: list[str] | None = None
    message: Message | None = None

class HistoryMessageAdded(Model):
    """A message that came into the mailbox."""

    message: Message | None = None

class HistoryMessageDeleted(Model):
    """A message that was deleted for good."""

    message: Message | None = None

class ImapSettings(Model):
    """The settings for mail programs that use IMAP."""

    auto_expunge: bool | None = None
    enabled: bool | None = None
    expunge_behavior: str | None = None
    max_folder_size: int | None = None

class KaclsKeyMetadata(Model):
    """A private key that an external key access control list service (KACLS) keeps."""

    kacls_data: str | None = None
    kacls_uri: str | None = None

class Label(Model):
    """A label."""

    color: LabelColor | None = None
    id: str | None = None
    label_list_visibility: str | None = None
    message_list_visibility: str | None = None
    messages_total: int | None = None
    messages_unread: int | None = None
    name: str | None = None
    threads_total: int | None = None
    threads_unread: int | None = None
    type: str | None = None

class LabelColor(Model):
    """The colors of a label."""

    background_color: str | None = None
    text_color: str | None = None

class LanguageSettings(Model):
    """The language of Gmail's pages."""

    display_language: str | None = None

class ListCseIdentitiesResponse(Model):
    """One page of client-side encryption identities."""

    cse_identities: list[CseIdentity] | None = None
    next_page_token: str | None = None

class ListCseKeyPairsResponse(Model):
    """One page of client-side encryption key pairs."""

    cse_key_pairs: list[CseKeyPair] | None = None
    next_page_token: str | None = None

class ListDelegatesResponse(Model):
    """All delegates of the mailbox."""

    delegates: list[Delegate] | None = None

class ListDraftsResponse(Model):
    """One page of drafts."""

    drafts: list[Draft] | None = None
    next_page_token: str | None = None
    result_size_estimate: int | None = None

class ListFiltersResponse(Model):
    """All filters of the mailbox."""

    filter: list[Filter] | None = None

class ListForwardingAddressesResponse(Model):
    """All forwarding addresses of the mailbox."""

    forwarding_addresses: list[ForwardingAddress] | None = None

class ListHistoryResponse(Model):
    """One page of changes."""

    history: list[History] | None = None
    history_id: str | None = None
    next_page_token: str | None = None

class ListLabelsResponse(Model):
    """All labels of the mailbox."""

    labels: list[Label] | None = None

class ListMessagesResponse(Model):
    """One page of messages."""

    messages: list[Message] | None = None
    next_page_token: str | None = None
    result_size_estimate: int | None = None

class ListSendAsResponse(Model):
    """All send-as addresses of the mailbox."""

    send_as: list[SendAs] | None = None

class ListSmimeInfoResponse(Model):
    """All S/MIME certificates of a send-as address."""

    smime_info: list[SmimeInfo] | None = None

class ListThreadsResponse(Model):
    """One page of threads."""

    next_page_token: str | None = None
    result_size_estimate: int | None = None
    threads: list[Thread] | None = None

class Message(Model):
    """A message."""

    classification_label_values: list[ClassificationLabelValue] | None = None
    history_id: str | None = None
    id: str | None = None
    internal_date: str | None = None
    label_ids: list[str] | None = None
    payload: MessagePart | None = None
    raw: str | None = None
    size_estimate: int | None = None
    snippet: str | None = None
    thread_id: str | None = None

class MessagePart(Model):
    """One part of a parsed message."""

    body: MessagePartBody | None = None
    filename: str | None = None
    headers: list[MessagePartHeader] | None = None
    mime_type: str | None = None
    part_id: str | None = None
    parts: list[MessagePart] | None = None

class MessagePartBody(Model):
    """The content of a part, or the id under which to fetch it."""

    attachment_id: str | None = None
    data: str | None = None
    size: int | None = None

class MessagePartHeader(Model):
    """One header line."""

    name: str | None = None
    value: str | None = None

class PopSettings(Model):
    """The settings for mail programs that use POP."""

    access_window: str | None = None
    disposition: str | None = None

class Profile(Model):
    """The mailbox of the signed-in user in numbers."""

    email_address: str | None = None
    history_id: str | None = None
    messages_total: int | None = None
    threads_total: int | None = None

class SendAs(Model):
    """An address that the user may put into From, either the account's own or another one."""

    display_name: str | None = None
    is_default: bool | None = None
    is_primary: bool | None = None
    reply_to_address: str | None = None
    send_as_email: str | None = None
    signature: str | None = None
    smtp_msa: SmtpMsa | None = None
    treat_as_alias: bool | None = None
    verification_status: str | None = None

class SignAndEncryptKeyPairs(Model):
    """Two key pairs, for an address that signs with one and encrypts with another."""

    encryption_key_pair_id: str | None = None
    signing_key_pair_id: str | None = None

class SmimeInfo(Model):
    """An S/MIME certificate of a send-as address."""

    encrypted_key_password: str | None = None
    expiration: str | None = None
    id: str | None = None
    is_default: bool | None = None
    issuer_cn: str | None = None
    pem: str | None = None
    pkcs12: str | None = None

class SmtpMsa(Model):
    """The SMTP server for mail from a send-as address that is not the account's own."""

    host: str | None = None
    password: str | None = None
    port: int | None = None
    security_mode: str | None = None
    username: str | None = None

class Thread(Model):
    """A conversation."""

    history_id: str | None = None
    id: str | None = None
    messages: list[Message] | None = None
    snippet: str | None = None

class VacationSettings(Model):
    """The vacation responder, which answers incoming mail by itself."""

    enable_auto_reply: bool | None = None
    end_time: str | None = None
    response_body_html: str | None = None
    response_body_plain_text: str | None = None
    response_subject: str | None = None
    restrict_to_contacts: bool | None = None
    restrict_to_domain: bool | None = None
    start_time: str | None = None

class WatchResponse(Model):
    """A watch that has begun."""

    expiration: str | None = None
    history_id: str | None = None

class MessagesListResultMeta(Model):
    """What is beside the records of messages list."""

    next_page_token: str | None = None
    result_size_estimate: int | None = None

class DraftsListResultMeta(Model):
    """What is beside the records of drafts list."""

    next_page_token: str | None = None
    result_size_estimate: int | None = None

class ThreadsListResultMeta(Model):
    """What is beside the records of threads list."""

    next_page_token: str | None = None
    result_size_estimate: int | None = None

class HistoryListResultMeta(Model):
    """What is beside the records of history list."""

    history_id: str | None = None
    next_page_token: str | None = None

class SettingsCseIdentitiesListResultMeta(Model):
    """What is beside the records of settings_cse_identities list."""

    next_page_token: str | None = None

class SettingsCseKeypairsListResultMeta(Model):
    """What is beside the records of settings_cse_keypairs list."""

    next_page_token: str | None = None

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

MessagesListResult: TypeAlias = GmailExecuteResultWithMeta[list[Message], MessagesListResultMeta]
LabelsListResult: TypeAlias = GmailExecuteResult[list[Label]]
DraftsListResult: TypeAlias = GmailExecuteResultWithMeta[list[Draft], DraftsListResultMeta]
ThreadsListResult: TypeAlias = GmailExecuteResultWithMeta[list[Thread], ThreadsListResultMeta]
HistoryListResult: TypeAlias = GmailExecuteResultWithMeta[list[History], HistoryListResultMeta]
SettingsFiltersListResult: TypeAlias = GmailExecuteResult[list[Filter]]
SettingsForwardingAddressesListResult: TypeAlias = GmailExecuteResult[list[ForwardingAddress]]
SettingsDelegatesListResult: TypeAlias = GmailExecuteResult[list[Delegate]]
SettingsSendAsListResult: TypeAlias = GmailExecuteResult[list[SendAs]]
SettingsSendAsSmimeInfoListResult: TypeAlias = GmailExecuteResult[list[SmimeInfo]]
SettingsCseIdentitiesListResult: TypeAlias = GmailExecuteResultWithMeta[list[CseIdentity], SettingsCseIdentitiesListResultMeta]
SettingsCseKeypairsListResult: TypeAlias = GmailExecuteResultWithMeta[list[CseKeyPair], SettingsCseKeypairsListResultMeta]
DraftRef: TypeAlias = Draft
DraftsListResponse: TypeAlias = ListDraftsResponse
LabelsListResponse: TypeAlias = ListLabelsResponse
MessageHeader: TypeAlias = MessagePartHeader
MessageRef: TypeAlias = Message
MessagesListResponse: TypeAlias = ListMessagesResponse
ThreadRef: TypeAlias = Thread
ThreadsListResponse: TypeAlias = ListThreadsResponse
