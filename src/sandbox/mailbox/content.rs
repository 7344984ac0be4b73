//! What of a message can be searched.

use super::{
    header::message_ids,
    part::Part,
    snippet::html_to_text,
    term::{FieldName, normalize},
};

/// Where in a message a search looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// The main header fields, the texts and the names of files together.
    Text,
    /// One kind of header field.
    Field(FieldName),
    /// The names of files.
    Filename,
    /// The message's own id, which is compared as a whole.
    MessageId,
    /// There when the message has an attachment.
    Attachment,
}

impl Place {
    /// Every place.
    pub(super) const ALL: &[Self] = &[
        Self::Attachment,
        Self::MessageId,
        Self::Filename,
        Self::Field(FieldName::From),
        Self::Field(FieldName::To),
        Self::Field(FieldName::Cc),
        Self::Field(FieldName::Bcc),
        Self::Field(FieldName::Subject),
        Self::Field(FieldName::List),
        Self::Field(FieldName::DeliveredTo),
        Self::Text,
    ];

    /// What stands in this place of a message, each as [`normalize`] writes it where it is made of words.
    pub(super) fn read(self, message: &Part) -> Vec<String> {
        match self {
            Self::Text => vec![text(message)],
            Self::Field(field) => fields(message, field.headers()).collect(),
            Self::Filename => {
                let mut names = Vec::new();
                message.visit(&mut |part| {
                    if !part.filename.is_empty() {
                        names.push(normalize(&part.filename));
                    }
                });
                names
            }
            Self::MessageId => message
                .fields
                .iter()
                .filter(|field| field.is("Message-ID"))
                .flat_map(|field| message_ids(&field.unfolded()))
                .collect(),
            Self::Attachment => {
                let mut found = false;
                message.visit(&mut |part| found |= part.is_attachment());
                found.then(String::new).into_iter().collect()
            }
        }
    }

    /// The single terms of what stands, or is looked for, in this place.
    pub(super) fn terms(self, text: &str) -> impl Iterator<Item = &str> {
        let whole = self.is_whole();
        text.split(move |char| char == ' ' && !whole)
            .filter(move |term| whole || !term.is_empty())
    }

    /// Whether one of the texts of this place holds what is looked for.
    pub(super) fn holds(self, texts: &[String], wanted: &str) -> bool {
        let whole = self.is_whole();
        texts.iter().any(|text| {
            if whole {
                text == wanted
            } else {
                text.contains(wanted)
            }
        })
    }

    fn is_whole(self) -> bool {
        matches!(self, Self::MessageId | Self::Attachment)
    }
}

fn text(message: &Part) -> String {
    let mut text: String = fields(message, &["Subject", "From", "To", "Cc", "Bcc"]).collect();
    message.visit(&mut |part| {
        if !part.is_body_text() {
            text.push_str(&normalize(&part.filename));
        } else if part.media_type == "text/html" {
            text.push_str(&normalize(&html_to_text(&part.text())));
        } else {
            text.push_str(&normalize(&part.text()));
        }
    });
    text
}

fn fields(message: &Part, names: &'static [&'static str]) -> impl Iterator<Item = String> {
    message
        .fields
        .iter()
        .filter(|field| names.iter().any(|name| field.is(name)))
        .map(|field| normalize(&field.decoded()))
}
