//! Where the energy goes: the devices' part of what was metered, and what none of them explains.

use ecotrack_common::Kwh;
use ecotrack_common::dashboard::DeviceShare;
use ecotrack_common::estimate::DAYS_PER_YEAR;
use rust_decimal::Decimal;

use ecotrack_common::device::ProfileDevice;

/// The breakdown of a home's energy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shares {
    /// Largest first.
    pub devices: Vec<DeviceShare>,
    /// Metered energy that no device explains; `None` without a total, negative when the devices
    /// are estimated to use more than was metered.
    pub untracked_kwh: Option<Kwh>,
}

/// What the devices are estimated to have used over `days` mean days of their year, as shares of
/// what was metered on those days. Give the days that `metered` is of; over no days there is
/// nothing to share.
pub fn shares(devices: &[ProfileDevice], days: i32, metered: Option<Kwh>) -> Shares {
    if days <= 0 {
        return Shares {
            devices: Vec::new(),
            untracked_kwh: metered,
        };
    }
    let over =
        |annual: Kwh| (annual.0 * Decimal::from(days) / Decimal::from(DAYS_PER_YEAR)).round_dp(6);
    let percent = |kwh: Decimal| {
        let metered = metered?.0;
        (metered > Decimal::ZERO).then(|| (kwh * Decimal::ONE_HUNDRED / metered).round_dp(1))
    };
    let mut shares: Vec<DeviceShare> = devices
        .iter()
        .map(|home| {
            let kwh = over(home.annual_kwh);
            DeviceShare {
                name: home.device.name.clone(),
                kwh: Kwh(kwh.normalize()),
                percent: percent(kwh),
                estimate: home.device.estimate,
                example: home.example,
            }
        })
        .collect();
    shares.sort_by(|a, b| b.kwh.cmp(&a.kwh).then_with(|| a.name.cmp(&b.name)));
    let tracked: Kwh = shares.iter().map(|share| share.kwh).sum();
    Shares {
        devices: shares,
        untracked_kwh: metered.map(|metered| metered - tracked),
    }
}
