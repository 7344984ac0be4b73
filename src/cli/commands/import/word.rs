//! The words in `X-Gmail-Labels`, which Google Takeout writes in the account's language.
//!
//! They are not documented. These come from exports that people have published, and from Gmail's own names for its
//! labels.

use std::collections::{BTreeMap, HashMap};

/// The meaning of one of Takeout's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// The id of a system label.
    System(String),
    /// A user label, by name.
    User(String),
    /// A state that is not a label, such as "Opened".
    Nothing,
}

/// One string per language, with one line per label: its id and its words. `-` lists states that are not labels;
/// `CATEGORY` lists prefixes of category names.
const LANGUAGES: [&str; 32] = [
    "INBOX=Inbox\nSENT=Sent|Sent Mail\nDRAFT=Drafts|Draft\nSPAM=Spam\nTRASH=Trash|Bin\nSTARRED=Starred\nIMPORTANT=Important\nUNREAD=Unread\nCHAT=Chat|Chats\n-=Opened|Archived|Read\nCATEGORY=Category\nCATEGORY_PERSONAL=Personal|Primary\nCATEGORY_SOCIAL=Social\nCATEGORY_PROMOTIONS=Promotions\nCATEGORY_UPDATES=Updates\nCATEGORY_FORUMS=Forums",
    "INBOX=Posteingang\nSENT=Gesendet\nDRAFT=Entwürfe|Entwurf\nSPAM=Spam\nTRASH=Papierkorb\nSTARRED=Markiert\nIMPORTANT=Wichtig\nUNREAD=Ungelesen\nCHAT=Chat|Chats\n-=Geöffnet|Archiviert|Gelesen\nCATEGORY=Kategorie\nCATEGORY_PERSONAL=Persönlich|Allgemein\nCATEGORY_SOCIAL=Soziale Medien|Soziale Netzwerke\nCATEGORY_PROMOTIONS=Werbung\nCATEGORY_UPDATES=Neuigkeiten|Benachrichtigungen\nCATEGORY_FORUMS=Foren",
    "INBOX=Boîte de réception\nSENT=Messages envoyés|Envoyés|Envoyé\nDRAFT=Brouillons|Brouillon\nSPAM=Spam\nTRASH=Corbeille\nSTARRED=Favoris|Suivis|Messages suivis\nIMPORTANT=Important|Importants\nUNREAD=Non lus|Non lu\nCHAT=Chat|Chats\n-=Ouvert|Ouverts|Messages archivés|Archivés|Archivé|Lu|Lus\nCATEGORY=Catégorie\nCATEGORY_PERSONAL=E-mails personnels|Principale|Personnel\nCATEGORY_SOCIAL=Réseaux sociaux\nCATEGORY_PROMOTIONS=Promotions\nCATEGORY_UPDATES=Notifications|Mises à jour\nCATEGORY_FORUMS=Forums",
    "INBOX=Recibidos|Bandeja de entrada\nSENT=Enviados|Enviado\nDRAFT=Borradores|Borrador\nSPAM=Spam\nTRASH=Papelera\nSTARRED=Destacados|Destacado\nIMPORTANT=Importante|Importantes\nUNREAD=No leídos|No leído|Sin leer\nCHAT=Chat|Chats\n-=Abierto|Abiertos|Archivado|Archivados|Leído|Leídos\nCATEGORY=Categoría\nCATEGORY_PERSONAL=Principal|Personal|Personales\nCATEGORY_SOCIAL=Social|Sociales\nCATEGORY_PROMOTIONS=Promociones\nCATEGORY_UPDATES=Notificaciones|Actualizaciones\nCATEGORY_FORUMS=Foros",
    "INBOX=Posta in arrivo\nSENT=Inviati|Inviata|Posta inviata\nDRAFT=Bozze|Bozza\nSPAM=Spam\nTRASH=Cestino\nSTARRED=Speciali|Speciale\nIMPORTANT=Importanti|Importante\nUNREAD=Da leggere|Non letti\nCHAT=Chat\n-=Aperto|Aperti|Letto|Letti|Archiviato|Archiviati\nCATEGORY=Categoria\nCATEGORY_PERSONAL=Principale|Personale|Personali\nCATEGORY_SOCIAL=Social\nCATEGORY_PROMOTIONS=Promozioni\nCATEGORY_UPDATES=Aggiornamenti|Notifiche\nCATEGORY_FORUMS=Forum",
    "INBOX=Postvak IN|Inbox\nSENT=Verzonden\nDRAFT=Concepten|Concept\nSPAM=Spam\nTRASH=Prullenbak\nSTARRED=Met ster\nIMPORTANT=Belangrijk\nUNREAD=Ongelezen\nCHAT=Chat|Chats\n-=Geopend|Gearchiveerd|Gelezen\nCATEGORY=Categorie\nCATEGORY_PERSONAL=Persoonlijk|Primair\nCATEGORY_SOCIAL=Sociaal\nCATEGORY_PROMOTIONS=Reclame|Promoties\nCATEGORY_UPDATES=Updates\nCATEGORY_FORUMS=Forums",
    "INBOX=Caixa de entrada|Entrada\nSENT=Enviados|Enviado|Correio enviado|E-mails enviados\nDRAFT=Rascunhos|Rascunho\nSPAM=Spam\nTRASH=Lixeira|Lixo\nSTARRED=Com estrela|Marcados com estrela\nIMPORTANT=Importante|Importantes\nUNREAD=Não lidos|Não lidas|Não lido|Não lida\nCHAT=Chat|Chats|Bate-papo\n-=Aberto|Abertos|Aberta|Abertas|Arquivado|Arquivados|Arquivada|Lido|Lidos\nCATEGORY=Categoria\nCATEGORY_PERSONAL=Principal|Pessoal\nCATEGORY_SOCIAL=Social|Redes sociais\nCATEGORY_PROMOTIONS=Promoções\nCATEGORY_UPDATES=Atualizações\nCATEGORY_FORUMS=Fóruns",
    "INBOX=Odebrane\nSENT=Wysłane\nDRAFT=Wersje robocze|Robocze\nSPAM=Spam\nTRASH=Kosz\nSTARRED=Oznaczone gwiazdką\nIMPORTANT=Ważne\nUNREAD=Nieprzeczytane\nCHAT=Czat|Czaty\n-=Otwarte|Otworzone|Zarchiwizowane|Zarchiwizowano|Przeczytane\nCATEGORY=Kategoria\nCATEGORY_PERSONAL=Główne|Osobiste\nCATEGORY_SOCIAL=Społeczności\nCATEGORY_PROMOTIONS=Oferty\nCATEGORY_UPDATES=Powiadomienia\nCATEGORY_FORUMS=Fora",
    "INBOX=Doručená pošta|Doručené\nSENT=Odeslaná pošta|Odeslané\nDRAFT=Koncepty|Koncept\nSPAM=Spam\nTRASH=Koš\nSTARRED=S hvězdičkou\nIMPORTANT=Důležité\nUNREAD=Nepřečtené\nCHAT=Chat|Chaty\n-=Otevřené|Otevřeno|Přečtené|Archivováno|Archivované\nCATEGORY=Kategorie\nCATEGORY_PERSONAL=Primární|Osobní\nCATEGORY_SOCIAL=Sociální sítě|Sociální síť\nCATEGORY_PROMOTIONS=Promoakce|Reklamy\nCATEGORY_UPDATES=Aktualizace\nCATEGORY_FORUMS=Fóra",
    "INBOX=Входящие\nSENT=Отправленные\nDRAFT=Черновики|Черновик\nSPAM=Спам\nTRASH=Корзина\nSTARRED=Помеченные\nIMPORTANT=Важное|Важные\nUNREAD=Непрочитанные|Непрочитанное\nCHAT=Чат|Чаты\n-=Открытые|Открыто|Открыт|Прочитанные|Архивированные|Заархивировано|В архиве\nCATEGORY=Категория\nCATEGORY_PERSONAL=Несортированные|Личное|Личные\nCATEGORY_SOCIAL=Соцсети|Социальные сети\nCATEGORY_PROMOTIONS=Промоакции|Реклама\nCATEGORY_UPDATES=Оповещения\nCATEGORY_FORUMS=Форумы",
    "INBOX=Вхідні\nSENT=Надіслані\nDRAFT=Чернетки\nSPAM=Спам\nTRASH=Кошик\nSTARRED=Із зірочкою\nIMPORTANT=Важливі|Важливо\nUNREAD=Непрочитані\nCHAT=Чат|Чати\n-=Відкриті|Відкрито|Архівовані|Архівовано\nCATEGORY=Категорія\nCATEGORY_PERSONAL=Основні|Особисті\nCATEGORY_SOCIAL=Соцмережі\nCATEGORY_PROMOTIONS=Промоакції|Реклама\nCATEGORY_UPDATES=Сповіщення|Оновлення\nCATEGORY_FORUMS=Форуми",
    "INBOX=Inkorg|Inkorgen\nSENT=Skickat|Skickade\nDRAFT=Utkast\nSPAM=Skräppost|Spam\nTRASH=Papperskorgen|Papperskorg\nSTARRED=Stjärnmärkt|Stjärnmärkta\nIMPORTANT=Viktigt\nUNREAD=Oläst|Olästa\nCHAT=Chatt\n-=Öppnat|Öppnad|Öppnade|Arkiverat|Arkiverad|Arkiverade|Läst\nCATEGORY=Kategori\nCATEGORY_PERSONAL=Primärt|Personligt|Privat\nCATEGORY_SOCIAL=Socialt\nCATEGORY_PROMOTIONS=Kampanjer\nCATEGORY_UPDATES=Uppdateringar\nCATEGORY_FORUMS=Forum",
    "INBOX=Indbakke\nSENT=Sendt|Sendte\nDRAFT=Kladder|Kladde\nSPAM=Spam\nTRASH=Papirkurv\nSTARRED=Stjernemarkeret|Med stjerne\nIMPORTANT=Vigtig|Vigtigt\nUNREAD=Ulæst|Ulæste\nCHAT=Chat\n-=Åbnet|Åbnede|Arkiveret|Arkiverede|Læst\nCATEGORY=Kategori\nCATEGORY_PERSONAL=Primær|Personligt\nCATEGORY_SOCIAL=Sociale medier|Socialt\nCATEGORY_PROMOTIONS=Reklamer|Kampagner\nCATEGORY_UPDATES=Opdateringer\nCATEGORY_FORUMS=Fora|Forummer",
    "INBOX=Innboks\nSENT=Sendt|Sendte\nDRAFT=Utkast\nSPAM=Søppelpost|Spam\nTRASH=Papirkurv|Søppel\nSTARRED=Stjernemerket|Stjernemerkede\nIMPORTANT=Viktig\nUNREAD=Ulest|Uleste\nCHAT=Chat|Nettprat\n-=Åpnet|Åpnede|Arkivert|Arkiverte|Lest\nCATEGORY=Kategori\nCATEGORY_PERSONAL=Primær|Personlig\nCATEGORY_SOCIAL=Sosialt\nCATEGORY_PROMOTIONS=Reklame|Kampanjer\nCATEGORY_UPDATES=Oppdateringer\nCATEGORY_FORUMS=Forumer|Forum",
    "INBOX=Postilaatikko|Saapuneet\nSENT=Lähetetyt\nDRAFT=Luonnokset\nSPAM=Roskaposti\nTRASH=Roskakori\nSTARRED=Tähdellä merkityt|Tähdellä merkitty\nIMPORTANT=Tärkeä|Tärkeät\nUNREAD=Lukemattomat|Lukematon\nCHAT=Chat|Chatit\n-=Avattu|Avatut|Arkistoitu|Arkistoidut|Luettu\nCATEGORY=Luokka|Kategoria\nCATEGORY_PERSONAL=Ensisijainen|Henkilökohtainen\nCATEGORY_SOCIAL=Yhteisöt|Sosiaaliset\nCATEGORY_PROMOTIONS=Tarjoukset|Mainokset\nCATEGORY_UPDATES=Päivitykset|Ilmoitukset\nCATEGORY_FORUMS=Keskustelupalstat|Foorumit",
    "INBOX=Gelen Kutusu\nSENT=Gönderilmiş Postalar|Gönderilmiş|Gönderilenler|Gönderildi\nDRAFT=Taslaklar|Taslak\nSPAM=Spam\nTRASH=Çöp Kutusu|Çöp\nSTARRED=Yıldızlı\nIMPORTANT=Önemli\nUNREAD=Okunmamış|Okunmadı\nCHAT=Sohbet|Sohbetler\n-=Açıldı|Açılmış|Okundu|Arşivlendi|Arşivlenmiş\nCATEGORY=Kategori\nCATEGORY_PERSONAL=Birincil|Kişisel\nCATEGORY_SOCIAL=Sosyal\nCATEGORY_PROMOTIONS=Tanıtımlar\nCATEGORY_UPDATES=Güncellemeler\nCATEGORY_FORUMS=Forumlar",
    "INBOX=Beérkező levelek|Beérkezett üzenetek\nSENT=Elküldött|Elküldött levelek|Elküldött üzenetek\nDRAFT=Piszkozatok|Piszkozat\nSPAM=Spam\nTRASH=Kuka\nSTARRED=Csillagozott\nIMPORTANT=Fontos\nUNREAD=Olvasatlan\nCHAT=Csevegés|Csevegések\n-=Megnyitva|Megnyitott|Archivált|Archiválva|Olvasott\nCATEGORY=Kategória\nCATEGORY_PERSONAL=Elsődleges|Személyes\nCATEGORY_SOCIAL=Közösségi\nCATEGORY_PROMOTIONS=Promóciók\nCATEGORY_UPDATES=Frissítések|Értesítések\nCATEGORY_FORUMS=Fórumok",
    "INBOX=受信トレイ\nSENT=送信済み|送信済みメール\nDRAFT=下書き\nSPAM=迷惑メール\nTRASH=ゴミ箱\nSTARRED=スター付き\nIMPORTANT=重要\nUNREAD=未読\nCHAT=チャット\n-=開封済み|既読|アーカイブ済み|アーカイブ\nCATEGORY=カテゴリ|カテゴリー\nCATEGORY_PERSONAL=メイン|個人\nCATEGORY_SOCIAL=ソーシャル\nCATEGORY_PROMOTIONS=プロモーション\nCATEGORY_UPDATES=新着|最新情報\nCATEGORY_FORUMS=フォーラム",
    "INBOX=받은편지함\nSENT=보낸편지함\nDRAFT=임시보관함\nSPAM=스팸함|스팸\nTRASH=휴지통\nSTARRED=별표편지함|별표\nIMPORTANT=중요편지함|중요\nUNREAD=읽지않음|읽지 않음\nCHAT=채팅\n-=열림|읽음|보관처리됨|보관됨|보관 처리됨\nCATEGORY=카테고리\nCATEGORY_PERSONAL=기본|개인\nCATEGORY_SOCIAL=소셜\nCATEGORY_PROMOTIONS=프로모션\nCATEGORY_UPDATES=업데이트\nCATEGORY_FORUMS=포럼",
    "INBOX=收件箱|收件匣\nSENT=已发邮件|已发送|寄件備份\nDRAFT=草稿\nSPAM=垃圾邮件|垃圾郵件\nTRASH=已删除邮件|回收站|垃圾桶\nSTARRED=已加星标|已加星號\nIMPORTANT=重要|重要邮件|重要郵件\nUNREAD=未读|未读邮件|未讀|未讀取\nCHAT=聊天|即時通訊\n-=已打开|已归档|已开启|已開啟|已封存\nCATEGORY=类别|分类|類別\nCATEGORY_PERSONAL=主要|个人|個人\nCATEGORY_SOCIAL=社交|社交網路\nCATEGORY_PROMOTIONS=推广|促销|促銷內容\nCATEGORY_UPDATES=动态|最新快訊\nCATEGORY_FORUMS=论坛|論壇",
    "INBOX=דואר נכנס\nSENT=דואר יוצא|נשלחו|נשלח\nDRAFT=טיוטות|טיוטה\nSPAM=ספאם|דואר זבל\nTRASH=אשפה\nSTARRED=מסומן בכוכב|מסומנים בכוכב|מסומנות בכוכב|עם כוכב\nIMPORTANT=חשוב|חשובים\nUNREAD=לא נקראו|לא נקרא|שלא נקראו\nCHAT=צ'אט|צ'אטים\n-=נפתח|נפתחו|נקרא|נקראו|בארכיון|הועבר לארכיון\nCATEGORY=קטגוריה\nCATEGORY_PERSONAL=ראשי|אישי\nCATEGORY_SOCIAL=חברתי|רשתות חברתיות\nCATEGORY_PROMOTIONS=קידומי מכירות|מבצעים\nCATEGORY_UPDATES=עדכונים\nCATEGORY_FORUMS=פורומים",
    "INBOX=البريد الوارد|صندوق الوارد\nSENT=البريد المرسل|المرسل|الرسائل المرسلة\nDRAFT=المسودات|مسودات|مسودة\nSPAM=الرسائل غير المرغوب فيها|غير مرغوب فيها\nTRASH=المهملات\nSTARRED=المميزة بنجمة|مميزة بنجمة|معلم بنجمة\nIMPORTANT=مهم|مهمة\nUNREAD=غير مقروء|غير مقروءة\nCHAT=محادثات|الدردشة\n-=مفتوح|مفتوحة|تم الفتح|مقروء|مقروءة|مؤرشف|مؤرشفة\nCATEGORY=الفئة|فئة\nCATEGORY_PERSONAL=الأساسية|شخصي|شخصية\nCATEGORY_SOCIAL=اجتماعي|اجتماعية|الشبكات الاجتماعية\nCATEGORY_PROMOTIONS=العروض الترويجية|الترويجية|عروض ترويجية\nCATEGORY_UPDATES=التحديثات|تحديثات\nCATEGORY_FORUMS=المنتديات|منتديات",
    "INBOX=Εισερχόμενα\nSENT=Απεσταλμένα\nDRAFT=Πρόχειρα|Πρόχειρο\nSPAM=Ανεπιθύμητα|Ανεπιθύμητη αλληλογραφία\nTRASH=Κάδος απορριμμάτων|Κάδος\nSTARRED=Με αστέρι\nIMPORTANT=Σημαντικά|Σημαντικό\nUNREAD=Μη αναγνωσμένα|Μη αναγνωσμένο\nCHAT=Συνομιλίες|Chat\n-=Ανοιγμένα|Ανοίχτηκε|Αναγνωσμένα|Αρχειοθετημένα\nCATEGORY=Κατηγορία\nCATEGORY_PERSONAL=Κύρια|Προσωπικά\nCATEGORY_SOCIAL=Κοινωνικά δίκτυα|Κοινωνικά\nCATEGORY_PROMOTIONS=Προσφορές\nCATEGORY_UPDATES=Ενημερώσεις\nCATEGORY_FORUMS=Φόρουμ",
    "INBOX=Mesaje primite|Inbox\nSENT=Mesaje trimise|Trimise\nDRAFT=Mesaje nefinalizate|Schițe|Ciorne\nSPAM=Spam\nTRASH=Coș de gunoi|Coș\nSTARRED=Cu stea\nIMPORTANT=Importante|Important\nUNREAD=Necitite|Necitit\nCHAT=Chat\n-=Deschise|Deschis|Citite|Arhivate|Arhivat\nCATEGORY=Categorie|Categoria\nCATEGORY_PERSONAL=Principale|Principal|Personale\nCATEGORY_SOCIAL=Rețele sociale|Social\nCATEGORY_PROMOTIONS=Promoții\nCATEGORY_UPDATES=Actualizări|Noutăți\nCATEGORY_FORUMS=Forumuri",
    "INBOX=Hộp thư đến\nSENT=Thư đã gửi|Đã gửi\nDRAFT=Thư nháp|Bản nháp\nSPAM=Thư rác|Spam\nTRASH=Thùng rác\nSTARRED=Có gắn dấu sao|Được gắn dấu sao|Đã gắn dấu sao\nIMPORTANT=Quan trọng\nUNREAD=Chưa đọc\nCHAT=Trò chuyện\n-=Đã mở|Đã đọc|Đã lưu trữ\nCATEGORY=Danh mục\nCATEGORY_PERSONAL=Chính|Cá nhân\nCATEGORY_SOCIAL=Mạng xã hội|Xã hội\nCATEGORY_PROMOTIONS=Quảng cáo|Khuyến mại\nCATEGORY_UPDATES=Cập nhật|Nội dung cập nhật\nCATEGORY_FORUMS=Diễn đàn",
    "INBOX=กล่องจดหมาย|กล่องจดหมายเข้า\nSENT=จดหมายที่ส่งแล้ว|ส่งแล้ว\nDRAFT=ร่างจดหมาย|ฉบับร่าง\nSPAM=จดหมายขยะ|สแปม\nTRASH=ถังขยะ\nSTARRED=ที่ติดดาว|ติดดาว\nIMPORTANT=สำคัญ\nUNREAD=ยังไม่ได้อ่าน|ยังไม่อ่าน\nCHAT=แชท\n-=เปิดแล้ว|อ่านแล้ว|เก็บแล้ว\nCATEGORY=หมวดหมู่\nCATEGORY_PERSONAL=หลัก|ส่วนตัว|ส่วนบุคคล\nCATEGORY_SOCIAL=โซเชียล|เครือข่ายสังคม\nCATEGORY_PROMOTIONS=โปรโมชัน|โปรโมชั่น\nCATEGORY_UPDATES=อัปเดต|การอัปเดต\nCATEGORY_FORUMS=ฟอรัม",
    "INBOX=Kotak Masuk\nSENT=Surat Terkirim|Terkirim\nDRAFT=Draf|Konsep\nSPAM=Spam\nTRASH=Sampah\nSTARRED=Berbintang\nIMPORTANT=Penting\nUNREAD=Belum dibaca\nCHAT=Chat|Obrolan\n-=Dibuka|Terbuka|Sudah dibaca|Diarsipkan\nCATEGORY=Kategori\nCATEGORY_PERSONAL=Utama|Pribadi\nCATEGORY_SOCIAL=Sosial\nCATEGORY_PROMOTIONS=Promosi\nCATEGORY_UPDATES=Update|Pembaruan\nCATEGORY_FORUMS=Forum",
    "INBOX=Doručená pošta|Doručené\nSENT=Odoslaná pošta|Odoslané\nDRAFT=Koncepty|Koncept\nSPAM=Spam\nTRASH=Kôš\nSTARRED=S hviezdičkou|Označené hviezdičkou\nIMPORTANT=Dôležité\nUNREAD=Neprečítané\nCHAT=Chat|Čet\n-=Otvorené|Prečítané|Archivované\nCATEGORY=Kategória\nCATEGORY_PERSONAL=Primárne|Osobné|Hlavné\nCATEGORY_SOCIAL=Sociálne siete|Sociálne\nCATEGORY_PROMOTIONS=Propagácie|Reklamy\nCATEGORY_UPDATES=Aktualizácie|Upozornenia\nCATEGORY_FORUMS=Fóra",
    "INBOX=Входящи|Входяща поща\nSENT=Изпратени\nDRAFT=Чернови|Чернова\nSPAM=Спам\nTRASH=Кошче\nSTARRED=Със звезда\nIMPORTANT=Важни|Важно\nUNREAD=Непрочетени|Непрочетено\nCHAT=Чат\n-=Отворени|Отворено|Прочетени|Архивирани|Архивирано\nCATEGORY=Категория\nCATEGORY_PERSONAL=Основни|Лични\nCATEGORY_SOCIAL=Социални\nCATEGORY_PROMOTIONS=Промоции\nCATEGORY_UPDATES=Актуализации\nCATEGORY_FORUMS=Форуми",
    "INBOX=Pristigla pošta|Primljeno\nSENT=Poslana pošta|Poslano\nDRAFT=Skice|Nacrti\nSPAM=Neželjena pošta|Spam\nTRASH=Otpad|Smeće\nSTARRED=Sa zvjezdicom|Označeno zvjezdicom\nIMPORTANT=Važno\nUNREAD=Nepročitano\nCHAT=Chat\n-=Otvoreno|Pročitano|Arhivirano\nCATEGORY=Kategorija\nCATEGORY_PERSONAL=Primarno|Osobno\nCATEGORY_SOCIAL=Društveno|Društvene mreže\nCATEGORY_PROMOTIONS=Promocije\nCATEGORY_UPDATES=Ažuriranja|Obavijesti\nCATEGORY_FORUMS=Forumi",
    "INBOX=Safata d'entrada\nSENT=Enviats|Enviat\nDRAFT=Esborranys|Esborrany\nSPAM=Correu brossa\nTRASH=Paperera\nSTARRED=Destacats|Destacat\nIMPORTANT=Importants|Important\nUNREAD=No llegits|No llegit|Sense llegir\nCHAT=Xat|Xats\n-=Oberts|Obert|Llegits|Arxivats|Arxivat\nCATEGORY=Categoria\nCATEGORY_PERSONAL=Principal|Personal\nCATEGORY_SOCIAL=Xarxes socials|Social\nCATEGORY_PROMOTIONS=Promocions\nCATEGORY_UPDATES=Notificacions|Actualitzacions\nCATEGORY_FORUMS=Fòrums",
    "INBOX=इनबॉक्स\nSENT=भेजे गए ईमेल|भेजे गए|प्रेषित\nDRAFT=ड्राफ़्ट\nSPAM=स्पैम\nTRASH=ट्रैश\nSTARRED=तारांकित\nIMPORTANT=महत्वपूर्ण|ज़रूरी\nUNREAD=नहीं पढ़ा गया|नहीं पढ़े गए|अपठित\nCHAT=चैट\n-=खोला गया|पढ़ा गया|संग्रहित|संग्रहीत\nCATEGORY=श्रेणी\nCATEGORY_PERSONAL=मुख्य|निजी\nCATEGORY_SOCIAL=सामाजिक|सोशल\nCATEGORY_PROMOTIONS=प्रचार\nCATEGORY_UPDATES=अपडेट\nCATEGORY_FORUMS=फ़ोरम",
];

/// The ids of system labels that are also IMAP folders.
const FOLDERS: [&str; 6] = ["SENT", "DRAFT", "SPAM", "TRASH", "STARRED", "IMPORTANT"];

/// The system label for one of Gmail's IMAP folders, which are named in the account's language.
pub(super) fn of_any_language(folder: &str) -> Option<&'static str> {
    let folder = folded(folder);
    let lines = LANGUAGES.iter().flat_map(|language| language.lines());
    lines
        .filter_map(|line| line.split_once('='))
        .filter(|(id, _)| FOLDERS.contains(id))
        .find(|(_, words)| words.split('|').any(|word| folded(word) == folder))
        .map(|(id, _)| id)
}

/// The words from the user's own table and from all languages.
pub(super) struct Words {
    own: HashMap<String, String>,
    languages: Vec<Language>,
}

struct Language {
    words: HashMap<String, String>,
    categories: HashMap<String, String>,
    prefixes: Vec<String>,
    /// How many words of the archive this language explains.
    score: u64,
}

impl Words {
    /// Reads the user's own table, if any: lines `WORD = LABEL` or a JSON object. It takes precedence.
    pub(super) fn new(table: Option<&str>) -> Result<Self, String> {
        Ok(Self {
            own: table.map_or(Ok(HashMap::new()), own)?,
            languages: LANGUAGES.iter().map(|lines| Language::of(lines)).collect(),
        })
    }

    /// Scores the languages by the labels of one message.
    pub(super) fn weigh(&mut self, labels: &[String]) {
        for language in &mut self.languages {
            let known = labels
                .iter()
                .filter(|label| language.meaning(label).is_some());
            language.score += known.count() as u64;
        }
    }

    /// The meaning of a word, in the language that explains most of the archive.
    pub(super) fn meaning(&self, label: &str) -> Meaning {
        let own = self.own.get(&folded(label)).cloned();
        let best = self.languages.iter().map(|language| language.score).max();
        let known = || {
            self.languages
                .iter()
                .filter(|language| Some(language.score) == best)
                .find_map(|language| language.meaning(label))
                .map(str::to_owned)
        };
        match own.or_else(known) {
            None => Meaning::User(label.to_owned()),
            Some(id) if id.is_empty() || id == "-" => Meaning::Nothing,
            Some(id) if crate::cli::label::is_system(&id) => Meaning::System(id),
            Some(name) => Meaning::User(name),
        }
    }
}

impl Language {
    fn of(lines: &str) -> Self {
        let mut language = Self {
            words: HashMap::new(),
            categories: HashMap::new(),
            prefixes: Vec::new(),
            score: 0,
        };
        for (id, words) in lines.lines().filter_map(|line| line.split_once('=')) {
            for word in words.split('|').map(folded) {
                match id {
                    "CATEGORY" => language.prefixes.push(word),
                    _ if id.starts_with("CATEGORY_") => {
                        language.categories.insert(word, id.to_owned());
                    }
                    _ => {
                        language.words.insert(word, id.to_owned());
                    }
                }
            }
        }
        language
    }

    fn meaning(&self, label: &str) -> Option<&str> {
        let label = folded(label);
        let category = || {
            let mut prefixes = self.prefixes.iter();
            let rest = prefixes.find_map(|prefix| label.strip_prefix(prefix.as_str()))?;
            let rest = rest.trim_start_matches([' ', ':', '：']);
            self.categories.get(rest)
        };
        let found = self.words.get(&label).or_else(category)?;
        Some(found.as_str())
    }
}

/// Normalizes what differs between exports: case, quotation marks, kinds of spaces.
fn folded(word: &str) -> String {
    let plain: String = word
        .chars()
        .map(|letter| if letter.is_whitespace() { ' ' } else { letter })
        .filter(|letter| !matches!(letter, '"' | '„' | '“' | '”' | '«' | '»' | '「' | '」'))
        .collect();
    let words: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ").to_lowercase()
}

fn own(text: &str) -> Result<HashMap<String, String>, String> {
    let system = |label: &str| {
        let upper = label.trim().to_uppercase();
        if crate::cli::label::is_system(&upper) {
            upper
        } else {
            label.trim().to_owned()
        }
    };
    if text.trim_start().starts_with('{') {
        let table: BTreeMap<String, Option<String>> = serde_json::from_str(text)
            .map_err(|_| "give an object whose keys and values are texts".to_owned())?;
        return Ok(table
            .into_iter()
            .map(|(word, label)| (folded(&word), system(&label.unwrap_or_default())))
            .collect());
    }
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    lines
        .filter(|(_, line)| !line.trim().is_empty() && !line.trim_start().starts_with('#'))
        .map(|(number, line)| match line.split_once(['=', '\t']) {
            Some((word, label)) => Ok((folded(word), system(label))),
            None => Err(format!("line {}: give `WORD = LABEL`", number + 1)),
        })
        .collect()
}

/// Splits a list of labels at commas. A label that contains a comma is quoted.
pub(super) fn split(list: &str) -> Vec<String> {
    let mut labels = vec![String::new()];
    let mut is_quoted = false;
    let mut letters = list.chars().peekable();
    while let Some(letter) = letters.next() {
        let label = match labels.last_mut() {
            Some(label) if letter != ',' || is_quoted => label,
            _ => {
                labels.push(String::new());
                continue;
            }
        };
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                label.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            '"' if label.trim().is_empty() => is_quoted = true,
            '\\' if is_quoted => label.extend(letters.next()),
            letter => label.push(letter),
        }
    }
    labels
        .iter()
        .map(|label| label.trim().to_owned())
        .filter(|label| !label.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meanings(list: &str) -> Vec<String> {
        let mut words = Words::new(None).unwrap();
        words.weigh(&split(list));
        split(list)
            .iter()
            .filter_map(|label| match words.meaning(label) {
                Meaning::System(id) => Some(id),
                Meaning::User(name) => Some(format!("'{name}'")),
                Meaning::Nothing => None,
            })
            .collect()
    }

    #[test]
    fn words_of_many_languages_are_known() {
        for (list, expected) in [
            (
                "Inbox,Unread,Starred,\"Projects, big\",Work/Invoices,Opened",
                "INBOX UNREAD STARRED 'Projects, big' 'Work/Invoices'",
            ),
            (
                "Posteingang,Wichtig,Ungelesen,Kategorie: \"Neuigkeiten\",\"Kategorie: \"\"Soziale Medien\"\"\",Enviados",
                "INBOX IMPORTANT UNREAD CATEGORY_UPDATES CATEGORY_SOCIAL 'Enviados'",
            ),
            (
                "Messages archivés,Ouvert,Catégorie\u{a0}: E-mails personnels,\"Culture, associations\"",
                "CATEGORY_PERSONAL 'Culture, associations'",
            ),
            (
                "Boîte de réception,Non lus,Forward to a@example.com",
                "INBOX UNREAD 'Forward to a@example.com'",
            ),
            (
                "Recibidos,No leídos,Destacados,Categoría: Promociones",
                "INBOX UNREAD STARRED CATEGORY_PROMOTIONS",
            ),
            ("Gearchiveerd,Ongelezen,Met ster", "UNREAD STARRED"),
            (
                "Archivováno,Kategorie: Sociální sítě,Nepřečtené,Facebook",
                "CATEGORY_SOCIAL UNREAD 'Facebook'",
            ),
            (
                "受信トレイ,未読,カテゴリ: メイン",
                "INBOX UNREAD CATEGORY_PERSONAL",
            ),
            ("Входящие,Важное,Проекты", "INBOX IMPORTANT 'Проекты'"),
            ("Входящи,Непрочетени,Работа", "INBOX UNREAD 'Работа'"),
            ("דואר נכנס,לא נקראו,עבודה", "INBOX UNREAD 'עבודה'"),
            (
                "البريد الوارد,مهم,الفئة: منتديات",
                "INBOX IMPORTANT CATEGORY_FORUMS",
            ),
            ("Doručená pošta,Neprečítané,Kôš", "INBOX UNREAD TRASH"),
            ("Hộp thư đến,Chưa đọc,Đã mở", "INBOX UNREAD"),
            (
                "Category Updates,Category: Forums,Trash,Spam,Sent,Drafts,Chat",
                "CATEGORY_UPDATES CATEGORY_FORUMS TRASH SPAM SENT DRAFT CHAT",
            ),
            (
                " , ,\"a \"\" b\",\"c \\\" d\",5\" disk",
                "'a \" b' 'c \" d' '5\" disk'",
            ),
        ] {
            assert_eq!(meanings(list).join(" "), expected, "{list}");
        }
    }

    #[test]
    fn a_word_for_a_folder_means_one_in_every_language() {
        let mut ids: HashMap<String, &str> = HashMap::new();
        let lines = LANGUAGES.iter().flat_map(|language| language.lines());
        for (id, words) in lines.filter_map(|line| line.split_once('=')) {
            for word in words.split('|').filter(|_| FOLDERS.contains(&id)) {
                assert_eq!(*ids.entry(folded(word)).or_insert(id), id, "{word}");
                assert_eq!(of_any_language(word), Some(id), "{word}");
            }
        }
        assert_eq!(of_any_language("Work"), None);
    }

    #[test]
    fn an_own_table_goes_first() {
        for table in [
            "# words\nArkiv =\nLåda = inbox\nJobb=Work/Jobs\n",
            "Arkiv\t-\nLåda\tINBOX\nJobb\tWork/Jobs",
            r#"{"Arkiv": null, "Låda": "INBOX", "Jobb": "Work/Jobs"}"#,
        ] {
            let words = Words::new(Some(table)).unwrap();
            assert_eq!(words.meaning("arkiv"), Meaning::Nothing, "{table}");
            assert_eq!(words.meaning("Låda"), Meaning::System("INBOX".to_owned()));
            assert_eq!(words.meaning("Jobb"), Meaning::User("Work/Jobs".to_owned()));
        }
        for table in ["Arkiv", "{\"a\": 1}"] {
            assert!(Words::new(Some(table)).is_err());
        }
    }
}
