//! One patient's part of what an API tells: their trail, and the lists that must follow from it.

use serde::Serialize;
use serde_json::Value;

use super::outside::{Blocks, Outside, Report, follow, same_head};
use super::state::position_of;
use crate::client::{ClientError, Lines};
use crate::model::view::{AsOf, HistoryEvent};
use crate::model::{Address, Block, Position, REGISTRY};
use crate::replay::{About, Replay, Wrong};

/// What stays unknown without the registry's events.
const WITHOUT_REGISTRY: &str = "viewers, and which grantees are teams (the registry's events are an auditor's to read)";

pub(super) async fn verify_patient(outside: &Outside<'_>, patient: Address) -> anyhow::Result<Report> {
    let (told, as_of) = trail_of(outside, patient).await?;
    let at = outside.check_head(&as_of).await?;
    let registry = registry_events(outside, &as_of).await?;
    let has_registry = registry.is_some();
    let (replay, blocks) = replay(outside, patient, told, registry, &at).await?;
    let mut heads = replay.links.heads().clone();
    // None of it told is less than all of it.
    heads.entry(REGISTRY).or_insert_with(|| outside.domain.start(REGISTRY));
    heads.retain(|subject, _| *subject == patient || (has_registry && *subject == REGISTRY));
    outside.check_links(&heads, blocks, &at).await?;
    let compared = check_lists(outside, patient, &replay, has_registry, &as_of).await?;
    let not_compared = if has_registry { Vec::new() } else { vec![WITHOUT_REGISTRY] };
    Ok(Report { at, subjects: heads.len(), links: replay.links.count(), compared, not_compared })
}

/// A patient's events. Their trail, as it is told on its own, must be the same.
async fn trail_of(outside: &Outside<'_>, patient: Address) -> anyhow::Result<(Vec<HistoryEvent>, AsOf)> {
    let mut trail = outside.client.trail(patient).await?;
    let mut events = outside.client.events(Some(patient), None).await?;
    let as_of = trail.as_of().clone();
    same_head(&as_of, events.as_of())?;
    let mut all = Vec::new();
    loop {
        let (link, event) = (trail.next().await?, events.next().await?);
        let told = serde_json::to_value(&link)?;
        let also = serde_json::to_value(event.as_ref().map(|event| &event.link))?;
        if told != also {
            let detail = format!("/trail tells {told}, /events {also}");
            return Err(wrong(About::Trail(patient), &told, &also, detail).into());
        }
        let Some(event) = event else { return Ok((all, as_of)) };
        all.push(event);
    }
}

/// The registry's events, if they are ours to read.
async fn registry_events(outside: &Outside<'_>, as_of: &AsOf) -> anyhow::Result<Option<Lines<HistoryEvent>>> {
    match outside.client.events(Some(REGISTRY), None).await {
        Ok(events) => {
            same_head(as_of, events.as_of())?;
            Ok(Some(events))
        }
        Err(error) if error.is_not_ours() => Ok(None),
        Err(error) => Err(ClientError::into(error)),
    }
}

/// The patient's events and the registry's, in the chain's order.
async fn replay(
    outside: &Outside<'_>,
    patient: Address,
    told: Vec<HistoryEvent>,
    mut registry: Option<Lines<HistoryEvent>>,
    at: &Block,
) -> anyhow::Result<(Replay, Blocks)> {
    let (mut replay, mut blocks) = (Replay::of(outside.domain, patient), Blocks::default());
    let mut own = told.into_iter().peekable();
    let mut next = next_of(&mut registry).await?;
    loop {
        let registrys = match (own.peek(), &next) {
            (None, None) => break,
            (Some(own), Some(registrys)) => position(registrys) < position(own),
            (own, _) => own.is_none(),
        };
        let (event, subject) = if registrys { (next.take(), REGISTRY) } else { (own.next(), patient) };
        let Some(event) = event else { break };
        follow(&mut replay, &mut blocks, &event, at)?;
        if event.subject != subject {
            let detail = format!("expected events of {subject} alone, got one of {}", event.subject);
            return Err(Wrong { position: Some(position(&event)), ..Wrong::of_trail(subject, detail) }.into());
        }
        if registrys {
            next = next_of(&mut registry).await?;
        }
    }
    replay.finish()?;
    Ok((replay, blocks))
}

async fn next_of(events: &mut Option<Lines<HistoryEvent>>) -> Result<Option<HistoryEvent>, ClientError> {
    match events {
        Some(events) => events.next().await,
        None => Ok(None),
    }
}

fn position(event: &HistoryEvent) -> Position {
    Position { block_number: event.link.position.block_number, log_index: event.link.position.log_index }
}

/// The lists that front-ends show, with those that follow from the events. Says which they were.
async fn check_lists(
    outside: &Outside<'_>,
    patient: Address,
    replay: &Replay,
    has_registry: bool,
    as_of: &AsOf,
) -> anyhow::Result<String> {
    let (state, time) = (&replay.state, as_of.timestamp);
    let mut lists = vec![
        ("records", vec![], values(state.records(patient))?),
        ("grants", vec![("state", "all")], values(state.grants(patient, time))?),
    ];
    if has_registry {
        lists.push(("viewers", vec![], values(state.viewers(patient, time).into_iter())?));
    }
    let mut compared = Vec::new();
    for (name, query, mut expected) in lists {
        let path = format!("/v1/patients/{patient}/{name}");
        let (mut got, heads) = outside.client.list(&path, &query).await?;
        heads.iter().try_for_each(|head| same_head(as_of, head))?;
        if !has_registry {
            expected.iter_mut().chain(&mut got).for_each(forget_kind);
        }
        check_rows(patient, name, &expected, &got)?;
        compared.push(format!("{} {name}", expected.len()));
    }
    Ok(format!("{} follow from them", compared.join(", ")))
}

fn values<T: Serialize>(rows: impl Iterator<Item = T>) -> Result<Vec<Value>, serde_json::Error> {
    rows.map(serde_json::to_value).collect()
}

fn forget_kind(row: &mut Value) {
    if let Some(fields) = row.as_object_mut() {
        fields.remove("granteeKind");
    }
}

fn check_rows(patient: Address, name: &str, expected: &[Value], got: &[Value]) -> Result<(), Wrong> {
    for index in 0..expected.len().max(got.len()) {
        let none = Value::Null;
        let (ours, theirs) = (expected.get(index).unwrap_or(&none), got.get(index).unwrap_or(&none));
        if ours != theirs {
            let detail = format!("/{name}, row {}: expected {ours}, got {theirs}", index + 1);
            return Err(wrong(About::State(patient), ours, theirs, detail));
        }
    }
    Ok(())
}

fn wrong(about: About, expected: &Value, got: &Value, detail: String) -> Wrong {
    let position = position_of(&expected["position"]).or_else(|| position_of(&got["position"]));
    Wrong { about, position, detail }
}
