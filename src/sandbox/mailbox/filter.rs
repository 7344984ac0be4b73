//! Filters, which act on incoming mail.

use serde_json::{Map, Value, json};

use super::{
    Mailbox,
    clock::scramble,
    edit::Edit,
    parameter::{self, Parameters},
    refusal::Refusal,
    search::Search,
};

/// The account's filters, in order of creation.
#[derive(Default)]
pub(super) struct Filters {
    list: Vec<Filter>,
    created: u64,
}

struct Filter {
    id: String,
    criteria: Map<String, Value>,
    action: Map<String, Value>,
}

impl Filters {
    /// Every filter, as in the API's answers.
    pub(super) fn to_json(&self) -> Vec<Value> {
        self.list.iter().map(Filter::to_json).collect()
    }

    /// `filters.list`: the key is singular, and absent without filters.
    pub(super) fn list(&self) -> Value {
        let mut answer = Map::new();
        if !self.list.is_empty() {
            answer.insert("filter".into(), self.to_json().into());
        }
        answer.into()
    }

    /// `filters.get`.
    pub(super) fn get(&self, params: &Parameters) -> Result<Value, Refusal> {
        let id = parameter::required(params, "id")?;
        self.list
            .iter()
            .find(|filter| filter.id == id)
            .map(Filter::to_json)
            .ok_or_else(Refusal::not_found)
    }

    /// `filters.delete`.
    pub(super) fn delete(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let id = parameter::required(params, "id")?;
        let count = self.list.len();
        self.list.retain(|filter| filter.id != id);
        if self.list.len() == count {
            return Err(Refusal::not_found());
        }
        Ok(Value::Null)
    }
}

impl Filter {
    fn to_json(&self) -> Value {
        json!({"id": self.id, "criteria": self.criteria, "action": self.action})
    }

    // A filter's criteria as a search.
    fn query(&self) -> String {
        let text = |name: &str| {
            self.criteria
                .get(name)
                .and_then(Value::as_str)
                .filter(|text| !text.is_empty())
        };
        let mut query = String::new();
        for name in ["from", "to", "subject"] {
            if let Some(value) = text(name) {
                query.push_str(&format!("{name}:({value}) "));
            }
        }
        if let Some(value) = text("query") {
            query.push_str(&format!("({value}) "));
        }
        if let Some(value) = text("negatedQuery") {
            query.push_str(&format!("-({value}) "));
        }
        if self.criteria.get("hasAttachment") == Some(&Value::Bool(true)) {
            query.push_str("has:attachment ");
        }
        if let Some(size) = self.criteria.get("size").and_then(Value::as_u64) {
            match text("sizeComparison") {
                Some("smaller") => query.push_str(&format!("smaller:{size} ")),
                _ => query.push_str(&format!("larger:{size} ")),
            }
        }
        query.push_str("in:anywhere");
        query
    }
}

impl Mailbox {
    /// `filters.create`.
    pub(super) fn filters_create(&mut self, params: &Parameters) -> Result<Value, Refusal> {
        let part = |name: &str| {
            params
                .get(name)
                .and_then(Value::as_object)
                .filter(|part| !part.is_empty())
                .cloned()
        };
        let Some(criteria) = part("criteria") else {
            return Err(Refusal::invalid("Filter doesn't have any criteria"));
        };
        let Some(action) = part("action") else {
            return Err(Refusal::invalid("Filter doesn't have any actions"));
        };
        for name in ["addLabelIds", "removeLabelIds"] {
            for id in parameter::list(&action, name) {
                self.labels.known(&id)?;
            }
        }
        if let Some(address) = parameter::text(&action, "forward")
            && !self.settings.forwarding.is_accepted(&address)
        {
            return Err(Refusal::precondition("Unrecognized forwarding address"));
        }
        let filters = &mut self.settings.filters;
        if filters
            .list
            .iter()
            .any(|filter| filter.criteria == criteria && filter.action == action)
        {
            return Err(Refusal::precondition("Filter already exists"));
        }
        filters.created += 1;
        let filter = Filter {
            id: format!("ANe1Bm{:016x}", scramble(filters.created ^ 0xf117)),
            criteria,
            action,
        };
        let json = filter.to_json();
        filters.list.push(filter);
        Ok(json)
    }

    /// Applies the filters to a message that has just arrived.
    pub(super) fn apply_filters(&mut self, message: u64) {
        let mut edits = Vec::new();
        for filter in &self.settings.filters.list {
            let Ok(edit) = Edit::of(&self.labels, &filter.action) else {
                continue;
            };
            if Search::for_text(self, &filter.query()).finds_message(message) {
                edits.push(edit);
            }
        }
        for edit in edits {
            self.edit(message, &edit);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(mailbox: &mut Mailbox, body: Value) -> Result<Value, Refusal> {
        mailbox.call(
            "settings_filters_create",
            &body.as_object().cloned().unwrap_or_default(),
        )
    }

    #[test]
    fn filters_need_criteria_and_a_known_action() {
        let mut mailbox = Mailbox::new("user@example.com");
        for body in [
            json!({}),
            json!({"criteria": {"from": "x"}}),
            json!({"criteria": {"from": "x"}, "action": {"addLabelIds": ["Label_9"]}}),
            json!({"criteria": {"from": "x"}, "action": {"forward": "x@example.org"}}),
        ] {
            let refused = create(&mut mailbox, body);
            assert_eq!(refused.map_err(|refusal| refusal.code), Err(400));
        }
        let body = json!({"criteria": {"from": "x"}, "action": {"addLabelIds": ["STARRED"]}});
        let made = create(&mut mailbox, body.clone()).unwrap();
        assert_eq!(made["criteria"], body["criteria"]);
        assert!(create(&mut mailbox, body).is_err());
        let filters = &mut mailbox.settings.filters;
        assert_eq!(filters.list()["filter"][0], made);
        let params = made.as_object().cloned().unwrap();
        assert_eq!(filters.get(&params), Ok(made));
        assert_eq!(filters.delete(&params), Ok(Value::Null));
        assert_eq!(filters.list(), json!({}));
        assert!(filters.get(&params).is_err());
    }

    #[test]
    fn filters_act_on_mail_that_comes_in() {
        let mut mailbox = Mailbox::new("user@example.com");
        let body = json!({
            "criteria": {"from": "news@example.org", "negatedQuery": "urgent"},
            "action": {"addLabelIds": ["CATEGORY_PROMOTIONS"], "removeLabelIds": ["INBOX"]},
        });
        create(&mut mailbox, body).unwrap();
        for (text, expected) in [("Offers", false), ("Urgent", true)] {
            let mail = format!("From: news@example.org\r\nSubject: {text}\r\n\r\n");
            let id = mailbox.deliver(mail.as_bytes());
            let params: Parameters = [("messageId".to_owned(), id.into())].into_iter().collect();
            let message = mailbox.call("messages_get", &params).unwrap();
            let labels = message["labelIds"].as_array().unwrap();
            assert_eq!(labels.contains(&"INBOX".into()), expected, "{text}");
        }
    }
}
