//! Parses Gmail's search language into a tree of conditions.

use super::term::{Condition, Operator, normalize};

/// A parsed search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Query {
    /// All of these must hold; an empty list always holds.
    All(Vec<Query>),
    /// At least one of these must hold.
    Any(Vec<Query>),
    /// This must not hold.
    Not(Box<Query>),
    /// One condition on a message.
    Is(Condition),
}

/// The context that the meaning of a search depends on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context<'a> {
    /// The current time in milliseconds since 1970, for relative dates.
    pub(super) now: i64,
    /// The mailbox's own address, for `from:me`.
    pub(super) address: &'a str,
}

impl Query {
    /// Parses a search. As in Gmail, any text is a valid search.
    pub(super) fn parse(text: &str, context: Context<'_>) -> Self {
        let mut parser = Parser {
            chars: text.chars().collect(),
            position: 0,
            terms: 0,
            context,
        };
        parser.sequence(None, None, 0)
    }

    /// Whether the search names spam or trash, outside a negation.
    pub(super) fn asks_for_hidden(&self) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(Self::asks_for_hidden),
            Self::Not(_) => false,
            Self::Is(condition) => condition.asks_for_hidden(),
        }
    }

    /// Evaluates the tree, given a test for single conditions.
    pub(super) fn holds(&self, test: &impl Fn(&Condition) -> bool) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.holds(test)),
            Self::Any(parts) => parts.iter().any(|part| part.holds(test)),
            Self::Not(part) => !part.holds(test),
            Self::Is(condition) => test(condition),
        }
    }

    fn cost(&self) -> u32 {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().map(Self::cost).max().unwrap_or(0),
            Self::Not(part) => part.cost(),
            Self::Is(condition) => condition.cost(),
        }
    }
}

// No person writes searches as deep or long as this; the limits keep hostile ones harmless.
const DEEPEST: usize = 40;
const MOST_TERMS: usize = 1000;
const LONGEST_OPERATOR: usize = 12;

struct Parser<'a> {
    chars: Vec<char>,
    position: usize,
    terms: usize,
    context: Context<'a>,
}

impl Parser<'_> {
    fn sequence(&mut self, close: Option<char>, operator: Option<Operator>, depth: usize) -> Query {
        // OR binds only its two neighbours, so each group of alternatives is its own list.
        let mut groups: Vec<Vec<Query>> = Vec::new();
        let mut joins = false;
        let mut negated = false;
        while let Some(char) = self.peek() {
            if Some(char) == close {
                self.position += 1;
                break;
            }
            if char.is_whitespace() || matches!(char, ')' | '}' | '+' | '|') {
                joins |= char == '|';
                self.position += 1;
                continue;
            }
            if char == '-' {
                negated = !negated;
                self.position += 1;
                continue;
            }
            if let Some(keyword) = self.keyword() {
                match keyword {
                    Keyword::Or => joins = true,
                    Keyword::Not => negated = !negated,
                    Keyword::And => {}
                }
                continue;
            }
            let query = self.one(operator, depth);
            let query = match negated {
                true => Query::Not(Box::new(query)),
                false => query,
            };
            negated = false;
            match groups.last_mut() {
                Some(group) if joins => group.push(query),
                _ => groups.push(vec![query]),
            }
            joins = false;
            self.terms += 1;
            if self.terms > MOST_TERMS {
                self.position = self.chars.len();
            }
        }
        if close == Some('}') {
            return any(groups.into_iter().flatten().collect());
        }
        let mut parts: Vec<Query> = groups.into_iter().map(any).collect();
        // Cheap conditions first, so that fewer messages need parsing.
        parts.sort_by_key(Query::cost);
        match parts.pop() {
            Some(only) if parts.is_empty() => only,
            last => {
                parts.extend(last);
                Query::All(parts)
            }
        }
    }

    fn one(&mut self, operator: Option<Operator>, depth: usize) -> Query {
        match self.peek() {
            Some('(' | '{') => self.group(operator, depth),
            Some('"') => {
                let phrase = self.phrase();
                self.condition(operator, &phrase)
            }
            _ => self.word(operator, depth),
        }
    }

    fn group(&mut self, operator: Option<Operator>, depth: usize) -> Query {
        let close = if self.peek() == Some('{') { '}' } else { ')' };
        self.position += 1;
        if depth >= DEEPEST {
            return Query::All(Vec::new());
        }
        self.sequence(Some(close), operator, depth + 1)
    }

    fn word(&mut self, outer: Option<Operator>, depth: usize) -> Query {
        let start = self.position;
        while let Some(char) = self.peek() {
            if char == ':' && self.position - start <= LONGEST_OPERATOR {
                let name: String = self.slice(start, self.position);
                if let Some(operator) = Operator::named(&name) {
                    self.position += 1;
                    return self.operand(operator, depth);
                }
            }
            if char.is_whitespace() || matches!(char, '(' | ')' | '{' | '}' | '"') {
                break;
            }
            self.position += 1;
        }
        let word = self.slice(start, self.position);
        if word == "AROUND" {
            // The distance after AROUND is not a search word.
            self.skip(|char| char == ' ');
            self.skip(|char| char.is_ascii_digit());
            return Query::All(Vec::new());
        }
        self.condition(outer, &word)
    }

    fn operand(&mut self, operator: Operator, depth: usize) -> Query {
        self.skip(|char| char == ' ');
        match self.peek() {
            Some('(' | '{') => self.group(Some(operator), depth),
            Some('"') => {
                let phrase = self.phrase();
                self.condition(Some(operator), &phrase)
            }
            _ => {
                let start = self.position;
                while self
                    .peek()
                    .is_some_and(|char| !char.is_whitespace() && !matches!(char, ')' | '}' | '"'))
                {
                    self.position += 1;
                }
                let value = self.slice(start, self.position);
                self.condition(Some(operator), &value)
            }
        }
    }

    fn condition(&self, operator: Option<Operator>, value: &str) -> Query {
        let condition = match operator {
            Some(operator) => Condition::of(operator, value, self.context),
            None => Some(Condition::Words(normalize(value))),
        };
        match condition {
            // Punctuation alone, or an operator without a value, matches everything.
            Some(
                Condition::Words(words) | Condition::Field(_, words) | Condition::Filename(words),
            ) if words.trim().is_empty() => Query::All(Vec::new()),
            Some(condition) => Query::Is(condition),
            // An operator with an invalid value becomes plain words.
            None => Query::Is(Condition::Words(normalize(value))),
        }
    }

    fn phrase(&mut self) -> String {
        self.position += 1;
        let start = self.position;
        while self.peek().is_some_and(|char| char != '"') {
            self.position += 1;
        }
        let phrase = self.slice(start, self.position);
        self.position += 1;
        phrase
    }

    fn keyword(&mut self) -> Option<Keyword> {
        for (text, keyword) in [
            ("OR", Keyword::Or),
            ("AND", Keyword::And),
            ("NOT", Keyword::Not),
        ] {
            let end = self.position + text.len();
            let ends = self
                .chars
                .get(end)
                .is_none_or(|char| char.is_whitespace() || matches!(char, '(' | '{' | '"'));
            if ends && self.slice(self.position, end) == text {
                self.position = end;
                return Some(keyword);
            }
        }
        None
    }

    fn skip(&mut self, wanted: impl Fn(char) -> bool) {
        while self.peek().is_some_and(&wanted) {
            self.position += 1;
        }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.position).copied()
    }

    fn slice(&self, start: usize, end: usize) -> String {
        self.chars
            .get(start..end.min(self.chars.len()))
            .unwrap_or_default()
            .iter()
            .collect()
    }
}

enum Keyword {
    Or,
    And,
    Not,
}

fn any(mut alternatives: Vec<Query>) -> Query {
    match alternatives.pop() {
        Some(only) if alternatives.is_empty() => only,
        last => {
            alternatives.extend(last);
            Query::Any(alternatives)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTEXT: Context<'_> = Context {
        now: 1_780_000_000_000,
        address: "user@example.com",
    };

    fn words(text: &str) -> Query {
        Query::Is(Condition::Words(format!(" {text} ")))
    }

    fn parse(text: &str) -> Query {
        Query::parse(text, CONTEXT)
    }

    #[test]
    fn words_and_groups() {
        assert_eq!(parse(""), Query::All(vec![]));
        assert_eq!(parse("Hello"), words("hello"));
        assert_eq!(parse("a b"), Query::All(vec![words("a"), words("b")]));
        assert_eq!(parse("a AND b"), parse("a b"));
        assert_eq!(parse("\"a b\""), words("a b"));
        assert_eq!(parse("-a"), Query::Not(Box::new(words("a"))));
        assert_eq!(parse("NOT a"), parse("-a"));
        assert_eq!(parse("{a b}"), Query::Any(vec![words("a"), words("b")]));
        assert_eq!(parse("a OR b"), parse("{a b}"));
        assert_eq!(
            parse("a OR b c"),
            Query::All(vec![parse("{a b}"), words("c")])
        );
        assert_eq!(
            parse("a (b OR c)"),
            Query::All(vec![words("a"), parse("{b c}")])
        );
        assert_eq!(parse("ORDER"), words("order"));
        assert_eq!(parse("or"), words("or"));
        assert_eq!(parse("a-b"), words("a b"));
        assert_eq!(parse("a AROUND 10 b"), parse("a AROUND b"));
        assert_eq!(parse("around"), words("around"));
    }

    #[test]
    fn operators_reach_into_groups() {
        assert_eq!(
            parse("subject:(a b)"),
            Query::All(vec![parse("subject:a"), parse("subject:b")])
        );
        assert_eq!(
            parse("from:{a b}"),
            Query::Any(vec![parse("from:a"), parse("from:b")])
        );
        assert_eq!(parse("-from:me"), parse("-from:user@example.com"));
        assert_eq!(parse("unknown:thing"), words("unknown thing"));
        assert_eq!(parse("after:banana"), words("banana"));
        assert_eq!(parse("from:"), Query::All(vec![]));
        assert_eq!(parse("subject:***"), Query::All(vec![]));
    }

    #[test]
    fn hostile_text_stays_cheap() {
        for text in [
            "(".repeat(100_000),
            "-(".repeat(100_000),
            "{a OR ".repeat(50_000),
            "subject:(".repeat(50_000),
            "\"".repeat(99_999),
            "a ".repeat(100_000),
            ")}|+-".repeat(10_000),
            "from:".repeat(20_000),
            "a:".repeat(100_000),
            "OR AND NOT OR".to_owned(),
        ] {
            let query = parse(&text);
            query.holds(&|_| true);
            query.asks_for_hidden();
        }
    }

    #[test]
    fn asking_for_trash_shows_it_unless_negated() {
        assert!(parse("in:trash x").asks_for_hidden());
        assert!(parse("x OR in:anywhere").asks_for_hidden());
        assert!(!parse("-in:trash").asks_for_hidden());
        assert!(!parse("in:inbox").asks_for_hidden());
    }
}
