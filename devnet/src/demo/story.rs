//! The month: what happens on which day.

use super::{
    acts::{
        Act,
        Purpose::{BreakTheGlass, FamilyRequest, Operations, PatientRequest, Research, Treatment},
        READ, REFER, Scope, Stage, WRITE,
    },
    cast::{
        Cast,
        Who::{
            Ada, Auditor, Bruno, Cardiologist, Chiara, Dora, EmergencyDoctor, FamilyDoctor, Nurse, Radiologist,
            Registrar, Ward,
        },
    },
    files::{Files, IMAGING, LABORATORY},
};

/// All acts of the story in order, with `begin` (Unix seconds) its first moment.
pub(super) fn tell(begin: u64, cast: &Cast, files: &Files) -> Vec<Act> {
    let mut stage = Stage { cast, files, begin, clock: 60, acts: Vec::new() };
    opening(&mut stage);
    charts(&mut stage);
    first_week(&mut stage);
    second_week(&mut stage);
    third_week(&mut stage);
    fourth_week(&mut stage);
    stage.acts
}

fn opening(stage: &mut Stage<'_>) {
    stage.gives_role("REGISTRAR", Registrar);
    stage.gives_role("AUDITOR", Auditor);
    stage.at(0, 2);
    stage.registers_practitioner(Cardiologist, 60);
    stage.registers_practitioner(Radiologist, 2 * 365);
    stage.registers_practitioner(FamilyDoctor, 2 * 365);
    stage.registers_practitioner(EmergencyDoctor, 2 * 365);
    stage.registers_practitioner(Nurse, 2 * 365);
    stage.makes_the_ward(&[Cardiologist, Nurse]);
    stage.at(0, 5);
    for practitioner in [Cardiologist, Radiologist, FamilyDoctor, EmergencyDoctor, Nurse] {
        stage.publishes_key(practitioner, 1);
    }
}

fn charts(stage: &mut Stage<'_>) {
    stage.at(1, 0);
    for patient in [Ada, Bruno, Chiara] {
        stage.registers(patient);
    }
    stage.names_guardian(Chiara, Dora, 365);
    stage.allows_emergencies(Bruno, 24);
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
        stage.writes(Dora, Some(Chiara), file);
    }
}

fn first_week(stage: &mut Stage<'_>) {
    stage.at(3, 0);
    stage.grants(Ada, FamilyDoctor, Scope::Chart, READ | WRITE | REFER, &[Treatment, PatientRequest], 365);
    stage.grants(Ada, Radiologist, Scope::Folder(IMAGING), READ, &[Treatment, Operations], 180);
    stage.grants(Ada, Cardiologist, Scope::Record("ada-xray"), READ, &[Treatment], 180);
    stage.label("xray-granted");
    stage.at(4, 0);
    // Runs out within the month.
    stage.grants(Bruno, Cardiologist, Scope::Chart, READ, &[Treatment], 7);
    stage.label("bruno-granted");
    for doctor in [Cardiologist, Radiologist, FamilyDoctor] {
        stage.grants(Chiara.by(Dora), doctor, Scope::Chart, READ, &[Treatment], 365);
    }
    stage.at(5, 9);
    stage.opens(Cardiologist, "ada-xray", Treatment);
    stage.opens(Radiologist, "ada-dicom", Treatment);
    stage.opens(FamilyDoctor, "ada-lab", Treatment);
    stage.opens(Cardiologist, "bruno-dicom", Treatment);
    stage.at(6, 10);
    stage.opens(Radiologist, "chiara-xray", Treatment);
    stage.opens(FamilyDoctor, "chiara-lab", Treatment);
    stage.opens_via(Dora, Some(Chiara), "chiara-lab", FamilyRequest);
}

fn second_week(stage: &mut Stage<'_>) {
    stage.at(8, 2);
    stage.grants(Bruno, FamilyDoctor, Scope::Record("bruno-lab"), READ, &[Treatment, Research], 90);
    stage.refers(FamilyDoctor, Cardiologist, Ada, Scope::Folder(LABORATORY), 60);
    stage.label("ada-referred");
    stage.at(9, 8);
    stage.opens_via(Cardiologist, Some(FamilyDoctor), "ada-lab", Treatment);
    stage.opens(Cardiologist, "bruno-prescription", Treatment);
    stage.opens(FamilyDoctor, "bruno-lab", Research);
    stage.at(10, 11);
    stage.opens(Radiologist, "ada-xray", Operations);
    stage.opens(Ada, "ada-lab", PatientRequest);
    stage.at(12, 5);
    stage.revokes(Ada, Cardiologist, Scope::Record("ada-xray"));
    stage.label("xray-revoked");
    stage.at(13, 3);
    stage.writes(FamilyDoctor, None, "ada-lab-mixed-up");
    stage.at(13, 7);
    stage.retracts(FamilyDoctor, None, "ada-lab-mixed-up");
    stage.label("mixed-up-retracted");
    stage.at(14, 1);
    stage.renews(Cardiologist, 2 * 365);
}

fn third_week(stage: &mut Stage<'_>) {
    stage.at(15, 4);
    stage.renounces(FamilyDoctor, Bruno, Scope::Record("bruno-lab"));
    stage.label("bruno-lab-renounced");
    stage.at(16, 6);
    stage.revokes_everyone(Chiara.by(Dora));
    stage.label("chiara-revoked-everyone");
    stage.at(17, 2);
    stage.grants(Chiara.by(Dora), FamilyDoctor, Scope::Chart, READ, &[Treatment], 180);
    stage.label("chiara-granted-again");
    stage.at(18, 9);
    stage.opens(FamilyDoctor, "chiara-prescription", Treatment);
    stage.at(19, 3);
    stage.suspends(Radiologist);
    stage.label("radiologist-suspended");
    bruno_is_an_emergency(stage);
    stage.at(21, 3);
    stage.reinstates(Radiologist);
    stage.label("radiologist-reinstated");
}

fn bruno_is_an_emergency(stage: &mut Stage<'_>) {
    stage.at(20, 2);
    stage.breaks_the_glass(EmergencyDoctor, Bruno);
    stage.label("glass-broken");
    stage.opens(EmergencyDoctor, "bruno-prescription", BreakTheGlass);
    stage.opens(EmergencyDoctor, "bruno-lab", BreakTheGlass);
    stage.at(20, 9);
    stage.grants(Bruno, Ward, Scope::Chart, READ | WRITE, &[Treatment], 30);
    stage.label("ward-granted");
    stage.at(20, 12);
    stage.logs_signed(&[
        (Cardiologist, Some(Ward), "bruno-dicom"),
        (Cardiologist, Some(Ward), "bruno-lab"),
        (Nurse, Some(Ward), "bruno-prescription"),
    ]);
    stage.label("signed-opens-logged");
}

/// On the ward, and home again.
fn bruno_is_treated(stage: &mut Stage<'_>) {
    stage.at(22, 15);
    stage.writes(Cardiologist, Some(Ward), "bruno-ward");
    stage.at(23, 8);
    stage.corrects(Cardiologist, Some(Ward), "bruno-ward", "bruno-ward-corrected");
    stage.label("ward-corrected");
    stage.opens_via(Nurse, Some(Ward), "bruno-ward-corrected", Treatment);
    stage.at(24, 9);
    stage.reviews(EmergencyDoctor, Bruno);
    stage.at(24, 16);
    stage.revokes(Bruno, Ward, Scope::Chart);
    stage.without_gas();
    stage.label("ward-revoked");
}

fn fourth_week(stage: &mut Stage<'_>) {
    stage.at(22, 4);
    stage.adds("ada-xray-later");
    stage.at(22, 9);
    stage.opens(Radiologist, "ada-xray-later", Treatment);
    stage.opens(FamilyDoctor, "ada-xray-later", Treatment);
    bruno_is_treated(stage);
    stage.at(25, 1);
    stage.publishes_key(Ada, 2);
    stage.at(27, 8);
    stage.opens(FamilyDoctor, "ada-prescription", PatientRequest);
    stage.at(28, 8);
    stage.asks(Radiologist, Bruno, Scope::Record("bruno-dicom"), &[Treatment]);
    stage.at(28, 10);
    stage.grants(Bruno, Radiologist, Scope::Record("bruno-dicom"), READ, &[Treatment], 180);
    stage.at(29, 9);
    stage.opens(Radiologist, "bruno-dicom", Treatment);
    stage.at(29, 20);
    stage.opens(FamilyDoctor, "chiara-xray", Treatment);
}
