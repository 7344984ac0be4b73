//! Pages of lists.

use super::{
    order::Position,
    parameter::{self, Parameters},
    refusal::Refusal,
};

const DEFAULT_SIZE: u32 = 100;
const LARGEST_SIZE: u32 = 500;

/// A request for one page of a list.
#[derive(Debug, Clone, Copy)]
pub(super) struct PageRequest {
    /// The most records in the page.
    pub(super) size: usize,
    /// The last record of the previous page.
    pub(super) after: Option<Position>,
}

/// One page of a list.
#[derive(Debug)]
pub(super) struct Page<T> {
    /// The page's records.
    pub(super) items: Vec<T>,
    /// The token of the next page; absent on the last one.
    pub(super) next: Option<String>,
}

impl PageRequest {
    /// Parses `maxResults` and `pageToken`.
    pub(super) fn of(params: &Parameters) -> Result<Self, Refusal> {
        let size = parameter::unsigned(params, "maxResults")?
            .unwrap_or(DEFAULT_SIZE)
            .clamp(1, LARGEST_SIZE) as usize;
        let after = match parameter::text(params, "pageToken").filter(|token| !token.is_empty()) {
            Some(token) => Some(
                decode(&token)
                    .ok_or_else(|| Refusal::bad_parameter("pageToken", "Invalid pageToken"))?,
            ),
            None => None,
        };
        Ok(Self { size, after })
    }

    /// Cuts a page out of the records that follow the previous page. Positions must descend.
    ///
    /// The token names the last record of the page instead of an offset, so mail that arrives between two calls shifts
    /// nothing.
    pub(super) fn cut<T>(
        &self,
        records: impl Iterator<Item = T>,
        position: impl Fn(&T) -> Position,
    ) -> Page<T> {
        let mut items: Vec<T> = records.take(self.size + 1).collect();
        let more = items.len() > self.size;
        items.truncate(self.size);
        let next = items
            .last()
            .filter(|_| more)
            .map(|last| encode(position(last)));
        Page { items, next }
    }
}

// The last digits are the remainder modulo a prime, which detects invalid tokens.
const PRIME: u128 = 999_983;
const CHECK_DIGITS: usize = 6;

fn encode((date, id): Position) -> String {
    let date = u128::from(date.unsigned_abs());
    let value = date << 64 | u128::from(id);
    format!("{value}{:0CHECK_DIGITS$}", value % PRIME)
}

fn decode(token: &str) -> Option<Position> {
    if !token.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (value, check) = token.split_at_checked(token.len().checked_sub(CHECK_DIGITS)?)?;
    let value: u128 = value.parse().ok()?;
    if value == 0 || value % PRIME != check.parse().ok()? {
        return None;
    }
    let date = i64::try_from(value >> 64).ok()?;
    let id = u64::try_from(value & u128::from(u64::MAX)).ok()?;
    Some((date, id))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page(params: serde_json::Value, records: &[u64]) -> Result<Page<u64>, Refusal> {
        let request = PageRequest::of(params.as_object().unwrap())?;
        let place = |id: &u64| (*id as i64, *id);
        let records = records.iter().copied();
        let rest = records.filter(|id| request.after.is_none_or(|after| place(id) < after));
        Ok(request.cut(rest, place))
    }

    #[test]
    fn pages_follow_each_other_without_gaps() {
        let mut records: Vec<u64> = (1..=7).rev().collect();
        let first = page(json!({"maxResults": 3}), &records).unwrap();
        assert_eq!(first.items, [7, 6, 5]);
        records.insert(0, 8);
        let token = first.next.unwrap();
        assert!(token.bytes().all(|byte| byte.is_ascii_digit()));
        let second = page(json!({"maxResults": 3, "pageToken": token}), &records).unwrap();
        assert_eq!(second.items, [4, 3, 2]);
        let token = second.next.unwrap();
        records.retain(|id| *id != 2);
        let third = page(json!({"maxResults": 3, "pageToken": token}), &records).unwrap();
        assert_eq!(third.items, [1]);
        assert_eq!(third.next, None);
    }

    #[test]
    fn a_date_far_ahead_has_a_page_after_it() {
        let dates = [i64::MAX, 32_503_680_000_000, 0];
        let page = |token: Option<String>| {
            let params = json!({"maxResults": 1, "pageToken": token});
            let request = PageRequest::of(params.as_object().unwrap()).unwrap();
            let rest = dates
                .into_iter()
                .filter(|date| request.after.is_none_or(|after| (*date, 1) < after));
            request.cut(rest, |date| (*date, 1))
        };
        let mut found = page(None);
        for date in dates {
            assert_eq!(found.items, [date]);
            found = page(found.next);
        }
    }

    #[test]
    fn sizes_are_clamped_and_tokens_checked() {
        let records: Vec<u64> = (1..=600).rev().collect();
        let length = |params| page(params, &records).map(|page| page.items.len());
        assert_eq!(length(json!({})), Ok(100));
        assert_eq!(length(json!({"maxResults": 0})), Ok(1));
        assert_eq!(length(json!({"maxResults": 9999})), Ok(500));
        assert!(length(json!({"maxResults": -1})).is_err());
        for token in [
            "x",
            "12345",
            "0",
            "-1",
            "999999999999999999999999999999999999999999",
        ] {
            assert_eq!(
                length(json!({ "pageToken": token })).map_err(|refusal| refusal.message),
                Err("Invalid pageToken".to_owned()),
                "{token}"
            );
        }
    }
}
