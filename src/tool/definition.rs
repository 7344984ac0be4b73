//! Tool definitions, in the formats of the models' APIs.

use serde_json::{Value, json};

use super::schema;

/// A tool as a model sees it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let sandbox = airbyte_agent_gmail::sandbox::Sandbox::start().await?;
/// # let gmail = sandbox.open_source()?;
///
/// let tool = gmail.tools().get("gmail_search").ok_or("a tool")?;
/// assert!(tool.annotations.read_only && !tool.annotations.destructive);
/// assert_eq!(tool.to_mcp()["inputSchema"], tool.input_schema);
/// assert_eq!(tool.to_openai()["function"]["name"], "gmail_search");
/// assert_eq!(tool.to_openai_responses()["parameters"], tool.input_schema);
/// assert_eq!(tool.to_anthropic()["input_schema"], tool.input_schema);
/// assert_eq!(tool.to_openai_strict()["function"]["strict"], true);
/// assert_eq!(tool.to_gemini()["parameters"]["type"], "object");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Tool {
    /// The name, at most 64 characters of `a-z`, `0-9` and `_`.
    pub name: String,
    /// A short title for people.
    pub title: String,
    /// What the tool does and when to use it.
    pub description: String,
    /// The JSON Schema (2020-12) of the arguments: one type per value, and bounds only for numbers. The answer to a
    /// wrong argument says what else is required.
    pub input_schema: Value,
    /// The JSON Schema of [`Answer::structured`](super::Answer::structured).
    pub output_schema: Value,
    /// The tool's effects.
    pub annotations: Annotations,
}

/// A tool's effects, in MCP's terms; see [`Tool`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Annotations {
    /// It changes nothing.
    pub read_only: bool,
    /// It destroys something that can't be restored.
    pub destructive: bool,
    /// Calling it twice has the same effect as once.
    pub idempotent: bool,
    /// It involves other people: it sends mail, or reads what strangers wrote.
    pub open_world: bool,
}

impl Tool {
    /// The format of MCP's `tools/list`.
    pub fn to_mcp(&self) -> Value {
        json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": {
                "title": self.title,
                "readOnlyHint": self.annotations.read_only,
                "destructiveHint": self.annotations.destructive,
                "idempotentHint": self.annotations.idempotent,
                "openWorldHint": self.annotations.open_world,
            },
        })
    }

    /// The format of OpenAI's Chat Completions.
    pub fn to_openai(&self) -> Value {
        json!({
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": self.input_schema,
            },
        })
    }

    /// The format of OpenAI's Chat Completions in strict mode: every argument is required, and null stands for an
    /// absent one. An object with free names is JSON text, which [`Tools::call`](super::Tools::call) parses.
    pub fn to_openai_strict(&self) -> Value {
        let mut tool = self.to_openai();
        tool["function"]["parameters"] = schema::strict(&self.input_schema);
        tool["function"]["strict"] = json!(true);
        tool
    }

    /// A Gemini function declaration, in the subset of JSON Schema that `parameters` accepts.
    pub fn to_gemini(&self) -> Value {
        let mut declaration = json!({"name": self.name, "description": self.description});
        if let Some(parameters) = schema::gemini(&self.input_schema) {
            declaration["parameters"] = parameters;
        }
        declaration
    }

    /// The format of OpenAI's Responses.
    pub fn to_openai_responses(&self) -> Value {
        json!({
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.input_schema,
            // Strict mode has no optional arguments; `to_openai_strict` returns its format.
            "strict": false,
        })
    }

    /// The format of Anthropic's Messages.
    pub fn to_anthropic(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "input_schema": self.input_schema,
        })
    }
}
