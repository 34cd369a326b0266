//! Points of low order: whatever is multiplied with them by a private key gives zero, which everybody knows (RFC 7748,
//! 6.1).

use x25519_dalek::{PublicKey, StaticSecret};

/// Whether `point` is of low order, in any encoding.
pub(super) fn is_low_order(point: &[u8; 32]) -> bool {
    // Private keys are multiples of the cofactor 8, so any of them finds out.
    let any = StaticSecret::from([0x42; 32]);
    !any.diffie_hellman(&PublicKey::from(*point)).was_contributory()
}
