"""Addresses (RFC 5322 section 3.4, and the obsolete forms of section 4.4)."""

from message import Message

ONE = [
    ("bare", "jo@example.com", "", "jo@example.com"),
    ("angle", "<jo@example.com>", "", "jo@example.com"),
    ("name", "Jo Doe <jo@example.com>", "Jo Doe", "jo@example.com"),
    ("quoted name", '"Doe, Jo" <jo@example.com>', "Doe, Jo", "jo@example.com"),
    ("quoted pairs", '"Jo \\"JD\\" Doe" <jo@example.com>', 'Jo "JD" Doe', "jo@example.com"),
    ("backslash", '"A\\\\B" <jo@example.com>', "A\\B", "jo@example.com"),
    ("dot in the name (obs-phrase)", "John Q. Public <jo@example.com>", "John Q. Public", "jo@example.com"),
    ("comment behind", "Jo Doe <jo@example.com> (a comment)", "Jo Doe", "jo@example.com"),
    ("comment within the address", "Jo <jo(c)@(d)example.com>", "Jo", "jo@example.com"),
    ("nested comment", "Jo (a (b) c) <jo@example.com>", None, "jo@example.com"),
    ("quoted local part", '"jo doe"@example.com', "", '"jo doe"@example.com'),
    ("quoted local part, named", 'Jo <"jo doe"@example.com>', "Jo", '"jo doe"@example.com'),
    ("quoted at sign", '"jo@home"@example.com', "", '"jo@home"@example.com'),
    ("domain literal", "jo@[192.0.2.1]", "", "jo@[192.0.2.1]"),
    ("IPv6 literal", "Jo <jo@[IPv6:2001:db8::1]>", "Jo", "jo@[IPv6:2001:db8::1]"),
    ("plus and signs", "a.b+c_d-e=f!g#h$i%j&k'l*m/n?o^p`q{r|s}t~u@example.com", "",
     "a.b+c_d-e=f!g#h$i%j&k'l*m/n?o^p`q{r|s}t~u@example.com"),
    ("long local part", f"<{'x' * 90}@example.com>", "", "x" * 90 + "@example.com"),
    ("route (obs-route)", "Jo <@relay.example,@b.example:jo@example.com>", "Jo", "jo@example.com"),
    ("spaces around the at sign (obs)", "Jo <jo @ example.com>", "Jo", "jo@example.com"),
    ("spaces around dots (obs)", "Jo <jo . doe@example . com>", "Jo", "jo.doe@example.com"),
    ("name of two quoted strings", '"Jo" "Doe" <jo@example.com>', "Jo Doe", "jo@example.com"),
    ("atom and quoted string", 'Jo "the one" Doe <jo@example.com>', "Jo the one Doe", "jo@example.com"),
    ("empty name", '"" <jo@example.com>', "", "jo@example.com"),
    ("folded", "Jo\r\n Doe\r\n <jo@example.com>", "Jo Doe", "jo@example.com"),
    ("folded in the quotes", '"Jo\r\n Doe" <jo@example.com>', "Jo Doe", "jo@example.com"),
    ("raw UTF-8 (RFC 6532)", "Jörg Müller <jo@example.com>", "Jörg Müller", "jo@example.com"),
    ("raw UTF-8 in quotes", '"Müller, Jörg" <jo@example.com>', "Müller, Jörg", "jo@example.com"),
    ("UTF-8 address", "Jörg <jörg@exämple.com>", "Jörg", "jörg@exämple.com"),
    ("upper case", "JO@EXAMPLE.COM", "", "JO@EXAMPLE.COM"),
    ("encoded word and atom", "=?utf-8?Q?J=C3=B6rg?= Doe <jo@example.com>", "Jörg Doe", "jo@example.com"),
    ("encoded words", "=?utf-8?B?SsO2cmc=?= =?utf-8?Q?_Doe?= <jo@example.com>", "Jörg Doe", "jo@example.com"),
    ("encoded comma", "=?utf-8?Q?M=C3=BCller=2C_J=C3=B6rg?= <jo@example.com>", "Müller, Jörg", "jo@example.com"),
    ("encoded angle brackets", "=?utf-8?Q?J=C3=B6=3Ca=40b=2Eexample=3E?= <jo@example.com>", "Jö<a@b.example>", "jo@example.com"),
    ("word in quotes*", '"=?utf-8?Q?J=C3=B6rg?=" <jo@example.com>', "Jörg", "jo@example.com"),
    ("address as the name", '"jo@example.com" <jo@example.com>', "jo@example.com", "jo@example.com"),
    ("other address as the name", '"a@b.example" <jo@example.com>', "a@b.example", "jo@example.com"),
    ("at sign in the name*", "Jo @ Home <jo@example.com>", "Jo @ Home", "jo@example.com"),
    ("no space before the bracket", "Jo<jo@example.com>", "Jo", "jo@example.com"),
    ("quotes without a space", '"Jo"<jo@example.com>', "Jo", "jo@example.com"),
    ("apostrophes", "O'Brien 'Jo' <jo@example.com>", "O'Brien 'Jo'", "jo@example.com"),
    ("two brackets*", "Jo <<jo@example.com>>", "Jo", "jo@example.com"),
    ("full stop before the at sign*", "Jo <jo.@example.com>", "Jo", "jo.@example.com"),
    ("two full stops*", "Jo <j..o@example.com>", "Jo", "j..o@example.com"),
    ("comment as the name", "jo@example.com (Jo Doe)", None, "jo@example.com"),
]

GROUPS = [
    ("group", "Team: a@example.com, B <b@example.com>;", [["", "a@example.com"], ["B", "b@example.com"]]),
    ("empty group", "undisclosed-recipients:;", []),
    ("quoted group", '"A, B": a@example.com;', [["", "a@example.com"]]),
    ("group and more", "Team:a@example.com;, c@example.com", [["", "a@example.com"], ["", "c@example.com"]]),
    ("empty members (obs)", "a@example.com,, ,b@example.com", [["", "a@example.com"], ["", "b@example.com"]]),
    ("folded list", "a@example.com,\r\n b@example.com,\r\n\tc@example.com",
     [["", "a@example.com"], ["", "b@example.com"], ["", "c@example.com"]]),
]


PLAIN = ["bare", "angle", "name", "quoted name", "upper case", "encoded word and atom"]


def write(rng, number):
    forms = ONE + GROUPS
    form = forms[number % len(forms)]
    if len(form) == 3:
        kind, value, meant = form
        return Message(f"addresses/{kind}").header("To", value).meaning(to=meant)
    kind, value, name, address = form
    if rng.random() < 0.4:
        return Message(f"addresses/{kind}").header("From", value).meaning(**{"from": [[name, address]]})
    # The other addresses are plain, so that a difference comes from this one.
    others = rng.sample([one for one in ONE if one[0] in PLAIN], 2)
    listed = [(value, name, address)] + [other[1:] for other in others]
    rng.shuffle(listed)
    value = rng.choice([", ", ",", ",\r\n "]).join(value for value, _, _ in listed)
    return Message(f"addresses/{kind}, in a list").header("To", value).meaning(to=[[name, address] for _, name, address in listed])
