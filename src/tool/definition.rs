//! What a model is told of a tool, in the shapes that models' interfaces take.

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
    /// A few words for people.
    pub title: String,
    /// What it does and when to use it.
    pub description: String,
    /// The JSON Schema (2020-12) of the arguments: one type for each value, and no bounds but those of numbers. What else
    /// an argument must be, the answer to a wrong one says.
    pub input_schema: Value,
    /// The JSON Schema of [`Answer::structured`](super::Answer::structured).
    pub output_schema: Value,
    /// What it does to the world.
    pub annotations: Annotations,
}

/// What a tool does to the world, in MCP's terms; each [`Tool`] has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Annotations {
    /// Nothing is changed.
    pub read_only: bool,
    /// Something can't be restored afterwards.
    pub destructive: bool,
    /// Twice is as good as once.
    pub idempotent: bool,
    /// It reaches people outside: mail is sent, or what strangers wrote is read.
    pub open_world: bool,
}

impl Tool {
    /// The shape of MCP's `tools/list`.
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

    /// The shape of OpenAI's Chat Completions.
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

    /// The shape of OpenAI's Chat Completions in strict mode: every argument is required, and null stands for one that is
    /// left out. An object with free names is a text of JSON, which [`Tools::call`](super::Tools::call) reads.
    pub fn to_openai_strict(&self) -> Value {
        json!({
            "type": "function",
            "function": {
                "name": self.name,
                "description": self.description,
                "parameters": schema::strict(&self.input_schema),
                "strict": true,
            },
        })
    }

    /// The shape of a Gemini function declaration, in the subset of schemas that its `parameters` take.
    pub fn to_gemini(&self) -> Value {
        let mut declaration = json!({"name": self.name, "description": self.description});
        if let Some(parameters) = schema::gemini(&self.input_schema) {
            declaration["parameters"] = parameters;
        }
        declaration
    }

    /// The shape of OpenAI's Responses.
    pub fn to_openai_responses(&self) -> Value {
        json!({
            "type": "function",
            "name": self.name,
            "description": self.description,
            "parameters": self.input_schema,
            // Strict mode knows no arguments that may be left out; `to_openai_strict` has its shape.
            "strict": false,
        })
    }

    /// The shape of Anthropic's Messages.
    pub fn to_anthropic(&self) -> Value {
        json!({
            "name": self.name,
            "description": self.description,
            "input_schema": self.input_schema,
        })
    }
}
