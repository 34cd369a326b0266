//! Invented names for the public directory.

use super::super::rng::Rng;

const FIRST: [&str; 12] =
    ["Ada", "Amir", "Beatriz", "Chen", "Dana", "Elif", "Femi", "Ingrid", "José", "Mei", "Noor", "Łukasz"];
const LAST: [&str; 12] = [
    "Abebe",
    "Brandt",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Jansen",
    "Kowalczyk",
    "Okafor",
];
const SPECIALTIES: [&str; 9] = [
    "cardiology",
    "dermatology",
    "emergency medicine",
    "general practice",
    "neurology",
    "oncology",
    "paediatrics",
    "radiology",
    "surgery",
];
const ORGANISATIONS: [&str; 6] = [
    "St. Example Hospital",
    "Practice at the Park",
    "Clinique du Lac",
    "Northern General Hospital",
    "Laboratory Zentrum",
    "City Ambulance",
];

/// A directory entry: name, licence, specialty, organisation.
pub(super) fn entry(rng: &mut Rng) -> [String; 4] {
    let name = format!("Dr. {} {}", word(rng, &FIRST), word(rng, &LAST));
    let licence = format!("LIC-{:08}", rng.below(100_000_000));
    [name, licence, word(rng, &SPECIALTIES).to_owned(), organisation(rng)]
}

pub(super) fn team(rng: &mut Rng) -> String {
    format!("{}, ward {}", word(rng, &SPECIALTIES), 1 + rng.below(40))
}

pub(super) fn organisation(rng: &mut Rng) -> String {
    word(rng, &ORGANISATIONS).to_owned()
}

fn word(rng: &mut Rng, from: &[&'static str]) -> &'static str {
    rng.pick(from).copied().unwrap_or_default()
}
