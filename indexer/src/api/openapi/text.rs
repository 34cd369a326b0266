//! What the description says before any route.

use serde_json::{Value, json};

pub(super) fn info() -> Value {
    json!({
        "title": "Chartkey query API",
        "version": env!("CARGO_PKG_VERSION"),
        "summary": "Who can see which medical record, now or at any moment, and who did.",
        "description": include_str!("description.md"),
        "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
    })
}

pub(super) fn tags() -> Value {
    json!([
        { "name": "Patients", "description": "One chart: its records, who may see them, who did. For the patient, guardians, practitioners as far as their grants reach, and auditors." },
        { "name": "Records", "description": "One record by its CID, and the contract's verdict on who may open it." },
        { "name": "Practitioners", "description": "The public directory; and what a practitioner was granted, can open and did." },
        { "name": "Registry", "description": "What concerns no chart: care teams and published keys. Public." },
        { "name": "History", "description": "Everything that happened, with the bytes to prove it. For auditors." },
        { "name": "Live", "description": "What happens, as it happens." },
        { "name": "Sign-in", "description": "Sessions by Sign-In with Ethereum (EIP-4361), with smart accounts too (ERC-1271)." },
        { "name": "Operations", "description": "Whether the API is up, and how far the index is." },
    ])
}

pub(super) fn security_schemes() -> Value {
    json!({
        "token": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token that `POST /v1/auth/verify` answers.",
        },
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": "chartkey_session",
            "description": "The cookie that `POST /v1/auth/verify` sets, for pages that scripts of others may not take a token from.",
        },
    })
}

/// What parameters mean that are the same wherever they are: for those without words of their own.
pub(super) const PARAMETERS: [(&str, &str); 10] = [
    ("patient", "The patient's account."),
    ("practitioner", "The practitioner's account."),
    ("team", "The care team's address."),
    ("account", "Any account."),
    ("cid", "The record's CID, in any valid form."),
    (
        "at",
        "Answer for this moment of the past instead of now: an RFC 3339 time, or `block:1234` for the end of that block.",
    ),
    ("since", "At or after this time."),
    ("until", "Before this time."),
    ("limit", "How many rows at most."),
    ("cursor", "Go on after the page before: its `page.next`."),
];
