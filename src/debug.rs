//! `Debug` for types that hold mail, tokens or functions.

/// Implements `Debug` with these fields only, marked as incomplete.
macro_rules! debug {
    ($name:ident $(<$lifetime:lifetime>)? $(<$generic:ident>)?, $self:ident $(=> $($field:ident: $value:expr),+ $(,)?)?) => {
        impl $(<$generic>)? ::std::fmt::Debug for $name $(<$lifetime>)? $(<$generic>)? {
            fn fmt(&$self, formatter: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                formatter
                    .debug_struct(stringify!($name))
                    $($(.field(stringify!($field), &$value))+)?
                    .finish_non_exhaustive()
            }
        }
    };
}
