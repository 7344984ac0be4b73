"""Charset labels that occur in mail, each with the codec that writes it and a text that it can encode."""

WESTERN = "Café à la crème, naïve señor, größer"
CENTRAL = "Zażółć gęślą jaźń, příliš žluťoučký kůň, ő ű"
SOUTH = "Ħobż, ġurnata, ċavetta, żgħir"
BALTIC = "Ķēniņš šķēršļo, žąsų ėdžios, õun"
NORDIC = "Æblegrød på øen, smörgåsbord, þing, ð"
CYRILLIC = "Съешь ещё этих мягких французских булок"
UKRAINIAN = "Їжак і ґанок, щастя, єдність"
KAZAKH = "Әліппе, қазақ тілі, ғылым, өмір, ұлт"
TAJIK = "Забони тоҷикӣ, ғарқ, қалам, ҳаво, ӯ"
GREEK = "Ξεσκεπάζω την ψυχοφθόρα βδελυγμία"
TURKISH = "Işık, şoför, çağ, İstanbul, öğün"
HEBREW = "דג סקרן שט בים מאוכזב"
ARABIC = "نص حكيم له سر قاطع وذو شأن عظيم"
THAI = "เป็นมนุษย์สุดประเสริฐเลิศคุณค่า"
VIETNAMESE = "Tiếng Việt: đường phố, những người"
VIETNAMESE_1258 = "đ ơ ư ă â ê ô"
ROMANIAN = "Țară, șarpe, înainte, mâine, pădure"
CELTIC = "Ŵyth, ŷd, Ḃreiz, ṁ, é"
EURO = "Preis: 5 €, œuvre, Š, ž, façade"
JAPANESE = "日本語の手紙、カタカナとひらがな。漢字"
KOREAN = "한국어 편지, 가나다라 마바사"
SIMPLIFIED = "简体中文的信,汉字,你好世界"
TRADITIONAL = "繁體中文的信件,漢字,您好世界"
HONG_KONG = "香港繁體中文,漢字,您好世界"
ANY = "Grüße, Привет, 日本語, 한국어, €"

# The label, Python's name of the codec, the text.
LABELS = [
    (label, codec, text)
    for codec, text, labels in [
        ("utf-8", ANY, "utf-8 UTF8 utf8 unicode-1-1-utf-8"),
        ("utf-7", ANY, "utf-7 unicode-1-1-utf-7"),
        ("utf-16-be", ANY, "utf-16be"),
        ("utf-16-le", ANY, "utf-16le"),
        ("utf-16", ANY, "utf-16"),
        ("utf-32", ANY, "utf-32"),
        ("utf-32-be", ANY, "utf-32be"),
        ("utf-32-le", ANY, "utf-32le"),
        ("ascii", "Plain words", "us-ascii ascii ANSI_X3.4-1968 iso646-us"),
        ("iso8859-1", WESTERN, "iso-8859-1 ISO_8859-1 latin1 latin-1 l1 iso8859-1 ISO-8859-1:1987 cp819 ibm819"),
        ("iso8859-2", CENTRAL, "iso-8859-2 latin2 latin-2 l2 iso8859-2"),
        ("iso8859-3", SOUTH, "iso-8859-3 latin3"),
        ("iso8859-4", BALTIC, "iso-8859-4 latin4"),
        ("iso8859-5", CYRILLIC, "iso-8859-5 cyrillic"),
        ("iso8859-6", ARABIC, "iso-8859-6 arabic"),
        ("iso8859-7", GREEK, "iso-8859-7 greek"),
        ("iso8859-8", HEBREW, "iso-8859-8 hebrew iso-8859-8-i"),
        ("iso8859-9", TURKISH, "iso-8859-9 latin5 l5"),
        ("iso8859-10", NORDIC, "iso-8859-10 latin6"),
        ("iso8859-11", THAI, "iso-8859-11"),
        ("iso8859-13", BALTIC, "iso-8859-13"),
        ("iso8859-14", CELTIC, "iso-8859-14"),
        ("iso8859-15", EURO, "iso-8859-15 latin-9 latin9"),
        ("iso8859-16", ROMANIAN, "iso-8859-16"),
        ("cp1250", CENTRAL, "windows-1250 cp1250 x-cp1250"),
        ("cp1251", CYRILLIC, "windows-1251 cp1251 x-cp1251 win-1251"),
        ("cp1252", EURO, "windows-1252 cp1252 x-cp1252 ansi"),
        ("cp1253", GREEK, "windows-1253 cp1253"),
        ("cp1254", TURKISH, "windows-1254 cp1254"),
        ("cp1255", HEBREW, "windows-1255 cp1255"),
        ("cp1256", ARABIC, "windows-1256 cp1256"),
        ("cp1257", BALTIC, "windows-1257 cp1257"),
        ("cp1258", VIETNAMESE_1258, "windows-1258 cp1258"),
        ("cp874", THAI, "windows-874 cp874"),
        ("tis-620", THAI, "tis-620"),
        ("koi8-r", CYRILLIC, "koi8-r koi8 cskoi8r"),
        ("koi8-u", UKRAINIAN, "koi8-u"),
        ("koi8-t", TAJIK, "koi8-t"),
        ("ptcp154", KAZAKH, "ptcp154 cp154"),
        ("kz1048", KAZAKH, "kz-1048"),
        ("cp437", "Ça coûte 5 ¥, über, ½", "cp437 ibm437"),
        ("cp737", GREEK, "cp737"),
        ("cp775", "Žąsų ėdžios, õun", "cp775 ibm775"),
        ("cp850", WESTERN, "cp850 ibm850"),
        ("cp852", CENTRAL, "cp852 ibm852"),
        ("cp855", CYRILLIC, "cp855 ibm855"),
        ("cp857", TURKISH, "cp857 ibm857"),
        ("cp858", WESTERN + " €", "cp858"),
        ("cp860", "Ação, coração, pão", "cp860 ibm860"),
        ("cp861", "þing, ð, æ, ö", "cp861"),
        ("cp862", HEBREW, "cp862 ibm862"),
        ("cp863", "Café à la crème, être", "cp863 ibm863"),
        ("cp864", "ﺏﺕﺙ", "cp864"),
        ("cp865", "Æblegrød på øen", "cp865 ibm865"),
        ("cp866", CYRILLIC, "cp866 ibm866 csibm866"),
        ("cp869", "Ελληνικά γράμματα", "cp869 ibm869"),
        ("mac-roman", WESTERN, "macintosh x-mac-roman mac"),
        ("mac-cyrillic", CYRILLIC, "x-mac-cyrillic x-mac-ukrainian"),
        ("mac-latin2", "Zażółć gęślą jaźń, ő ű", "x-mac-ce x-mac-centraleurroman"),
        ("mac-greek", "Ελληνικά γράμματα", "x-mac-greek"),
        ("mac-turkish", TURKISH, "x-mac-turkish"),
        ("shift_jis", JAPANESE, "shift_jis shift-jis sjis x-sjis ms_kanji csshiftjis"),
        ("cp932", JAPANESE + "①㈱", "cp932 windows-31j ms932"),
        ("euc_jp", JAPANESE, "euc-jp x-euc-jp"),
        ("iso2022_jp", JAPANESE, "iso-2022-jp csiso2022jp"),
        ("iso2022_jp_1", JAPANESE + "黐", "iso-2022-jp-1"),
        ("iso2022_jp_2", JAPANESE + "黐", "iso-2022-jp-2"),
        ("iso2022_jp", JAPANESE, "iso-2022-jp-3 iso-2022-jp-ms cp50220 cp50221"),
        ("euc_kr", KOREAN, "euc-kr ks_c_5601-1987 ksc5601 korean"),
        ("cp949", KOREAN + " 뷁 똠방각하", "cp949 ms949 uhc windows-949 x-windows-949"),
        ("iso2022_kr", KOREAN, "iso-2022-kr csiso2022kr"),
        ("johab", KOREAN, "johab"),
        ("gb2312", SIMPLIFIED, "gb2312 csgb2312 euc-cn"),
        ("gbk", SIMPLIFIED + "碁", "gbk cp936 x-gbk ms936"),
        ("gb18030", ANY, "gb18030"),
        ("hz", SIMPLIFIED, "hz-gb-2312"),
        ("big5", TRADITIONAL, "big5 big-5 x-x-big5 csbig5 cn-big5"),
        ("cp950", TRADITIONAL, "cp950 x-windows-950"),
        ("big5hkscs", HONG_KONG, "big5-hkscs"),
        ("cp1125", "Їжак і щастя", "cp1125"),
    ]
    for label in labels.split()
]

# Charsets that occur in mail but that Python can't write: the label, the bytes, the text (RFC 1456; TCVN 5712).
BYTES = [
    ("viscii", b"Ti\xaang Vi\xaet", "Tiếng Việt"),
]
