use airbyte_agent_gmail::operation::{Field, Location};

/// The params of a call in the order in which they may be given without names, which is that of Airbyte's package: required
/// ones first, and before others those of the body.
pub(crate) fn in_order(fields: &[Field]) -> Vec<&Field> {
    let mut ordered: Vec<&Field> = fields.iter().collect();
    ordered.sort_by_key(|field| (!field.required, field.location != Location::Body));
    ordered
}
