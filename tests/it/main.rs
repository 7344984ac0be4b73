//! Tests of the public API in one binary: a file for each behaviour, with shared helpers in `support` and `compare`,
//! and the generator itself.

#[path = "../../src/codegen/mod.rs"]
#[allow(dead_code, reason = "the tests use its one door")]
mod codegen;
#[allow(dead_code, reason = "with few features, few tests compare")]
mod compare;
mod support;

mod airbyte;
mod airbyte_answer;
mod answering;
mod answers;
mod approval;
mod attempt;
mod broken_mail;
mod charset;
mod cli;
mod connection;
mod connectors;
mod control;
mod credential_source;
mod export;
mod export_shared;
mod fault_matrix;
mod generator;
mod golden;
mod hosted;
mod import;
mod injection;
mod invitation;
mod layer;
mod limits;
mod listener;
mod many;
mod mcp;
mod mcp_fault;
mod newcomer;
mod oauth;
mod observability;
mod outsider;
mod page;
mod params;
mod peer;
mod people;
mod privacy;
mod python;
mod python_types;
mod quota;
mod real_mail;
mod reference;
mod refusal;
mod reply;
mod result_size;
mod rich_text;
mod sandbox_page;
mod send;
mod service_account;
mod settings;
mod structure;
mod success;
mod sync;
mod table;
mod text;
mod time;
mod token;
mod token_store;
mod tool;
mod transcript;
mod upload;
mod watch;
mod web_service;
