"""Dates (RFC 5322 sections 3.3 and 4.3)."""

import datetime

from message import Message

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
ZONES = {"GMT": 0, "UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
         # RFC 5322 section 4.3: military and unknown zones count as -0000.
         "Z": 0, "A": 0, "M": 0, "N": 0, "Y": 0, "XYZT": 0}


def write(rng, number):
    moment = datetime.datetime(rng.randint(1980, 2049), rng.randint(1, 12), rng.randint(1, 28), rng.randint(0, 23), rng.randint(0, 59), rng.randint(0, 59))
    zone, hours = rng.choice([("+0000", 0), ("-0000", 0), ("+0530", 5.5), ("-0800", -8), ("+1300", 13), ("-0330", -3.5), ("+1400", 14)])
    day, month, year = f"{moment.day:02}", MONTHS[moment.month - 1], str(moment.year)
    week, time = DAYS[moment.weekday()] + ", ", f"{moment.hour:02}:{moment.minute:02}:{moment.second:02}"
    forms = ["plain", "without a weekday", "one digit", "without seconds", "comment", "folded", "many spaces",
             "obsolete zone", "two digits of the year (obs)", "three digits of the year (obs)", "comments between (obs)",
             "lower case", "no space behind the comma", "leap second", "military or unknown zone"]
    form = forms[number % len(forms)]
    tail = ""
    if form == "without a weekday":
        week = ""
    elif form == "one digit":
        day = str(moment.day)
    elif form == "without seconds":
        time, moment = time[:5], moment.replace(second=0)
    elif form == "comment":
        tail = rng.choice([" (CET)", " (a (nested) one)", " (Mitteleuropäische Zeit)".replace("ä", "ae")])
    elif form == "folded":
        time = "\r\n " + time
    elif form == "many spaces":
        week, day, time = week + "  ", day + "  ", "  " + time + " "
    elif form == "obsolete zone":
        zone = rng.choice(["GMT", "UT", "EST", "EDT", "CST", "CDT", "MST", "MDT", "PST", "PDT"])
        hours = ZONES[zone]
    elif form == "military or unknown zone":
        zone, hours = rng.choice(["Z", "A", "M", "N", "Y"]), 0
    elif form == "two digits of the year (obs)":
        # 00 to 49 mean 2000 to 2049, 50 to 99 mean 1950 to 1999.
        year = year[2:]
    elif form == "three digits of the year (obs)":
        moment = moment.replace(year=rng.randint(2000, 2049))
        week, year = DAYS[moment.weekday()] + ", ", str(moment.year - 1900)
    elif form == "comments between (obs)":
        day, month = day + " (day)", month + " (month)"
    elif form == "lower case":
        week, month = week.lower(), month.upper()
    elif form == "no space behind the comma":
        week = week.strip()
    elif form == "leap second":
        moment = datetime.datetime(2016, 12, 31, 23, 59, 59)
        week, day, month, year, time, zone, hours = "Sat, ", "31", "Dec", "2016", "23:59:60", "+0000", 0
        moment += datetime.timedelta(seconds=1)
    value = f"{week}{day} {month} {year} {time} {zone}{tail}"
    epoch = int((moment - datetime.datetime(1970, 1, 1)).total_seconds() - hours * 3600)
    return Message(f"dates/{form}").header("Date", value).meaning(date=epoch)
