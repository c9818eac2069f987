//! Closed lists: enums whose `ALL` cannot miss a variant.

/// Declares an enum together with `ALL`, the list of its variants in their order.
///
/// Where each variant has a text, `as_str` and `of_str` follow from the same list.
macro_rules! closed_enum {
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$doc:meta])* $variant:ident $(= $code:literal)?,)+
    }) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$doc])* $variant $(= $code)?,)+
        }

        impl $name {
            /// Every variant.
            pub const ALL: [Self; [$(Self::$variant),+].len()] = [$(Self::$variant),+];
        }
    };
    ($(#[$meta:meta])* pub enum $name:ident {
        $($(#[$doc:meta])* $variant:ident => $text:literal,)+
    }) => {
        closed_enum! {
            $(#[$meta])*
            pub enum $name {
                $($(#[$doc])* $variant,)+
            }
        }

        impl $name {
            /// Its name, wherever it is written.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }

            /// The variant of a name.
            pub fn of_str(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|one| one.as_str() == name)
            }
        }
    };
}

pub(crate) use closed_enum;
