//! Tools for agents, generated from the operation table, with results sized for a model.
//!
//! Needs the feature `tool`.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
//! # let gmail = sandbox.open_source()?;
//! use serde_json::json;
//!
//! let tools = gmail.tools();
//! let for_the_model: Vec<_> = tools.default_list().iter().map(|tool| tool.to_openai()).collect();
//! # assert!(!for_the_model.is_empty());
//! let answer = tools.call("gmail_search", json!({"query": "in:inbox", "max_results": 3})).await;
//! assert!(!answer.is_error);
//! println!("{}", answer.text);
//! # Ok(())
//! # }
//! ```
//!
//! - [`Tools::list`] has a tool for every action, `gmail_execute` for all of them, and tools for everyday jobs:
//!   `gmail_search`, `gmail_read_message`, `gmail_read_thread`, `gmail_send`, `gmail_reply`, `gmail_forward`,
//!   `gmail_draft`, `gmail_save_attachment`, `gmail_respond`, `gmail_unsubscribe`.
//! - [`Access`] limits what an agent may do.
//! - [`Answer`] is what a model gets: a result that fits, or an error it can act on.
//!
//! Strangers write mail. Results put it between random marks, new for each result, and drop characters that a person
//! would not see. The bytes of attachments go to files, never into a result.
//!
//! In [`Answer::text`], and in [`Answer::sealed`] for models that take JSON, one pair of marks surrounds everything.
//! [`Answer::structured`] is for programs and has marks only around the texts of messages.

mod access;
mod answer;
mod approval;
mod argument;
mod attachment;
mod audit;
mod beside;
mod cap;
mod catalog;
mod compose;
mod composed;
mod definition;
mod fence;
mod file;
mod guide;
pub(crate) mod leniency;
mod output;
mod pace;
mod permit;
mod reading;
mod room;
mod schema;
mod seal;
mod search;
mod shape;
mod visible;

use std::future::Future;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, select};
use serde_json::{Map, Value};

use crate::connector::{GmailConnector, Selection};
use crate::error::Error;
use crate::operation::{Mode, gmail};
use crate::transport::pace::Patience;

pub use access::{Access, Profile};
pub use answer::Answer;
pub use approval::{Decision, Deed, Question};
pub use definition::{Annotations, Tool};
pub use file::{AttachmentDirectory, FileError};
pub use guide::{guide, reference};
pub use visible::{visible_json, visible_text};

use answer::Failure;
use approval::Approver;
use argument::{Arguments, INTENT};
use catalog::Entry;
use pace::Pace;

/// The default limit for the text of a result, in characters.
pub const DEFAULT_LIMIT: usize = 20_000;

/// The default total time that a call waits for Google's quota. MCP clients wait longer for an answer; some give up
/// after 60 s.
pub const DEFAULT_QUOTA_WAIT: Duration = Duration::from_secs(25);

/// The error when no directory for attachments is set.
const NO_DIRECTORY: &str = "no directory for attachments is set; a person has to name one";

/// The tools of a connector.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
/// use airbyte_agent_gmail::tool::Access;
/// use serde_json::json;
///
/// let tools = gmail.tools().with_access(Access::default().read_only()).with_limit(5_000);
/// assert!(tools.get("gmail_search").is_some() && tools.get("gmail_send").is_none());
/// let answer = tools.call("gmail_search", json!({"query": "is:unread"})).await;
/// assert!(answer.text.chars().count() <= 5_000);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tools {
    source: Source,
    access: Arc<Access>,
    directory: Option<Arc<AttachmentDirectory>>,
    limit: usize,
    quota_wait: Duration,
    answer_within: Option<Duration>,
    approver: Option<Approver>,
    caller: Arc<str>,
    pace: Arc<Pace>,
}

/// Where the connector comes from. An MCP server must answer before it needs the first connection.
#[derive(Clone)]
enum Source {
    Ready(GmailConnector),
    Later(Mode, Arc<Later>),
}

type Make = Box<dyn Fn() -> Result<GmailConnector, Error> + Send + Sync>;

struct Later {
    make: Make,
    made: std::sync::OnceLock<GmailConnector>,
}

/// A callback for a call's progress: how many steps are done, and out of how many, if known. See
/// [`Tools::call_with_progress`].
pub type Progress<'a> = &'a (dyn Fn(u64, Option<u64>) + Send + Sync);

impl GmailConnector {
    /// The tools for agents.
    ///
    /// Needs the feature `tool`.
    pub fn tools(&self) -> Tools {
        Tools::new(Source::Ready(self.clone()))
    }
}

impl Tools {
    fn new(source: Source) -> Self {
        Self {
            source,
            access: Arc::default(),
            directory: None,
            limit: DEFAULT_LIMIT,
            quota_wait: DEFAULT_QUOTA_WAIT,
            answer_within: None,
            approver: None,
            caller: Arc::from(""),
            pace: Arc::default(),
        }
    }

    /// The tools of a connector that the first call creates when it needs one.
    ///
    /// ```
    /// use airbyte_agent_gmail::{GmailConnector, Mode, tool::Tools};
    ///
    /// let tools = Tools::lazy(Mode::OpenSource, || GmailConnector::from_env(Some(Mode::OpenSource)));
    /// // So far no connector was created and no credentials were needed.
    /// assert!(!tools.list().is_empty());
    /// ```
    ///
    /// If creating it fails, the call's answer says so. The next call tries again.
    pub fn lazy(
        mode: Mode,
        make: impl Fn() -> Result<GmailConnector, Error> + Send + Sync + 'static,
    ) -> Self {
        Self::new(Source::Later(
            mode,
            Arc::new(Later {
                make: Box::new(make),
                made: std::sync::OnceLock::new(),
            }),
        ))
    }

    /// Limits what an agent may do.
    #[must_use]
    pub fn with_access(mut self, access: Access) -> Self {
        self.access = Arc::new(access);
        self
    }

    /// The limit for the text of a result, in characters. Default: [`DEFAULT_LIMIT`].
    ///
    /// Below 2,000, the marks around a message and the notes on it may exceed the limit.
    #[must_use]
    pub fn with_limit(mut self, limit: usize) -> Self {
        self.limit = limit.max(500);
        self
    }

    /// The total time that a call waits for Google's quota. Default: [`DEFAULT_QUOTA_WAIT`].
    ///
    /// If the wait would be longer, the answer says at once after how many seconds to call again. With
    /// `Duration::MAX` the call waits as long as it takes.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// use std::time::Duration;
    ///
    /// let for_an_impatient_client = gmail.tools().with_quota_wait(Duration::from_secs(3));
    /// # let _ = for_an_impatient_client;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_quota_wait(mut self, wait: Duration) -> Self {
        self.quota_wait = wait;
        self
    }

    /// The time limit for a call that only reads. A call that changes something may take twice as long. Default: no
    /// limit.
    ///
    /// After that time, the answer to a reading call says what to ask for instead, and the answer to a changing call
    /// says how to check whether it was carried out. Time spent waiting for a person does not count.
    #[must_use]
    pub fn with_answer_within(mut self, time: Duration) -> Self {
        self.answer_within = Some(time);
        self
    }

    /// Asks a person if [`Access::approve`] requires it. Default: nobody is asked, so messages become drafts and
    /// anything else is refused.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// use airbyte_agent_gmail::tool::{Access, Decision, Deed};
    /// use serde_json::json;
    ///
    /// let tools = gmail.tools().with_access(Access::default().approve(Deed::ALL));
    /// let tools = tools.with_approver(|question| async move {
    ///     println!("{}", question.text);
    ///     Decision::Declined
    /// });
    /// let message = json!({"to": ["support@example.com"], "subject": "Hello", "text": "Hello"});
    /// let answer = tools.call("gmail_send", message).await;
    /// assert!(answer.is_error && answer.text.contains("nothing was done"));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn with_approver<A, F>(mut self, approver: A) -> Self
    where
        A: Fn(Question) -> F + Send + Sync + 'static,
        F: Future<Output = Decision> + Send + 'static,
    {
        self.approver = Some(Arc::new(move |question| Box::pin(approver(question))));
        self
    }

    /// The caller's name for [`Access::audit`].
    #[must_use]
    pub fn with_caller(mut self, caller: impl AsRef<str>) -> Self {
        self.caller = Arc::from(caller.as_ref());
        self
    }

    /// The only directory for saving and attaching files. Default: no directory, so no tool touches a file.
    ///
    /// # Errors
    ///
    /// The directory does not exist and can't be created.
    pub fn with_directory(mut self, directory: impl Into<PathBuf>) -> Result<Self, FileError> {
        self.directory = Some(Arc::new(AttachmentDirectory::new(directory.into())?));
        Ok(self)
    }

    /// All tools that the mode and the access allow.
    pub fn list(&self) -> Vec<Tool> {
        self.entries().map(|entry| self.describe(&entry)).collect()
    }

    /// The default tools, at most 16. `gmail_execute` reaches the other actions.
    pub fn default_list(&self) -> Vec<Tool> {
        self.entries()
            .filter(Entry::is_default)
            .map(|entry| self.describe(&entry))
            .collect()
    }

    /// The tool with this name, if it is allowed.
    pub fn get(&self, name: &str) -> Option<Tool> {
        self.entries()
            .find(|entry| entry.name() == name)
            .map(|entry| self.describe(&entry))
    }

    /// Calls a tool. If the call fails, the answer says so.
    pub async fn call(&self, name: &str, arguments: impl Into<Value>) -> Answer {
        self.call_with_progress(name, arguments, &|_, _| {}).await
    }

    /// Like [`call`](Self::call), and reports progress.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
    /// # let gmail = sandbox.open_source()?;
    /// use std::sync::atomic::{AtomicU64, Ordering};
    /// use serde_json::json;
    ///
    /// let tools = gmail.tools();
    /// let arguments = json!({"query": "in:inbox", "max_results": 3});
    /// let reached = AtomicU64::new(0);
    /// let progress = |done: u64, _total: Option<u64>| reached.store(done, Ordering::Relaxed);
    /// let answer = tools.call_with_progress("gmail_search", arguments, &progress).await;
    /// assert_eq!((answer.is_error, reached.into_inner()), (false, 3));
    /// # Ok(())
    /// # }
    /// ```
    pub async fn call_with_progress(
        &self,
        name: &str,
        arguments: impl Into<Value>,
        progress: Progress<'_>,
    ) -> Answer {
        let mut arguments = leniency::object(arguments.into());
        let entry = Entry::all().find(|entry| entry.name() == name);
        if let (Some(entry), Some(arguments)) = (&entry, arguments.as_object_mut()) {
            leniency::rename(entry.arguments(self.mode()).iter().copied(), arguments);
        }
        let call = Self {
            pace: Arc::default(),
            ..self.clone()
        };
        let Some(audit) = self.access.record() else {
            return call.answer(entry, arguments, progress).await;
        };
        if audit.is_broken() {
            let why = "the audit log can't be written any more, so nothing is done";
            return Failure::refused(why).into_answer();
        }
        let tool = entry.map_or_else(|| "unknown".to_owned(), |entry| entry.name());
        let mut record = audit.begin(&self.caller, tool, arguments.clone());
        let answer = call.answer(entry, arguments, progress).await;
        record.end(&answer);
        answer
    }

    /// Runs a call within the time limit.
    async fn answer(
        &self,
        entry: Option<Entry>,
        arguments: Value,
        progress: Progress<'_>,
    ) -> Answer {
        let changes = entry.is_some_and(|entry| changes(&entry, &arguments));
        let run = Patience::lasting(self.quota_wait).of(self.run(entry, arguments, progress));
        let outcome = match self.answer_within {
            None => run.await,
            Some(limit) => {
                let limit = if changes { 2 * limit } else { limit };
                let run = std::pin::pin!(run);
                let over = std::pin::pin!(self.pace.over(limit));
                match select(run, over).await {
                    Either::Left((outcome, _)) => outcome,
                    Either::Right(_) => Err(Failure::slow(changes, limit)),
                }
            }
        };
        outcome.unwrap_or_else(Failure::into_answer)
    }

    async fn run(
        &self,
        entry: Option<Entry>,
        arguments: Value,
        progress: Progress<'_>,
    ) -> Result<Answer, Failure> {
        let Some(entry) = entry else {
            let tools = self.default_list().into_iter();
            let names: Vec<String> = tools.map(|tool| tool.name).collect();
            return Err(Failure::input(format!(
                "there is no tool with that name; use one of: {}",
                names.join(", ")
            )));
        };
        if let Some(refusal) = self.refusal(&entry) {
            return Err(Failure::refused(refusal));
        }
        let arguments = match arguments {
            Value::Object(arguments) => arguments,
            Value::Null => Map::new(),
            _ => {
                return Err(Failure::input(
                    "the arguments are not an object; give one of name and value",
                ));
            }
        };
        let arguments = Arguments::new(arguments);
        match entry {
            Entry::Action(row) => {
                let mut arguments = arguments.for_action(row);
                let selection = arguments.take_selection()?;
                if row.read_only {
                    arguments.check_names(row.fields)?;
                }
                let params = arguments.into_values();
                self.execute(row.entity, row.action, params, &selection, None)
                    .await
            }
            Entry::Execute => self.execute_any(arguments).await,
            Entry::Composed(composed) => {
                let arguments = arguments.checked(composed.fields)?;
                self.run_composed(composed, &arguments, progress).await
            }
        }
    }

    /// `gmail_execute`: applies the access to the action that the arguments name.
    async fn execute_any(&self, mut arguments: Arguments) -> Result<Answer, Failure> {
        let selection = arguments.take_selection()?;
        let fields = catalog::execute_fields(self.mode());
        arguments.check_names(&fields)?;
        let arguments = arguments.checked(&fields)?;
        let entity = arguments.text("entity")?;
        let action = arguments.text("action")?;
        if action == catalog::HELP {
            let guide = guide::of_entity(&entity, self.mode(), &self.access);
            let structured = serde_json::json!({"data": guide, "meta": {}});
            return Ok(Answer::new(guide, structured, fence::Fence::new()?));
        }
        let mut params = arguments.object("params");
        if let Ok(row) = gmail().find(&entity, &action) {
            params = Arguments::new(params).for_action(row).into_values();
            if let Some(refusal) = self.access.refusal(row, self.mode()) {
                return Err(Failure::refused(refusal));
            }
        }
        // Only the Context Store's search and SQL have no row in the table. They only read.
        self.access
            .check_other(&entity, &action)
            .map_err(Failure::refused)?;
        let intent = arguments.optional_text(INTENT.name);
        self.execute(&entity, &action, params, &selection, intent)
            .await
    }

    async fn execute(
        &self,
        entity: &str,
        action: &str,
        params: Map<String, Value>,
        selection: &Selection,
        intent: Option<&str>,
    ) -> Result<Answer, Failure> {
        let row = gmail().find(entity, action).ok();
        let connector = self.gmail()?;
        let counted = match row {
            Some(row) => self.permit_action(row, &params).await?,
            None => None,
        };
        let result = permit::counting(counted, async {
            let mut call = connector.execute_selected(entity, action, params, selection);
            if let Some(intent) = intent.filter(|intent| !intent.is_empty()) {
                call = call.intent(intent);
            }
            Ok(call.await?)
        });
        shape::answer(row, result.await?, self.limit)
    }

    fn entries(&self) -> impl Iterator<Item = Entry> + '_ {
        Entry::all().filter(|entry| self.refusal(entry).is_none())
    }

    fn describe(&self, entry: &Entry) -> Tool {
        entry.tool(self.mode(), &self.access)
    }

    fn refusal(&self, entry: &Entry) -> Option<String> {
        if entry.needs_directory() && self.directory.is_none() {
            return Some(NO_DIRECTORY.to_owned());
        }
        entry.refusal(&self.access, self.mode())
    }

    fn mode(&self) -> Mode {
        match &self.source {
            Source::Ready(gmail) => gmail.mode(),
            Source::Later(mode, _) => *mode,
        }
    }

    fn gmail(&self) -> Result<&GmailConnector, Failure> {
        match &self.source {
            Source::Ready(gmail) => Ok(gmail),
            Source::Later(_, later) => {
                if let Some(gmail) = later.made.get() {
                    return Ok(gmail);
                }
                let gmail = (later.make)()?;
                Ok(later.made.get_or_init(|| gmail))
            }
        }
    }
}

/// Whether a call may change something.
fn changes(entry: &Entry, arguments: &Value) -> bool {
    let word = |name: &str| arguments[name].as_str().unwrap_or_default();
    match entry {
        Entry::Action(row) => !row.read_only,
        Entry::Composed(composed) => !composed.is_read_only(),
        Entry::Execute => gmail()
            .find(word("entity"), word("action"))
            .is_ok_and(|row| !row.read_only),
    }
}

debug!(Tools, self => mode: self.mode(), access: self.access, limit: self.limit);
