//! Secrets of 32 bytes, each its own type. They are wiped when dropped, never print, are not serializable, and compare
//! in constant time. They live on the heap, so that moving one leaves no copy behind.

use std::fmt;

use rand::CryptoRng;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

macro_rules! secret {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name(Box<[u8; 32]>);

        impl $name {
            /// Fresh, from `rng`; [`system_rng`](crate::system_rng) in production.
            pub fn random(rng: &mut impl CryptoRng) -> Self {
                let mut secret = Self(Box::default());
                rng.fill_bytes(&mut *secret.0);
                secret
            }

            /// From its bytes, which are wiped where they came from.
            pub fn from_bytes(bytes: &mut [u8; 32]) -> Self {
                let secret = Self(Box::new(*bytes));
                bytes.zeroize();
                secret
            }

            /// The bytes. What is copied from here is no longer wiped by this type.
            pub fn expose(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl Clone for $name {
            fn clone(&self) -> Self {
                Self(self.0.clone())
            }
        }

        impl Drop for $name {
            fn drop(&mut self) {
                self.0.zeroize();
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.0.ct_eq(&*other.0).into()
            }
        }

        impl Eq for $name {}
    };
}

secret!(
    /// `CK`: encrypts one version of one record's file.
    ContentKey
);
secret!(
    /// `TK`: encrypts that version's title, type and date.
    TitleKey
);
secret!(
    /// The private key of an account, of either suite.
    AccountSeed
);
secret!(
    /// `a_g`: what a grant gives its grantee, from which one half of every key in the grant's scope derives.
    GrantSeed
);
secret!(
    /// What a custodian keeps: one share of one half of one key. Alone, and together with fewer than the threshold, it
    /// says nothing.
    ShareSecret
);
secret!(
    /// One half of a key: `A`, which derives from the grant's seed, or `B`, which the custodians share.
    Half
);

impl Half {
    /// The exclusive or of two: of a half and a key, the other half; of both halves, the key.
    pub(crate) fn xor(mut self, other: &[u8; 32]) -> Self {
        self.0.iter_mut().zip(other).for_each(|(mine, theirs)| *mine ^= theirs);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_do_not_print() {
        let key = ContentKey::from_bytes(&mut [0xab; 32]);
        assert_eq!(format!("{key:?} {:?}", Some(&key)), "ContentKey(…) Some(ContentKey(…))");
    }

    #[test]
    fn where_they_came_from_is_wiped() {
        let mut bytes = [7; 32];
        let key = TitleKey::from_bytes(&mut bytes);
        assert_eq!((bytes, key.expose()), ([0; 32], &[7; 32]));
    }

    #[test]
    fn they_compare_by_value() {
        let [one, same, other] = [1, 1, 2].map(|byte| GrantSeed::from_bytes(&mut [byte; 32]));
        assert_eq!(one, same);
        assert_ne!(one, other);
    }
}
