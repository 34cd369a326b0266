//! Opens: by the reader, and signed by readers and logged together.

use super::{Deed, Purpose, Stage, through};
use crate::{
    contract::bindings::{ChartkeyCalls, OpenRecordCall, OpenRequest},
    demo::cast::Who,
};

/// How long a signed open may wait to be logged, in days.
const WAITS: u64 = 2;

impl Stage<'_> {
    pub fn opens(&mut self, reader: Who, file: &str, purpose: Purpose) {
        self.opens_via(reader, None, file, purpose);
    }

    /// As `opens`, through the patient (as a guardian), the ward or a referrer.
    pub fn opens_via(&mut self, reader: Who, via: Option<Who>, file: &str, purpose: Purpose) {
        let file = self.files.get(file);
        let (patient, digest) = (self.cast.address(file.of), file.digest());
        let call = OpenRecordCall { patient, digest, via: self.via(via), purpose: purpose as u8 };
        self.act(reader, ChartkeyCalls::OpenRecord(call), format!("opens {}{}", file.key, through(via)));
    }

    /// The gateway logs opens for treatment that readers signed: who, through whom, what.
    pub fn logs_signed(&mut self, opens: &[(Who, Option<Who>, &str)]) {
        let deadline = self.days_on(WAITS).into();
        let requests = opens.iter().zip(1_u64..).map(|(&(reader, via, file), nonce)| {
            let file = self.files.get(file);
            OpenRequest {
                patient: self.cast.address(file.of),
                digest: file.digest(),
                reader: self.cast.address(reader),
                via: self.via(via),
                purpose: Purpose::Treatment as u8,
                nonce: nonce.into(),
                deadline,
            }
        });
        let says = format!("logs {} opens that their readers signed", opens.len());
        self.deed(Who::Gateway, Deed::LogsOpens(requests.collect()), says);
    }
}
