//! The searchable content of a message.

use super::{
    header::message_ids,
    part::Part,
    snippet::html_to_text,
    term::{FieldName, normalize},
};

/// A searchable place in a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Place {
    /// The main header fields, the texts and the file names together.
    Text,
    /// One kind of header field.
    Field(FieldName),
    /// The names of files.
    Filename,
    /// The message's own id, compared as a whole.
    MessageId,
    /// Present when the message has an attachment.
    Attachment,
}

impl Place {
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

    /// The texts at this place of a message; those made of words come from [`normalize`].
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

    /// Splits a text or search value into the terms of this place.
    pub(super) fn terms(self, text: &str) -> impl Iterator<Item = &str> {
        let whole = self.is_whole();
        text.split(move |char| char == ' ' && !whole)
            .filter(move |term| whole || !term.is_empty())
    }

    /// Whether one of the texts contains the search value, or equals it at places compared as a whole.
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
