//! The month: what happens on which day.

use super::{
    Roles,
    acts::{
        Act,
        Purpose::{Operations, PatientRequest, Research, Treatment},
        READ, Scope, Stage, WRITE,
    },
    cast::{
        Cast,
        Who::{Ada, Auditor, Bruno, Cardiologist, Chiara, FamilyDoctor, Radiologist, Registrar},
    },
    files::{Files, IMAGING},
};

/// All acts of the story in order, with `begin` (Unix seconds) its first moment.
pub(super) fn tell(begin: u64, cast: &Cast, files: &Files, roles: &Roles) -> Vec<Act> {
    let mut stage = Stage { cast, files, begin, clock: 60, acts: Vec::new() };
    opening(&mut stage, roles);
    charts(&mut stage);
    first_week(&mut stage);
    second_week(&mut stage);
    third_week(&mut stage);
    fourth_week(&mut stage);
    stage.acts
}

fn opening(stage: &mut Stage<'_>, roles: &Roles) {
    stage.gives_role(roles.registrar, Registrar);
    stage.gives_role(roles.auditor, Auditor);
    stage.at(0, 2);
    stage.registers_practitioner(Cardiologist, 60);
    stage.registers_practitioner(Radiologist, 2 * 365);
    stage.registers_practitioner(FamilyDoctor, 2 * 365);
    stage.at(0, 5);
    for doctor in [Cardiologist, Radiologist, FamilyDoctor] {
        stage.publishes_key(doctor, 1);
    }
}

fn charts(stage: &mut Stage<'_>) {
    stage.at(1, 0);
    for patient in [Ada, Bruno, Chiara] {
        stage.registers(patient);
    }
    stage.at(1, 3);
    for file in ["ada-prescription", "ada-xray", "ada-dicom", "ada-lab"] {
        stage.adds(file);
    }
    stage.at(2, 1);
    for file in ["bruno-prescription", "bruno-dicom", "bruno-lab"] {
        stage.adds(file);
    }
    stage.at(2, 6);
    for file in ["chiara-prescription", "chiara-xray", "chiara-lab"] {
        stage.adds(file);
    }
}

fn first_week(stage: &mut Stage<'_>) {
    stage.at(3, 0);
    stage.grants(Ada, FamilyDoctor, Scope::Chart, READ | WRITE, &[Treatment, PatientRequest], 365);
    stage.grants(Ada, Radiologist, Scope::Folder(IMAGING), READ, &[Treatment, Operations], 180);
    stage.grants(Ada, Cardiologist, Scope::Record("ada-xray"), READ, &[Treatment], 180);
    stage.label("xray-granted");
    stage.at(4, 0);
    // Runs out within the month.
    stage.grants(Bruno, Cardiologist, Scope::Chart, READ, &[Treatment], 7);
    stage.label("bruno-granted");
    for doctor in [Cardiologist, Radiologist, FamilyDoctor] {
        stage.grants(Chiara, doctor, Scope::Chart, READ, &[Treatment], 365);
    }
    stage.at(5, 9);
    stage.opens(Cardiologist, "ada-xray", Treatment);
    stage.opens(Radiologist, "ada-dicom", Treatment);
    stage.opens(FamilyDoctor, "ada-lab", Treatment);
    stage.opens(Cardiologist, "bruno-dicom", Treatment);
    stage.at(6, 10);
    stage.opens(Radiologist, "chiara-xray", Treatment);
    stage.opens(FamilyDoctor, "chiara-lab", Treatment);
}

fn second_week(stage: &mut Stage<'_>) {
    stage.at(8, 2);
    stage.grants(Bruno, FamilyDoctor, Scope::Record("bruno-lab"), READ, &[Treatment, Research], 90);
    stage.at(9, 8);
    stage.opens(Cardiologist, "bruno-prescription", Treatment);
    stage.opens(FamilyDoctor, "bruno-lab", Research);
    stage.at(10, 11);
    stage.opens(Radiologist, "ada-xray", Operations);
    stage.opens(Ada, "ada-lab", PatientRequest);
    stage.at(12, 5);
    stage.revokes(Ada, Cardiologist, Scope::Record("ada-xray"));
    stage.label("xray-revoked");
    stage.at(14, 1);
    stage.renews(Cardiologist, 2 * 365);
}

fn third_week(stage: &mut Stage<'_>) {
    stage.at(15, 4);
    stage.renounces(FamilyDoctor, Bruno, Scope::Record("bruno-lab"));
    stage.label("bruno-lab-renounced");
    stage.at(16, 6);
    stage.revokes_everyone(Chiara);
    stage.label("chiara-revoked-everyone");
    stage.at(17, 2);
    stage.grants(Chiara, FamilyDoctor, Scope::Chart, READ, &[Treatment], 180);
    stage.label("chiara-granted-again");
    stage.at(18, 9);
    stage.opens(FamilyDoctor, "chiara-prescription", Treatment);
    stage.at(19, 3);
    stage.suspends(Radiologist);
    stage.label("radiologist-suspended");
    stage.at(21, 3);
    stage.reinstates(Radiologist);
    stage.label("radiologist-reinstated");
}

fn fourth_week(stage: &mut Stage<'_>) {
    stage.at(22, 4);
    stage.adds("ada-xray-later");
    stage.at(22, 9);
    stage.opens(Radiologist, "ada-xray-later", Treatment);
    stage.opens(FamilyDoctor, "ada-xray-later", Treatment);
    stage.at(25, 1);
    stage.publishes_key(Ada, 2);
    stage.at(27, 8);
    stage.opens(FamilyDoctor, "ada-prescription", PatientRequest);
    stage.at(28, 10);
    stage.grants(Bruno, Radiologist, Scope::Record("bruno-dicom"), READ, &[Treatment], 180);
    stage.at(29, 9);
    stage.opens(Radiologist, "bruno-dicom", Treatment);
    stage.at(29, 20);
    stage.opens(FamilyDoctor, "chiara-xray", Treatment);
}
