#!/usr/bin/env python3
"""Runs Google's Python client against the sandbox.

The argument is a file with a running sandbox's announcement, one line of JSON:

    pip install google-api-python-client google-auth
    airbyte-gmail sandbox > sandbox.json &
    python3 tests/clients/google_python.py sandbox.json

Each line of output is a behaviour that works; the first failure ends the run.
"""

import base64
import json
import pathlib
import sys

import googleapiclient
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build, build_from_document
from googleapiclient.errors import HttpError
from googleapiclient.http import MediaInMemoryUpload

TEXT = b"To: support@example.com\r\nSubject: from Python\r\n\r\nhello\r\n"
RAW = base64.urlsafe_b64encode(TEXT).decode()
ABSENT = "00000000000000ff"


def holds(name, condition, seen=None):
    if not condition:
        sys.exit(f"FAILED {name}: {str(seen)[:400]}")
    print(f"ok {name}")


def refused(request, status):
    try:
        request.execute()
    except HttpError as error:
        return error.resp.status == status and bool(error.error_details or error.reason)
    return False


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        sandbox = json.loads(file.readline())
    google = sandbox["google"]
    credentials = Credentials(
        None,
        refresh_token=google["refresh_token"],
        token_uri=sandbox["token_url"],
        client_id=google["client_id"],
        client_secret=google["client_secret"],
    )
    cache = pathlib.Path(googleapiclient.__file__).parent / "discovery_cache/documents/gmail.v1.json"
    document = json.loads(cache.read_text())
    document["rootUrl"] = document["baseUrl"] = sandbox["gmail_url"] + "/"
    service = build_from_document(document, credentials=credentials)
    users = service.users()
    messages = users.messages()

    profile = users.getProfile(userId="me").execute()
    holds("a token is refreshed and the profile read", "@" in profile["emailAddress"], profile)
    holds("the token has an end", credentials.expiry is not None)
    address = sandbox["gmail_url"] + "/$discovery/rest?version={apiVersion}"
    made = build("gmail", "v1", credentials=credentials, discoveryServiceUrl=address, static_discovery=False)
    holds("the sandbox's own document makes the client", made.users().getProfile(userId="me").execute() == profile)

    page = messages.list(userId="me", maxResults=3, labelIds=["INBOX", "UNREAD"]).execute()
    holds("two labels narrow a list", len(page["messages"]) == 3, page)
    found = messages.list(userId="me", q="is:unread in:inbox", maxResults=3).execute()
    holds("a search gives the same", found["messages"] == page["messages"], found)
    seen, request = set(), messages.list(userId="me", maxResults=7, includeSpamTrash=True)
    while request is not None:
        answer = request.execute()
        seen.update(item["id"] for item in answer.get("messages", []))
        request = messages.list_next(request, answer)
    holds("pages end, and none repeats", len(seen) >= profile["messagesTotal"] > 7, (len(seen), profile))

    identity = page["messages"][0]["id"]
    full = messages.get(userId="me", id=identity).execute()
    holds("a message is whole", full["payload"]["headers"] and full["snippet"], full)
    narrow = messages.get(userId="me", id=identity, format="metadata", metadataHeaders=["Subject"]).execute()
    holds("headers are picked", {header["name"] for header in narrow["payload"]["headers"]} <= {"Subject"}, narrow)
    sparse = messages.list(userId="me", maxResults=2, fields="messages/id").execute()
    holds("fields are picked", all(set(item) == {"id"} for item in sparse["messages"]), sparse)

    sent = messages.send(userId="me", body={"raw": RAW}).execute()
    holds("a message is sent", "SENT" in sent["labelIds"], sent)
    media = MediaInMemoryUpload(TEXT, mimetype="message/rfc822")
    holds("one is sent by upload", messages.send(userId="me", media_body=media).execute()["id"])
    inserted = messages.insert(userId="me", body={"labelIds": ["INBOX"]}, media_body=media).execute()
    holds("one is inserted by multipart upload", inserted["labelIds"] == ["INBOX"], inserted)
    large = TEXT + b"0123456789\r\n" * 60_000
    media = MediaInMemoryUpload(large, mimetype="message/rfc822", resumable=True, chunksize=262_144)
    request = messages.insert(userId="me", body={"labelIds": ["INBOX"]}, media_body=media)
    answer, chunks = None, 0
    while answer is None:
        _, answer = request.next_chunk()
        chunks += 1
    raw = messages.get(userId="me", id=answer["id"], format="raw").execute()["raw"]
    holds("one is uploaded in chunks and comes back the same", chunks > 1 and base64.urlsafe_b64decode(raw + "==") == large)

    label = users.labels().create(userId="me", body={"name": "Python"}).execute()
    whole = users.labels().get(userId="me", id=label["id"]).execute()
    whole["name"] = "Python 3"
    holds("a label is put back", users.labels().update(userId="me", id=label["id"], body=whole).execute()["name"] == "Python 3")
    patched = users.labels().patch(userId="me", id=label["id"], body={"name": "Python 4"}).execute()
    holds("a label is patched", patched["name"] == "Python 4", patched)
    holds("it is listed", label["id"] in {item["id"] for item in users.labels().list(userId="me").execute()["labels"]})
    changed = messages.modify(
        userId="me", id=identity, body={"addLabelIds": [label["id"]], "removeLabelIds": ["UNREAD"]}
    ).execute()
    holds("a message is labelled", label["id"] in changed["labelIds"] and "UNREAD" not in changed["labelIds"], changed)
    messages.batchModify(userId="me", body={"ids": [identity], "addLabelIds": ["STARRED"]}).execute()
    holds("messages are labelled together", "STARRED" in messages.get(userId="me", id=identity).execute()["labelIds"])
    trashed = messages.trash(userId="me", id=identity).execute()
    holds("a message goes to the trash", "TRASH" in trashed["labelIds"], trashed)
    restored = messages.untrash(userId="me", id=identity).execute()
    holds("and comes back", "TRASH" not in restored["labelIds"], restored)
    holds("a label is deleted", not users.labels().delete(userId="me", id=label["id"]).execute())

    draft = users.drafts().create(userId="me", body={"message": {"raw": RAW}}).execute()
    users.drafts().update(userId="me", id=draft["id"], body={"message": {"raw": RAW}}).execute()
    holds("a draft is kept", users.drafts().get(userId="me", id=draft["id"]).execute()["id"] == draft["id"])
    holds("a draft is sent", "SENT" in users.drafts().send(userId="me", body={"id": draft["id"]}).execute()["labelIds"])
    holds("and then it is gone", refused(users.drafts().get(userId="me", id=draft["id"]), 404))

    thread = users.threads().list(userId="me", maxResults=1).execute()["threads"][0]
    holds("a thread has messages", users.threads().get(userId="me", id=thread["id"]).execute()["messages"])

    answers = {}
    batch = service.new_batch_http_request(callback=lambda name, answer, error: answers.update({name: (answer, error)}))
    for number in range(10):
        batch.add(messages.get(userId="me", id=identity, format="minimal"), request_id=str(number))
    batch.add(messages.get(userId="me", id=ABSENT), request_id="absent")
    batch.execute()
    holds("a batch is answered one by one", all(answers[str(number)][0]["id"] == identity for number in range(10)), answers)
    holds("and an error in it is its own", answers["absent"][1].resp.status == 404, answers["absent"])

    history = users.history().list(userId="me", startHistoryId=profile["historyId"]).execute()
    holds("the history tells of it all", len(history["history"]) > 5, history)
    holds("a history too old is refused", refused(users.history().list(userId="me", startHistoryId="1"), 404))

    filters = users.settings().filters()
    made = filters.create(
        userId="me", body={"criteria": {"from": "news@example.com"}, "action": {"addLabelIds": ["STARRED"]}}
    ).execute()
    holds("a filter is kept", made["id"] in {item["id"] for item in filters.list(userId="me").execute()["filter"]})
    holds("what is absent is 404", refused(messages.get(userId="me", id=ABSENT), 404))
    holds("what is no raw message is 400", refused(messages.send(userId="me", body={"raw": ""}), 400))
    print("the sandbox serves Google's Python client")


main()
