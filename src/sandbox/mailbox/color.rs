//! The colors of labels.

use serde_json::{Value, json};

use super::{parameter::Parameters, refusal::Refusal};

/// A label's two colors, each as `#rrggbb`.
#[derive(Debug, Clone)]
pub(super) struct Color {
    text: String,
    background: String,
}

impl Color {
    /// Reads `color`; Gmail's palette is wide, so every well-formed color is on it.
    pub(super) fn of(params: &Parameters) -> Result<Option<Self>, Refusal> {
        let Some(color) = params.get("color").filter(|color| !color.is_null()) else {
            return Ok(None);
        };
        let read = |name: &str| {
            color
                .get(name)
                .and_then(Value::as_str)
                .map(str::to_ascii_lowercase)
        };
        let (text, background) = match (read("textColor"), read("backgroundColor")) {
            (Some(text), Some(background)) => (text, background),
            (None, None) if color.is_object() => return Ok(None),
            _ => {
                return Err(Refusal::invalid(
                    "Label color requires both textColor and backgroundColor",
                ));
            }
        };
        match [&text, &background].iter().find(|value| !is_color(value)) {
            Some(value) => Err(Refusal::invalid(format!(
                "Label color {value} is not on the allowed color palette"
            ))),
            None => Ok(Some(Self { text, background })),
        }
    }

    /// The colors as the API shows them.
    pub(super) fn to_json(&self) -> Value {
        json!({"textColor": self.text, "backgroundColor": self.background})
    }
}

fn is_color(value: &str) -> bool {
    value.strip_prefix('#').is_some_and(|digits| {
        digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_come_in_pairs_of_six_digits() {
        let read = |color: Value| {
            let params: Parameters = [("color".to_owned(), color)].into_iter().collect();
            Color::of(&params).map(|color| color.map(|color| color.to_json()))
        };
        assert_eq!(read(Value::Null), Ok(None));
        assert_eq!(read(json!({})), Ok(None));
        assert_eq!(
            read(json!({"textColor": "#FFFFFF", "backgroundColor": "#000000"})),
            Ok(Some(
                json!({"textColor": "#ffffff", "backgroundColor": "#000000"})
            ))
        );
        for bad in [
            json!("red"),
            json!({"textColor": "#ffffff"}),
            json!({"textColor": "red", "backgroundColor": "#000000"}),
            json!({"textColor": "#fff", "backgroundColor": "#000000"}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
