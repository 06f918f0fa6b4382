//! Rows in COPY's binary format, gathered until there are enough to be sent. Pure.

use ecotrack_common::MeterId;
use jiff::Timestamp;
use jiff::civil::Date;

use super::store::Waiting;

/// So many bytes are sent at once.
const ENOUGH_BYTES: usize = 1 << 20;
/// PostgreSQL counts from 2000-01-01.
const EPOCH_SECOND: i64 = 946_684_800;
/// Types of array elements, as `pg_type` has them.
const INT4: u32 = 23;
const BOOL: u32 = 16;

/// Rows on their way to a table.
#[derive(Debug, Default)]
pub struct CopyRows(Vec<u8>);

impl CopyRows {
    /// Whether it is time to send them.
    pub fn is_enough(&self) -> bool {
        self.0.len() >= ENOUGH_BYTES
    }

    /// The rows, framed as COPY takes them; `None` where there are none.
    pub fn take(&mut self) -> Option<Vec<u8>> {
        if self.0.is_empty() {
            return None;
        }
        self.i16(-1);
        let next = Vec::with_capacity(self.0.len().min(2 * ENOUGH_BYTES));
        Some(std::mem::replace(&mut self.0, next))
    }

    /// Begins a row of `staged_day`; [`steps`](Self::steps) and [`end_day`](Self::end_day) follow.
    pub fn begin_day(&mut self, meter: MeterId, date: Date, starts_at: Timestamp, minutes: i64) {
        self.begin(9);
        self.uuid(meter);
        self.field(4);
        let epoch = Date::constant(2000, 1, 1);
        let days = date.duration_since(epoch).as_hours() / 24;
        self.0
            .extend(i32::try_from(days).unwrap_or(0).to_be_bytes());
        self.field(8);
        let micros = (starts_at.as_second() - EPOCH_SECOND) * 1_000_000;
        self.0.extend(micros.to_be_bytes());
        self.field(2);
        self.i16(i16::try_from(minutes).unwrap_or(0));
    }

    /// The steps of the day, of which a negative one is missing, and how many of them are known.
    pub fn steps(
        &mut self,
        step_minutes: i16,
        mwh: &[i32],
        estimated: Option<&[bool]>,
        known: usize,
    ) {
        self.field(2);
        self.i16(step_minutes);
        self.array(INT4, mwh.len(), known < mwh.len(), |out| {
            for mwh in mwh {
                if *mwh < 0 {
                    out.extend((-1_i32).to_be_bytes());
                } else {
                    let mut field = [0, 0, 0, 4, 0, 0, 0, 0];
                    field[4..].copy_from_slice(&mwh.to_be_bytes());
                    out.extend(field);
                }
            }
        });
        match estimated {
            None => self.null(),
            Some(flags) => self.array(BOOL, flags.len(), false, |out| {
                for flag in flags {
                    out.extend([0, 0, 0, 1, u8::from(*flag)]);
                }
            }),
        }
        self.field(2);
        self.i16(i16::try_from(known).unwrap_or(i16::MAX));
    }

    /// Ends a row of `staged_day` with the first line that it comes from.
    pub fn end_day(&mut self, line: u32) {
        self.i64_field(i64::from(line));
    }

    /// A row of `staged_row`.
    pub fn waiting_row(&mut self, meter: MeterId, row: &Waiting, note: Option<&str>) {
        self.begin(8);
        self.uuid(meter);
        self.i64_field(row.starts);
        match row.ends {
            Some(ends) => self.i64_field(ends),
            None => self.null(),
        }
        self.i64_field(row.mwh);
        self.flag(row.estimated);
        self.flag(row.restarted);
        self.i64_field(i64::try_from(row.line).unwrap_or(i64::MAX));
        match note {
            Some(note) => {
                self.field(i32::try_from(note.len()).unwrap_or(0));
                self.0.extend(note.as_bytes());
            }
            None => self.null(),
        }
    }

    fn flag(&mut self, flag: bool) {
        self.field(1);
        self.0.push(u8::from(flag));
    }

    fn begin(&mut self, columns: i16) {
        if self.0.is_empty() {
            self.0.extend(b"PGCOPY\n\xff\r\n\0");
            self.0.extend([0; 8]);
        }
        self.i16(columns);
    }

    fn i16(&mut self, number: i16) {
        self.0.extend(number.to_be_bytes());
    }

    fn field(&mut self, bytes: i32) {
        self.0.extend(bytes.to_be_bytes());
    }

    fn null(&mut self) {
        self.field(-1);
    }

    fn i64_field(&mut self, number: i64) {
        self.field(8);
        self.0.extend(number.to_be_bytes());
    }

    fn uuid(&mut self, id: MeterId) {
        self.field(16);
        self.0.extend(id.0.as_bytes());
    }

    fn array(&mut self, of: u32, count: usize, nulls: bool, fill: impl FnOnce(&mut Vec<u8>)) {
        let at = self.0.len();
        self.field(0);
        self.field(1);
        self.field(i32::from(nulls));
        self.0.extend(of.to_be_bytes());
        self.field(i32::try_from(count).unwrap_or(0));
        self.field(1);
        fill(&mut self.0);
        let length = i32::try_from(self.0.len() - at - 4).unwrap_or(0);
        self.0[at..at + 4].copy_from_slice(&length.to_be_bytes());
    }
}
