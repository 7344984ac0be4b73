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
    /// Parses `color`.
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
        match [&text, &background]
            .iter()
            .find(|value| !PALETTE.contains(&value.as_str()))
        {
            Some(value) => Err(Refusal::invalid(format!(
                "Label color {value} is not on the allowed color palette"
            ))),
            None => Ok(Some(Self { text, background })),
        }
    }

    /// The colors, as in the API's answers.
    pub(super) fn to_json(&self) -> Value {
        json!({"textColor": self.text, "backgroundColor": self.background})
    }
}

/// The colors that Gmail's documentation of `LabelColor` lists, for both text and background.
#[rustfmt::skip]
const PALETTE: &[&str] = &[
    "#000000", "#007286", "#04502e", "#076239", "#083018", "#094228", "#0b4f30", "#0b804b",
    "#0d3472", "#0d3b44", "#149e60", "#16a765", "#16a766", "#1a764d", "#1c4587", "#1e53b8",
    "#202124", "#285bac", "#2a9c68", "#2da2bb", "#3c78d8", "#3d188e", "#3dc789", "#41236d",
    "#42d692", "#434343", "#43d692", "#44b984", "#464646", "#4986e7", "#4a86e8", "#521d28",
    "#54240e", "#594c05", "#633e04", "#653e9b", "#662e37", "#666666", "#684e07", "#68dfa9",
    "#6d9eeb", "#711a36", "#757575", "#7858c3", "#7a2e0b", "#7a4706", "#822111", "#83334c",
    "#89d3b2", "#8a1c0a", "#8e63ce", "#98d7e4", "#994a64", "#999999", "#a0eac9", "#a2dcc1",
    "#a46a21", "#a479e2", "#a4c2f4", "#aa8831", "#ac2b16", "#b3efd3", "#b65775", "#b694e8",
    "#b6cff5", "#b99aff", "#b9e4d0", "#c2185b", "#c2c2c2", "#c6f3de", "#c9daf8", "#cc3a21",
    "#cca6ac", "#cccccc", "#cf8933", "#d0bcf1", "#d5ae49", "#d93025", "#e07798", "#e3d7ff",
    "#e4d7f5", "#e66550", "#e7e7e7", "#eaa041", "#ebdbde", "#efa093", "#efefef", "#f2b2a8",
    "#f2c960", "#f3f3f3", "#f691b2", "#f691b3", "#f6c5be", "#f7a7c0", "#fad165", "#fb4c2f",
    "#fbc8d9", "#fbd3e0", "#fbe983", "#fcda83", "#fcdee8", "#fce8b3", "#fdedc1", "#fef1d1",
    "#ff7537", "#ffad46", "#ffad47", "#ffbc6b", "#ffc8af", "#ffd6a2", "#ffdeb5", "#ffe6c7",
    "#ffffff",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_come_in_pairs_and_from_the_palette() {
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
            json!({"textColor": "#ffffff", "backgroundColor": "#123456"}),
        ] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
