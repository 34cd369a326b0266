//! The records of the story: real files with their true CIDs.

use std::{fs, path::Path};

use ::cid::Cid;
use anyhow::{Context, Result};

use super::cast::Who;
use crate::{cid, records::Kind};

/// Folders, by the patients' own numbers. Their names are never on chain.
pub(super) const MEDICATION: u32 = 1;
pub(super) const IMAGING: u32 = 2;
pub(super) const LABORATORY: u32 = 3;

/// A record to be.
struct Plan {
    key: &'static str,
    title: &'static str,
    folder: u32,
    kind: Kind,
    of: Who,
}

const fn plan(key: &'static str, of: Who, folder: u32, title: &'static str, kind: Kind) -> Plan {
    Plan { key, title, folder, kind, of }
}

const PLANS: [Plan; 14] = [
    plan("ada-prescription", Who::Ada, MEDICATION, "Prescription", METFORMIN),
    plan("ada-xray", Who::Ada, IMAGING, "Chest X-ray", Kind::Xray { spot: 70 }),
    plan("ada-dicom", Who::Ada, IMAGING, "Chest X-ray, DICOM", Kind::Dicom { spot: 70 }),
    plan("ada-lab", Who::Ada, LABORATORY, "Blood test", Kind::Laboratory { hba1c: 71, glucose: 148 }),
    plan("ada-xray-later", Who::Ada, IMAGING, "Chest X-ray three weeks later", Kind::Xray { spot: 30 }),
    plan("ada-lab-mixed-up", Who::Ada, LABORATORY, "Blood test of somebody else", SOMEBODY_ELSES),
    plan("bruno-prescription", Who::Bruno, MEDICATION, "Prescription", BISOPROLOL),
    plan("bruno-dicom", Who::Bruno, IMAGING, "Chest X-ray, DICOM", Kind::Dicom { spot: 0 }),
    plan("bruno-lab", Who::Bruno, LABORATORY, "Blood test", Kind::Laboratory { hba1c: 54, glucose: 96 }),
    plan("bruno-ward", Who::Bruno, MEDICATION, "Prescription of the ward, wrong dose", WARFARIN),
    plan("bruno-ward-corrected", Who::Bruno, MEDICATION, "Prescription of the ward, corrected", WARFARIN_CORRECTED),
    plan("chiara-prescription", Who::Chiara, MEDICATION, "Prescription", SALBUTAMOL),
    plan("chiara-xray", Who::Chiara, IMAGING, "Chest X-ray", Kind::Xray { spot: 0 }),
    plan("chiara-lab", Who::Chiara, LABORATORY, "Blood test", Kind::Laboratory { hba1c: 51, glucose: 88 }),
];

const METFORMIN: Kind = Kind::Prescription {
    medicine: "Metformin 500 mg, 60 tablets",
    directions: "One in the morning, one in the evening",
};
const BISOPROLOL: Kind =
    Kind::Prescription { medicine: "Bisoprolol 2.5 mg, 30 tablets", directions: "One in the morning" };
const SALBUTAMOL: Kind =
    Kind::Prescription { medicine: "Salbutamol 100 micrograms, inhaler", directions: "Two puffs when needed" };

const WARFARIN: Kind = Kind::Prescription { medicine: "Warfarin 50 mg, 30 tablets", directions: "One in the evening" };
const WARFARIN_CORRECTED: Kind =
    Kind::Prescription { medicine: "Warfarin 5 mg, 30 tablets", directions: "One in the evening" };
const SOMEBODY_ELSES: Kind = Kind::Laboratory { hba1c: 38, glucose: 90 };

/// A record's file, made and hashed.
#[derive(Clone, Debug)]
pub(super) struct File {
    pub key: &'static str,
    pub title: &'static str,
    pub of: Who,
    pub folder: u32,
    pub name: String,
    pub cid: Cid,
}

impl File {
    /// The record's key in its chart: the CID's sha2-256 digest.
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = [0; 32];
        // The importer hashes with sha2-256, which has this length.
        digest.copy_from_slice(self.cid.hash().digest());
        digest
    }
}

/// All files of the story.
pub(super) struct Files(pub Vec<File>);

impl Files {
    /// # Panics
    /// When there is no file of that key: the story and the plans are both constants.
    pub fn get(&self, key: &str) -> &File {
        self.0.iter().find(|file| file.key == key).expect("the story names only files that are planned")
    }
}

/// Makes the files in `folder`.
pub(super) fn make(folder: &Path) -> Result<Files> {
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    PLANS.iter().map(|plan| make_one(plan, folder)).collect::<Result<_>>().map(Files)
}

fn make_one(plan: &Plan, folder: &Path) -> Result<File> {
    let subject = plan.of.subject().context("only patients have records")?;
    let name = format!("{}.{}", plan.key, plan.kind.extension());
    let path = folder.join(&name);
    fs::write(&path, plan.kind.file(subject)?).with_context(|| format!("cannot write {}", path.display()))?;
    // From the file as it is on disk: what is read later is what was named.
    let cid = cid::of_file(&path)?;
    Ok(File { key: plan.key, title: plan.title, of: plan.of, folder: plan.folder, name, cid })
}
