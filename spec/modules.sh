# Sourced by what compiles further documents beside Gmail's: each a module of one crate, with a type of its own to stand on.

# copy_crate FOLDER: the crate without its tests and examples, so that documents can be added.
copy_crate() {
  mkdir -p "$1/tests"
  tar --create --exclude=target --exclude=spec/import Cargo.toml Cargo.lock build.rs clippy.toml README.md src spec |
    tar --extract --directory "$1"
}

# add_modules FOLDER MODULE...: takes in spec/MODULE.yaml of each.
add_modules() {
  local work=$1 settings="" module
  shift
  for module in "$@"; do
    settings+="Settings { taken: \\&[], file: \"spec/$module.yaml\", module: \"crate::api::$module\", owner: \"crate::tried::$module\", crate_name: \"airbyte_agent_gmail\" },"
  done
  sed -i "s#\[Settings<'_>; 2\] = \[#[Settings<'_>; $(($# + 2))] = [$settings#" "$work/build.rs"
  sed -i '/^airbyte-agent-gmail = {/d; /^\[\[\(example\|test\|bin\)\]\]/,/^$/d' "$work/Cargo.toml"
  rm -f "$work/src/main.rs"
  echo '#[allow(missing_docs, non_camel_case_types, missing_debug_implementations)] pub mod tried;' >>"$work/src/lib.rs"
  echo 'use progenitor_client::ClientInfo;' >"$work/src/tried.rs"
  for module in "$@"; do
    cat >>"$work/src/tried.rs" <<RUST
pub struct $module(crate::api::$module::Client);
impl $module {
    pub fn of(connector: &crate::GmailConnector) -> Self {
        let client = connector.client();
        Self(crate::api::$module::Client::new_with_client(crate::api::$module::operation::BASE_URL, client.client().clone(), client.inner().clone()))
    }
    pub(crate) fn client(&self) -> &crate::api::$module::Client { &self.0 }
}
RUST
    cat >>"$work/src/api.rs" <<RUST
#[allow(warnings, missing_docs, missing_debug_implementations, unreachable_pub, private_interfaces, clippy::all)]
pub mod $module { include!(concat!(env!("OUT_DIR"), "/$module.rs")); }
RUST
    cat >>"$work/src/transport/hook.rs" <<RUST
impl ClientHooks<Transport> for crate::api::$module::Client {
    async fn exec(&self, request: reqwest::Request, info: &OperationInfo) -> reqwest::Result<reqwest::Response> {
        Ok(exec(self, &crate::api::$module::operation::TABLE, request, info).await)
    }
}
RUST
  done
}
