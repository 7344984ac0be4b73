"""Message ids (RFC 5322 section 3.6.4, and others that occur in mail)."""

from message import Message

IDS = ["a@example.com", "20260105.4711.abc@mail.example.com", "CAF+x=_y-z@mail.gmail.com", "x$y%z@[192.0.2.1]",
       "UPPER.lower@EXAMPLE.com", "a.b!c#d&e'f*g/h?i^j`k{l|m}n~o@example.com", "x" * 120 + "@example.com",
       "1@a-b.c_d", "é@example.com"]
WILD = ["20260105.4711", "no-at-sign", "a@b@c.example", "a..b@example.com", "a:b@example.com", "x@host;with;semi"]


def write(rng, number):
    form = ["several", "folded", "no space between", "many", "comments", "wild*", "quoted local part (obs)", "several in reply to",
            "comment behind the id", "phrases (obs)"][number % 10]
    message = Message(f"references/{form}")
    ids = rng.sample(IDS, rng.randint(1, 4))
    separator = " "
    if form == "folded":
        separator = rng.choice(["\r\n ", "\r\n\t", " \r\n "])
    elif form == "no space between":
        separator = ""
    elif form == "many":
        ids, separator = [f"{n}.{rng.random()}@example.com" for n in range(60)], "\r\n "
    elif form == "comments":
        separator = rng.choice([" (a comment) ", " (with <no@id> in it) ", "\r\n (folded) "])
    elif form == "wild*":
        ids = rng.sample(WILD, 3)
    elif form == "quoted local part (obs)":
        ids = ['"a b"@example.com', ids[0]]
    value = separator.join(f"<{one}>" for one in ids)
    if form == "phrases (obs)":
        message.header("In-Reply-To", f"Your message of yesterday <{ids[0]}>").meaning(in_reply_to=ids[:1])
        return message
    if form == "several in reply to":
        return message.header("In-Reply-To", value).meaning(in_reply_to=ids)
    if form == "comment behind the id":
        return message.header("Message-ID", f"<{ids[0]}> (added by a relay)").meaning(message_id=ids[0])
    if form == "comments" and len(ids) == 1:
        value += separator.replace("\r\n", "")
    message.header("References", value).meaning(references=ids)
    message.header("In-Reply-To", f"<{ids[-1]}>").meaning(in_reply_to=ids[-1:])
    if number % 3 == 0:
        message.header("Message-ID", f"<{ids[0]}>").meaning(message_id=ids[0])
    return message
