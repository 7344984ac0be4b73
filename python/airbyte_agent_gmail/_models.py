# Made from spec/gmail.yaml; UPDATE_GOLDEN=1 cargo test --all-features --test it -- python writes it anew.
"""The models of results, each made at its first use; `_models.pyi` shows them to type checkers."""

from typing import Any  # noqa: F401

RECORDS = {
    "AutoForwarding": (
        "The forwarding of all incoming mail.",
        {
            "disposition": "str",
            "email_address": "str",
            "enabled": "bool",
        },
    ),
    "ClassificationLabelFieldValue": (
        "The value of one field of a classification label.",
        {
            "field_id": "str",
            "selection": "str",
        },
    ),
    "ClassificationLabelValue": (
        "A classification label (Google Workspace only; not one of Gmail's labels) with its fields.",
        {
            "fields": "list[ClassificationLabelFieldValue]",
            "label_id": "str",
        },
    ),
    "CseIdentity": (
        "Which key pairs an address uses for client-side encryption.",
        {
            "email_address": "str",
            "primary_key_pair_id": "str",
            "sign_and_encrypt_key_pairs": "SignAndEncryptKeyPairs",
        },
    ),
    "CseKeyPair": (
        "A client-side encryption key pair, as certificate chain and facts about the private key, which Google does not have.",
        {
            "disable_time": "str",
            "enablement_state": "str",
            "key_pair_id": "str",
            "pem": "str",
            "pkcs7": "str",
            "private_key_metadata": "list[CsePrivateKeyMetadata]",
            "subject_email_addresses": "list[str]",
        },
    ),
    "CsePrivateKeyMetadata": (
        "Facts about one instance of a private key.",
        {
            "hardware_key_metadata": "HardwareKeyMetadata",
            "kacls_key_metadata": "KaclsKeyMetadata",
            "private_key_metadata_id": "str",
        },
    ),
    "Delegate": (
        "A person who may read, send and delete mail in this mailbox, and see and add its contacts.",
        {
            "delegate_email": "str",
            "verification_status": "str",
        },
    ),
    "Draft": (
        "A draft, which is a message that has not been sent.",
        {
            "id": "str",
            "message": "Message",
        },
    ),
    "Filter": (
        "A rule for incoming messages.",
        {
            "action": "FilterAction",
            "criteria": "FilterCriteria",
            "id": "str",
        },
    ),
    "FilterAction": (
        "What to do with a message that meets the criteria.",
        {
            "add_label_ids": "list[str]",
            "forward": "str",
            "remove_label_ids": "list[str]",
        },
    ),
    "FilterCriteria": (
        "What a message must be like; a message must meet all of them.",
        {
            "exclude_chats": "bool",
            "from_": "str",
            "has_attachment": "bool",
            "negated_query": "str",
            "query": "str",
            "size": "int",
            "size_comparison": "str",
            "subject": "str",
            "to": "str",
        },
    ),
    "ForwardingAddress": (
        "An address to which this mailbox may forward mail.",
        {
            "forwarding_email": "str",
            "verification_status": "str",
        },
    ),
    "HardwareKeyMetadata": (
        "A private key on a smart card.",
        {
            "description": "str",
        },
    ),
    "History": (
        "One record of change.",
        {
            "id": "str",
            "labels_added": "list[HistoryLabelAdded]",
            "labels_removed": "list[HistoryLabelRemoved]",
            "messages": "list[Message]",
            "messages_added": "list[HistoryMessageAdded]",
            "messages_deleted": "list[HistoryMessageDeleted]",
        },
    ),
    "HistoryLabelAdded": (
        "A message that was given labels.",
        {
            "label_ids": "list[str]",
            "message": "Message",
        },
    ),
    "HistoryLabelRemoved": (
        "A message that lost labels.",
        {
            "label_ids": "list[str]",
            "message": "Message",
        },
    ),
    "HistoryMessageAdded": (
        "A message that came into the mailbox.",
        {
            "message": "Message",
        },
    ),
    "HistoryMessageDeleted": (
        "A message that was deleted for good.",
        {
            "message": "Message",
        },
    ),
    "ImapSettings": (
        "The settings for mail programs that use IMAP.",
        {
            "auto_expunge": "bool",
            "enabled": "bool",
            "expunge_behavior": "str",
            "max_folder_size": "int",
        },
    ),
    "KaclsKeyMetadata": (
        "A private key that an external key access control list service (KACLS) keeps.",
        {
            "kacls_data": "str",
            "kacls_uri": "str",
        },
    ),
    "Label": (
        "A label.",
        {
            "color": "LabelColor",
            "id": "str",
            "label_list_visibility": "str",
            "message_list_visibility": "str",
            "messages_total": "int",
            "messages_unread": "int",
            "name": "str",
            "threads_total": "int",
            "threads_unread": "int",
            "type": "str",
        },
    ),
    "LabelColor": (
        "The colors of a label.",
        {
            "background_color": "str",
            "text_color": "str",
        },
    ),
    "LanguageSettings": (
        "The language of Gmail's pages.",
        {
            "display_language": "str",
        },
    ),
    "ListCseIdentitiesResponse": (
        "One page of client-side encryption identities.",
        {
            "cse_identities": "list[CseIdentity]",
            "next_page_token": "str",
        },
    ),
    "ListCseKeyPairsResponse": (
        "One page of client-side encryption key pairs.",
        {
            "cse_key_pairs": "list[CseKeyPair]",
            "next_page_token": "str",
        },
    ),
    "ListDelegatesResponse": (
        "All delegates of the mailbox.",
        {
            "delegates": "list[Delegate]",
        },
    ),
    "ListDraftsResponse": (
        "One page of drafts.",
        {
            "drafts": "list[Draft]",
            "next_page_token": "str",
            "result_size_estimate": "int",
        },
    ),
    "ListFiltersResponse": (
        "All filters of the mailbox.",
        {
            "filter": "list[Filter]",
        },
    ),
    "ListForwardingAddressesResponse": (
        "All forwarding addresses of the mailbox.",
        {
            "forwarding_addresses": "list[ForwardingAddress]",
        },
    ),
    "ListHistoryResponse": (
        "One page of changes.",
        {
            "history": "list[History]",
            "history_id": "str",
            "next_page_token": "str",
        },
    ),
    "ListLabelsResponse": (
        "All labels of the mailbox.",
        {
            "labels": "list[Label]",
        },
    ),
    "ListMessagesResponse": (
        "One page of messages.",
        {
            "messages": "list[Message]",
            "next_page_token": "str",
            "result_size_estimate": "int",
        },
    ),
    "ListSendAsResponse": (
        "All send-as addresses of the mailbox.",
        {
            "send_as": "list[SendAs]",
        },
    ),
    "ListSmimeInfoResponse": (
        "All S/MIME certificates of a send-as address.",
        {
            "smime_info": "list[SmimeInfo]",
        },
    ),
    "ListThreadsResponse": (
        "One page of threads.",
        {
            "next_page_token": "str",
            "result_size_estimate": "int",
            "threads": "list[Thread]",
        },
    ),
    "Message": (
        "A message.",
        {
            "classification_label_values": "list[ClassificationLabelValue]",
            "history_id": "str",
            "id": "str",
            "internal_date": "str",
            "label_ids": "list[str]",
            "payload": "MessagePart",
            "raw": "str",
            "size_estimate": "int",
            "snippet": "str",
            "thread_id": "str",
        },
    ),
    "MessagePart": (
        "One part of a parsed message.",
        {
            "body": "MessagePartBody",
            "filename": "str",
            "headers": "list[MessagePartHeader]",
            "mime_type": "str",
            "part_id": "str",
            "parts": "list[MessagePart]",
        },
    ),
    "MessagePartBody": (
        "The content of a part, or the id under which to fetch it.",
        {
            "attachment_id": "str",
            "data": "str",
            "size": "int",
        },
    ),
    "MessagePartHeader": (
        "One header line.",
        {
            "name": "str",
            "value": "str",
        },
    ),
    "PopSettings": (
        "The settings for mail programs that use POP.",
        {
            "access_window": "str",
            "disposition": "str",
        },
    ),
    "Profile": (
        "The mailbox of the signed-in user in numbers.",
        {
            "email_address": "str",
            "history_id": "str",
            "messages_total": "int",
            "threads_total": "int",
        },
    ),
    "SendAs": (
        "An address that the user may put into From, either the account's own or another one.",
        {
            "display_name": "str",
            "is_default": "bool",
            "is_primary": "bool",
            "reply_to_address": "str",
            "send_as_email": "str",
            "signature": "str",
            "smtp_msa": "SmtpMsa",
            "treat_as_alias": "bool",
            "verification_status": "str",
        },
    ),
    "SignAndEncryptKeyPairs": (
        "Two key pairs, for an address that signs with one and encrypts with another.",
        {
            "encryption_key_pair_id": "str",
            "signing_key_pair_id": "str",
        },
    ),
    "SmimeInfo": (
        "An S/MIME certificate of a send-as address.",
        {
            "encrypted_key_password": "str",
            "expiration": "str",
            "id": "str",
            "is_default": "bool",
            "issuer_cn": "str",
            "pem": "str",
            "pkcs12": "str",
        },
    ),
    "SmtpMsa": (
        "The SMTP server for mail from a send-as address that is not the account's own.",
        {
            "host": "str",
            "password": "str",
            "port": "int",
            "security_mode": "str",
            "username": "str",
        },
    ),
    "Thread": (
        "A conversation.",
        {
            "history_id": "str",
            "id": "str",
            "messages": "list[Message]",
            "snippet": "str",
        },
    ),
    "VacationSettings": (
        "The vacation responder, which answers incoming mail by itself.",
        {
            "enable_auto_reply": "bool",
            "end_time": "str",
            "response_body_html": "str",
            "response_body_plain_text": "str",
            "response_subject": "str",
            "restrict_to_contacts": "bool",
            "restrict_to_domain": "bool",
            "start_time": "str",
        },
    ),
    "WatchResponse": (
        "A watch that has begun.",
        {
            "expiration": "str",
            "history_id": "str",
        },
    ),
    "MessagesListResultMeta": (
        "What is beside the records of messages list.",
        {
            "next_page_token": "str",
            "result_size_estimate": "int",
        },
    ),
    "DraftsListResultMeta": (
        "What is beside the records of drafts list.",
        {
            "next_page_token": "str",
            "result_size_estimate": "int",
        },
    ),
    "ThreadsListResultMeta": (
        "What is beside the records of threads list.",
        {
            "next_page_token": "str",
            "result_size_estimate": "int",
        },
    ),
    "HistoryListResultMeta": (
        "What is beside the records of history list.",
        {
            "history_id": "str",
            "next_page_token": "str",
        },
    ),
    "SettingsCseIdentitiesListResultMeta": (
        "What is beside the records of settings_cse_identities list.",
        {
            "next_page_token": "str",
        },
    ),
    "SettingsCseKeypairsListResultMeta": (
        "What is beside the records of settings_cse_keypairs list.",
        {
            "next_page_token": "str",
        },
    ),
    "DraftCreateParamsMessage": (
        "The message of a draft.",
        {
            "raw": "str",
            "thread_id": "str",
            "classification_label_values": "list[dict[str, Any]]",
        },
    ),
    "DraftCreateParams": (
        "Create a draft.",
        {
            "message": "DraftCreateParamsMessage",
        },
    ),
    "DraftSendParamsMessage": (
        "A message to send in place of the one that the draft holds.",
        {
            "raw": "str",
            "thread_id": "str",
            "classification_label_values": "list[dict[str, Any]]",
        },
    ),
    "DraftSendParams": (
        "Send a draft.",
        {
            "id": "str",
            "message": "DraftSendParamsMessage",
        },
    ),
    "LabelCreateParamsColor": (
        "The colors of a label.",
        {
            "text_color": "str",
            "background_color": "str",
        },
    ),
    "LabelCreateParams": (
        "Create a label.",
        {
            "name": "str",
            "message_list_visibility": "str",
            "label_list_visibility": "str",
            "color": "LabelCreateParamsColor",
        },
    ),
    "LabelUpdateParamsColor": (
        "The colors of a label.",
        {
            "text_color": "str",
            "background_color": "str",
        },
    ),
    "LabelUpdateParams": (
        "Replace a label.",
        {
            "id": "str",
            "name": "str",
            "message_list_visibility": "str",
            "label_list_visibility": "str",
            "color": "LabelUpdateParamsColor",
        },
    ),
    "MessageModifyParams": (
        "Change a message's labels.",
        {
            "add_label_ids": "list[str]",
            "remove_label_ids": "list[str]",
            "add_classification_labels": "list[dict[str, Any]]",
            "remove_classification_label_ids": "list[str]",
        },
    ),
    "MessageSendParams": (
        "Send a message.",
        {
            "raw": "str",
            "thread_id": "str",
            "classification_label_values": "list[dict[str, Any]]",
        },
    ),
}

LISTS = {
    "MessagesListResult": ("Message", "MessagesListResultMeta"),
    "LabelsListResult": ("Label", None),
    "DraftsListResult": ("Draft", "DraftsListResultMeta"),
    "ThreadsListResult": ("Thread", "ThreadsListResultMeta"),
    "HistoryListResult": ("History", "HistoryListResultMeta"),
    "SettingsFiltersListResult": ("Filter", None),
    "SettingsForwardingAddressesListResult": ("ForwardingAddress", None),
    "SettingsDelegatesListResult": ("Delegate", None),
    "SettingsSendAsListResult": ("SendAs", None),
    "SettingsSendAsSmimeInfoListResult": ("SmimeInfo", None),
    "SettingsCseIdentitiesListResult": ("CseIdentity", "SettingsCseIdentitiesListResultMeta"),
    "SettingsCseKeypairsListResult": ("CseKeyPair", "SettingsCseKeypairsListResultMeta"),
}

RESULTS = {
    ("profile", "get"): "Profile",
    ("messages", "list"): "MessagesListResult",
    ("messages", "insert"): "Message",
    ("messages", "import"): "Message",
    ("messages", "create"): "Message",
    ("messages", "get"): "Message",
    ("messages", "update"): "Message",
    ("messages_trash", "create"): "Message",
    ("messages_untrash", "create"): "Message",
    ("messages_attachments", "get"): "MessagePartBody",
    ("labels", "list"): "LabelsListResult",
    ("labels", "create"): "Label",
    ("labels", "get"): "Label",
    ("labels", "update"): "Label",
    ("labels", "patch"): "Label",
    ("drafts", "list"): "DraftsListResult",
    ("drafts", "create"): "Draft",
    ("drafts_send", "create"): "Message",
    ("drafts", "get"): "Draft",
    ("drafts", "update"): "Draft",
    ("threads", "list"): "ThreadsListResult",
    ("threads", "get"): "Thread",
    ("threads", "modify"): "Thread",
    ("threads", "trash"): "Thread",
    ("threads", "untrash"): "Thread",
    ("history", "list"): "HistoryListResult",
    ("mailbox", "watch"): "WatchResponse",
    ("settings", "get_auto_forwarding"): "AutoForwarding",
    ("settings", "update_auto_forwarding"): "AutoForwarding",
    ("settings", "get_imap"): "ImapSettings",
    ("settings", "update_imap"): "ImapSettings",
    ("settings", "get_language"): "LanguageSettings",
    ("settings", "update_language"): "LanguageSettings",
    ("settings", "get_pop"): "PopSettings",
    ("settings", "update_pop"): "PopSettings",
    ("settings", "get_vacation"): "VacationSettings",
    ("settings", "update_vacation"): "VacationSettings",
    ("settings_filters", "list"): "SettingsFiltersListResult",
    ("settings_filters", "create"): "Filter",
    ("settings_filters", "get"): "Filter",
    ("settings_forwarding_addresses", "list"): "SettingsForwardingAddressesListResult",
    ("settings_forwarding_addresses", "create"): "ForwardingAddress",
    ("settings_forwarding_addresses", "get"): "ForwardingAddress",
    ("settings_delegates", "list"): "SettingsDelegatesListResult",
    ("settings_delegates", "create"): "Delegate",
    ("settings_delegates", "get"): "Delegate",
    ("settings_send_as", "list"): "SettingsSendAsListResult",
    ("settings_send_as", "create"): "SendAs",
    ("settings_send_as", "get"): "SendAs",
    ("settings_send_as", "update"): "SendAs",
    ("settings_send_as", "patch"): "SendAs",
    ("settings_send_as_smime_info", "list"): "SettingsSendAsSmimeInfoListResult",
    ("settings_send_as_smime_info", "insert"): "SmimeInfo",
    ("settings_send_as_smime_info", "get"): "SmimeInfo",
    ("settings_cse_identities", "list"): "SettingsCseIdentitiesListResult",
    ("settings_cse_identities", "create"): "CseIdentity",
    ("settings_cse_identities", "get"): "CseIdentity",
    ("settings_cse_identities", "patch"): "CseIdentity",
    ("settings_cse_keypairs", "list"): "SettingsCseKeypairsListResult",
    ("settings_cse_keypairs", "create"): "CseKeyPair",
    ("settings_cse_keypairs", "get"): "CseKeyPair",
    ("settings_cse_keypairs", "disable"): "CseKeyPair",
    ("settings_cse_keypairs", "enable"): "CseKeyPair",
}

# Airbyte's names for models that have different names here.
OTHER_NAMES = {
    "DraftRef": "Draft",
    "DraftsListResponse": "ListDraftsResponse",
    "LabelsListResponse": "ListLabelsResponse",
    "MessageHeader": "MessagePartHeader",
    "MessageRef": "Message",
    "MessagesListResponse": "ListMessagesResponse",
    "ThreadRef": "Thread",
    "ThreadsListResponse": "ListThreadsResponse",
}


def __getattr__(name):
    from ._model import made

    return made(globals(), name)
