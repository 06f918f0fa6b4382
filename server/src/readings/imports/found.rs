//! What is found in an import, and whether it may go on. Pure.

use ecotrack_common::import::{Finding, Findings, MAX_FINDINGS};

/// Findings of one import.
#[derive(Debug, Default)]
pub struct Found {
    findings: Findings,
    /// Rows in doubt.
    doubts: usize,
    /// Nothing can be taken, doubts accepted or not.
    refused: bool,
    closed: bool,
}

impl Found {
    /// Casts doubt on a row, which is left out.
    pub fn doubt(&mut self, finding: &Finding) {
        self.doubts += 1;
        self.add(finding);
    }

    /// Refuses the file.
    pub fn refuse(&mut self, finding: &Finding) {
        self.refused = true;
        self.add(finding);
    }

    /// Worth knowing.
    pub fn tell(&mut self, finding: &Finding) {
        self.add(finding);
    }

    /// Worth knowing, with how often.
    pub fn note(&mut self, code: &str, count: i64) {
        if count > 0 && !self.refused {
            self.findings.add(0, code, &[("count", &count.to_string())]);
        }
    }

    fn add(&mut self, finding: &Finding) {
        // What follows from a file that is refused tells nobody anything.
        if std::mem::replace(&mut self.closed, self.refused) {
            return;
        }
        let params = finding.params.iter();
        let params: Vec<(&str, &str)> = params
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        self.findings.add(finding.line, &finding.code, &params);
    }

    /// Whether the file was refused.
    pub fn is_refused(&self) -> bool {
        self.refused
    }

    /// Whether the import ends here.
    pub fn stop(&self, accept: bool) -> bool {
        self.refused || (self.doubts > 0 && !accept)
    }

    /// Whether it is no use to read on.
    pub fn enough(&self, accept: bool) -> bool {
        self.refused || (!accept && self.doubts >= MAX_FINDINGS)
    }

    /// By line, those that were not told one by one counted at the end.
    pub fn into_list(self) -> Vec<Finding> {
        self.findings.into_list()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_in_doubt_stop_an_import_unless_they_are_accepted_and_a_refusal_always_does() {
        let mut found = Found::default();
        found.note("kept", 3);
        assert!(!found.stop(false));
        for line in 2..=101 {
            assert!(!found.enough(false));
            found.doubt(&Finding::new(line, "number", &[]));
        }
        assert!(found.enough(false) && !found.enough(true));
        assert!(found.stop(false) && !found.stop(true));
        found.refuse(&Finding::new(0, "spacing", &[]));
        assert!(found.stop(true) && found.enough(true));
        let list = found.into_list();
        let more = list.last().unwrap();
        assert_eq!(
            (more.code.as_str(), more.params["count"].as_str()),
            ("more", "80")
        );
    }
}
