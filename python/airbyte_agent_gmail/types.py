# Made from spec/gmail.yaml; UPDATE_GOLDEN=1 cargo test --all-features --test it -- python writes it anew.
"""The params of typed calls, as dictionaries."""

from typing import Any

from typing_extensions import NotRequired, TypedDict

from ._config import AirbyteAuthConfig as AirbyteAuthConfig


class ProfileGetParams(TypedDict):
    """Get the mailbox profile."""


class MessagesListParams(TypedDict):
    """List messages."""

    max_results: NotRequired[int]
    page_token: NotRequired[str]
    q: NotRequired[str]
    label_ids: NotRequired[list[str] | str]
    include_spam_trash: NotRequired[bool]


class MessagesInsertParams(TypedDict):
    """Put a message into the mailbox."""

    raw: str
    label_ids: NotRequired[list[str]]
    thread_id: NotRequired[str]
    classification_label_values: NotRequired[list[dict[str, Any]]]
    internal_date_source: NotRequired[str]
    deleted: NotRequired[bool]


class MessagesImportParams(TypedDict):
    """Import a message as if it had arrived."""

    raw: str
    label_ids: NotRequired[list[str]]
    thread_id: NotRequired[str]
    classification_label_values: NotRequired[list[dict[str, Any]]]
    internal_date_source: NotRequired[str]
    never_mark_spam: NotRequired[bool]
    process_for_calendar: NotRequired[bool]
    deleted: NotRequired[bool]


class MessagesCreateParams(TypedDict):
    """Send a message."""

    raw: str
    thread_id: NotRequired[str]
    classification_label_values: NotRequired[list[dict[str, Any]]]


class MessagesBatchModifyParams(TypedDict):
    """Change the labels of many messages."""

    ids: list[str]
    add_label_ids: NotRequired[list[str]]
    remove_label_ids: NotRequired[list[str]]
    add_classification_labels: NotRequired[list[dict[str, Any]]]
    remove_classification_label_ids: NotRequired[list[str]]


class MessagesBatchDeleteParams(TypedDict):
    """Delete many messages for good."""

    ids: list[str]


class MessagesGetParams(TypedDict):
    """Get a message."""

    message_id: str
    format: NotRequired[str]
    metadata_headers: NotRequired[list[str] | str]


class MessagesDeleteParams(TypedDict):
    """Delete a message for good."""

    message_id: str


class MessagesUpdateParams(TypedDict):
    """Change a message's labels."""

    message_id: str
    add_label_ids: NotRequired[list[str]]
    remove_label_ids: NotRequired[list[str]]
    add_classification_labels: NotRequired[list[dict[str, Any]]]
    remove_classification_label_ids: NotRequired[list[str]]


class MessagesTrashCreateParams(TypedDict):
    """Move a message to the trash."""

    message_id: str


class MessagesUntrashCreateParams(TypedDict):
    """Take a message out of the trash."""

    message_id: str


class MessagesAttachmentsGetParams(TypedDict):
    """Download an attachment."""

    message_id: str
    id: str


class LabelsListParams(TypedDict):
    """List labels."""


class LabelsCreateParamsColor(TypedDict):
    """The colors of a label."""

    textColor: NotRequired[str]
    backgroundColor: NotRequired[str]


class LabelsCreateParams(TypedDict):
    """Create a label."""

    name: str
    message_list_visibility: NotRequired[str]
    label_list_visibility: NotRequired[str]
    color: NotRequired[LabelsCreateParamsColor]


class LabelsGetParams(TypedDict):
    """Get a label."""

    label_id: str


class LabelsUpdateParamsColor(TypedDict):
    """The colors of a label."""

    textColor: NotRequired[str]
    backgroundColor: NotRequired[str]


class LabelsUpdateParams(TypedDict):
    """Replace a label."""

    label_id: str
    id: NotRequired[str]
    name: NotRequired[str]
    message_list_visibility: NotRequired[str]
    label_list_visibility: NotRequired[str]
    color: NotRequired[LabelsUpdateParamsColor]


class LabelsPatchParamsColor(TypedDict):
    """The colors of a label."""

    textColor: NotRequired[str]
    backgroundColor: NotRequired[str]


class LabelsPatchParams(TypedDict):
    """Change parts of a label."""

    label_id: str
    name: NotRequired[str]
    message_list_visibility: NotRequired[str]
    label_list_visibility: NotRequired[str]
    color: NotRequired[LabelsPatchParamsColor]


class LabelsDeleteParams(TypedDict):
    """Delete a label."""

    label_id: str


class DraftsListParams(TypedDict):
    """List drafts."""

    max_results: NotRequired[int]
    page_token: NotRequired[str]
    q: NotRequired[str]
    include_spam_trash: NotRequired[bool]


class DraftsCreateParamsMessage(TypedDict):
    """The message of a draft."""

    raw: str
    threadId: NotRequired[str]
    classificationLabelValues: NotRequired[list[dict[str, Any]]]


class DraftsCreateParams(TypedDict):
    """Create a draft."""

    message: DraftsCreateParamsMessage


class DraftsSendCreateParamsMessage(TypedDict):
    """A message to send in place of the one that the draft holds."""

    raw: str
    threadId: NotRequired[str]
    classificationLabelValues: NotRequired[list[dict[str, Any]]]


class DraftsSendCreateParams(TypedDict):
    """Send a draft."""

    id: str
    message: NotRequired[DraftsSendCreateParamsMessage]


class DraftsGetParams(TypedDict):
    """Get a draft."""

    draft_id: str
    format: NotRequired[str]


class DraftsUpdateParamsMessage(TypedDict):
    """The message of a draft."""

    raw: str
    threadId: NotRequired[str]
    classificationLabelValues: NotRequired[list[dict[str, Any]]]


class DraftsUpdateParams(TypedDict):
    """Replace a draft."""

    message: DraftsUpdateParamsMessage
    draft_id: str


class DraftsDeleteParams(TypedDict):
    """Delete a draft."""

    draft_id: str


class ThreadsListParams(TypedDict):
    """List threads."""

    max_results: NotRequired[int]
    page_token: NotRequired[str]
    q: NotRequired[str]
    label_ids: NotRequired[list[str] | str]
    include_spam_trash: NotRequired[bool]


class ThreadsGetParams(TypedDict):
    """Get a thread."""

    thread_id: str
    format: NotRequired[str]
    metadata_headers: NotRequired[list[str] | str]


class ThreadsDeleteParams(TypedDict):
    """Delete a thread for good."""

    thread_id: str


class ThreadsModifyParams(TypedDict):
    """Change a thread's labels."""

    thread_id: str
    add_label_ids: NotRequired[list[str]]
    remove_label_ids: NotRequired[list[str]]


class ThreadsTrashParams(TypedDict):
    """Move a thread to the trash."""

    thread_id: str


class ThreadsUntrashParams(TypedDict):
    """Take a thread out of the trash."""

    thread_id: str


class HistoryListParams(TypedDict):
    """List what changed in the mailbox."""

    start_history_id: str
    label_id: NotRequired[str]
    history_types: NotRequired[list[str]]
    max_results: NotRequired[int]
    page_token: NotRequired[str]


class MailboxWatchParams(TypedDict):
    """Start push notifications."""

    topic_name: str
    label_ids: NotRequired[list[str]]
    label_filter_behavior: NotRequired[str]
    label_filter_action: NotRequired[str]


class MailboxStopParams(TypedDict):
    """Stop push notifications."""


class SettingsGetAutoForwardingParams(TypedDict):
    """Get the auto-forwarding setting."""


class SettingsUpdateAutoForwardingParams(TypedDict):
    """Set auto-forwarding."""

    enabled: NotRequired[bool]
    email_address: NotRequired[str]
    disposition: NotRequired[str]


class SettingsGetImapParams(TypedDict):
    """Get the IMAP settings."""


class SettingsUpdateImapParams(TypedDict):
    """Set the IMAP settings."""

    enabled: NotRequired[bool]
    auto_expunge: NotRequired[bool]
    expunge_behavior: NotRequired[str]
    max_folder_size: NotRequired[int]


class SettingsGetLanguageParams(TypedDict):
    """Get the language of Gmail."""


class SettingsUpdateLanguageParams(TypedDict):
    """Set the language of Gmail."""

    display_language: NotRequired[str]


class SettingsGetPopParams(TypedDict):
    """Get the POP settings."""


class SettingsUpdatePopParams(TypedDict):
    """Set the POP settings."""

    access_window: NotRequired[str]
    disposition: NotRequired[str]


class SettingsGetVacationParams(TypedDict):
    """Get the vacation responder."""


class SettingsUpdateVacationParams(TypedDict):
    """Set the vacation responder."""

    enable_auto_reply: NotRequired[bool]
    response_subject: NotRequired[str]
    response_body_plain_text: NotRequired[str]
    response_body_html: NotRequired[str]
    restrict_to_contacts: NotRequired[bool]
    restrict_to_domain: NotRequired[bool]
    start_time: NotRequired[str]
    end_time: NotRequired[str]


class SettingsFiltersListParams(TypedDict):
    """List filters."""


class SettingsFiltersCreateParamsCriteria(TypedDict):
    """What a message must be like; a message must meet all of them."""

    from_: NotRequired[str]
    to: NotRequired[str]
    subject: NotRequired[str]
    query: NotRequired[str]
    negatedQuery: NotRequired[str]
    hasAttachment: NotRequired[bool]
    excludeChats: NotRequired[bool]
    size: NotRequired[int]
    sizeComparison: NotRequired[str]


class SettingsFiltersCreateParamsAction(TypedDict):
    """What to do with a message that meets the criteria."""

    addLabelIds: NotRequired[list[str]]
    removeLabelIds: NotRequired[list[str]]
    forward: NotRequired[str]


class SettingsFiltersCreateParams(TypedDict):
    """Create a filter."""

    criteria: SettingsFiltersCreateParamsCriteria
    action: SettingsFiltersCreateParamsAction


class SettingsFiltersGetParams(TypedDict):
    """Get a filter."""

    id: str


class SettingsFiltersDeleteParams(TypedDict):
    """Delete a filter."""

    id: str


class SettingsForwardingAddressesListParams(TypedDict):
    """List forwarding addresses."""


class SettingsForwardingAddressesCreateParams(TypedDict):
    """Add a forwarding address."""

    forwarding_email: str


class SettingsForwardingAddressesGetParams(TypedDict):
    """Get a forwarding address."""

    forwarding_email: str


class SettingsForwardingAddressesDeleteParams(TypedDict):
    """Remove a forwarding address."""

    forwarding_email: str


class SettingsDelegatesListParams(TypedDict):
    """List delegates."""


class SettingsDelegatesCreateParams(TypedDict):
    """Add a delegate."""

    delegate_email: str


class SettingsDelegatesGetParams(TypedDict):
    """Get a delegate."""

    delegate_email: str


class SettingsDelegatesDeleteParams(TypedDict):
    """Remove a delegate."""

    delegate_email: str


class SettingsSendAsListParams(TypedDict):
    """List send-as addresses."""


class SettingsSendAsCreateParamsSmtpMsa(TypedDict):
    """The SMTP server for mail from a send-as address that is not the account's own."""

    host: NotRequired[str]
    port: NotRequired[int]
    username: NotRequired[str]
    password: NotRequired[str]
    securityMode: NotRequired[str]


class SettingsSendAsCreateParams(TypedDict):
    """Add a send-as address."""

    send_as_email: str
    display_name: NotRequired[str]
    reply_to_address: NotRequired[str]
    signature: NotRequired[str]
    is_default: NotRequired[bool]
    treat_as_alias: NotRequired[bool]
    smtp_msa: NotRequired[SettingsSendAsCreateParamsSmtpMsa]


class SettingsSendAsGetParams(TypedDict):
    """Get a send-as address."""

    send_as_email: str


class SettingsSendAsUpdateParamsSmtpMsa(TypedDict):
    """The SMTP server for mail from a send-as address that is not the account's own."""

    host: NotRequired[str]
    port: NotRequired[int]
    username: NotRequired[str]
    password: NotRequired[str]
    securityMode: NotRequired[str]


class SettingsSendAsUpdateParams(TypedDict):
    """Replace a send-as address's settings."""

    send_as_email: str
    display_name: NotRequired[str]
    reply_to_address: NotRequired[str]
    signature: NotRequired[str]
    is_default: NotRequired[bool]
    treat_as_alias: NotRequired[bool]
    smtp_msa: NotRequired[SettingsSendAsUpdateParamsSmtpMsa]


class SettingsSendAsPatchParamsSmtpMsa(TypedDict):
    """The SMTP server for mail from a send-as address that is not the account's own."""

    host: NotRequired[str]
    port: NotRequired[int]
    username: NotRequired[str]
    password: NotRequired[str]
    securityMode: NotRequired[str]


class SettingsSendAsPatchParams(TypedDict):
    """Change parts of a send-as address."""

    send_as_email: str
    display_name: NotRequired[str]
    reply_to_address: NotRequired[str]
    signature: NotRequired[str]
    is_default: NotRequired[bool]
    treat_as_alias: NotRequired[bool]
    smtp_msa: NotRequired[SettingsSendAsPatchParamsSmtpMsa]


class SettingsSendAsDeleteParams(TypedDict):
    """Remove a send-as address."""

    send_as_email: str


class SettingsSendAsVerifyParams(TypedDict):
    """Mail a verification to a send-as address."""

    send_as_email: str


class SettingsSendAsSmimeInfoListParams(TypedDict):
    """List S/MIME certificates."""

    send_as_email: str


class SettingsSendAsSmimeInfoInsertParams(TypedDict):
    """Upload an S/MIME certificate."""

    pkcs12: str
    send_as_email: str
    encrypted_key_password: NotRequired[str]


class SettingsSendAsSmimeInfoGetParams(TypedDict):
    """Get an S/MIME certificate."""

    send_as_email: str
    id: str


class SettingsSendAsSmimeInfoDeleteParams(TypedDict):
    """Delete an S/MIME certificate."""

    send_as_email: str
    id: str


class SettingsSendAsSmimeInfoSetDefaultParams(TypedDict):
    """Make an S/MIME certificate the default."""

    send_as_email: str
    id: str


class SettingsCseIdentitiesListParams(TypedDict):
    """List encryption identities."""

    page_size: NotRequired[int]
    page_token: NotRequired[str]


class SettingsCseIdentitiesCreateParamsSignAndEncryptKeyPairs(TypedDict):
    """Two key pairs, for an address that signs with one and encrypts with another."""

    signingKeyPairId: NotRequired[str]
    encryptionKeyPairId: NotRequired[str]


class SettingsCseIdentitiesCreateParams(TypedDict):
    """Create an encryption identity."""

    email_address: str
    primary_key_pair_id: NotRequired[str]
    sign_and_encrypt_key_pairs: NotRequired[SettingsCseIdentitiesCreateParamsSignAndEncryptKeyPairs]


class SettingsCseIdentitiesGetParams(TypedDict):
    """Get an encryption identity."""

    cse_email_address: str


class SettingsCseIdentitiesPatchParamsSignAndEncryptKeyPairs(TypedDict):
    """Two key pairs, for an address that signs with one and encrypts with another."""

    signingKeyPairId: NotRequired[str]
    encryptionKeyPairId: NotRequired[str]


class SettingsCseIdentitiesPatchParams(TypedDict):
    """Change an encryption identity's key pair."""

    cse_email_address: str
    primary_key_pair_id: NotRequired[str]
    sign_and_encrypt_key_pairs: NotRequired[SettingsCseIdentitiesPatchParamsSignAndEncryptKeyPairs]


class SettingsCseIdentitiesDeleteParams(TypedDict):
    """Delete an encryption identity."""

    cse_email_address: str


class SettingsCseKeypairsListParams(TypedDict):
    """List encryption key pairs."""

    page_size: NotRequired[int]
    page_token: NotRequired[str]


class SettingsCseKeypairsCreateParams(TypedDict):
    """Upload an encryption key pair."""

    pkcs7: str
    private_key_metadata: list[dict[str, Any]]
    chain_validation: NotRequired[str]


class SettingsCseKeypairsGetParams(TypedDict):
    """Get an encryption key pair."""

    key_pair_id: str


class SettingsCseKeypairsDisableParams(TypedDict):
    """Turn an encryption key pair off."""

    key_pair_id: str


class SettingsCseKeypairsEnableParams(TypedDict):
    """Turn an encryption key pair on."""

    key_pair_id: str


class SettingsCseKeypairsObliterateParams(TypedDict):
    """Destroy an encryption key pair for good."""

    key_pair_id: str
