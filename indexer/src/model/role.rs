//! The roles that the contract knows (IPractitioners.sol).

use super::{Hash, keccak256};

/// A role of the contract's access control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    Admin,
    Registrar,
    Custodian,
    Auditor,
}

impl Role {
    /// Every role.
    pub const ALL: [Role; 4] = [Role::Admin, Role::Registrar, Role::Custodian, Role::Auditor];

    /// Its id on chain: keccak256 of its name, and 32 zero bytes for the admin (OpenZeppelin's `DEFAULT_ADMIN_ROLE`).
    pub fn id(self) -> Hash {
        match self {
            Role::Admin => Hash::default(),
            Role::Registrar => Hash(keccak256(b"REGISTRAR")),
            Role::Custodian => Hash(keccak256(b"CUSTODIAN")),
            Role::Auditor => Hash(keccak256(b"AUDITOR")),
        }
    }
}
