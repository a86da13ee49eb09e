//! The anomaly scores of an exchange, where the Core Rule Set keeps them.

use crate::compile::Names;
use crate::outcome::Score;
use crate::program::TxSlot;
use crate::transaction::Transaction;
use crate::transaction::state::State;

/// In the order of [`ScoreSlots`].
const NAMES: [&str; 12] = [
    "blocking_inbound_anomaly_score",
    "blocking_outbound_anomaly_score",
    "inbound_anomaly_score_threshold",
    "outbound_anomaly_score_threshold",
    "inbound_anomaly_score_pl1",
    "inbound_anomaly_score_pl2",
    "inbound_anomaly_score_pl3",
    "inbound_anomaly_score_pl4",
    "outbound_anomaly_score_pl1",
    "outbound_anomaly_score_pl2",
    "outbound_anomaly_score_pl3",
    "outbound_anomaly_score_pl4",
];

/// Which variables of `TX` hold the scores; `None` where no rule names one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ScoreSlots([Option<TxSlot>; NAMES.len()]);

impl ScoreSlots {
    pub(crate) fn of(names: &Names) -> Self {
        Self(NAMES.map(|name| names.find_tx(name.as_bytes())))
    }

    fn number(&self, at: usize, state: &State, names: &Names) -> i64 {
        let slot = self.0.get(at).copied().flatten();
        let datum = match slot {
            Some(slot) => state.tx.get(slot),
            // Rules may put a name together while they run.
            None => {
                let name = NAMES.get(at).copied().unwrap_or_default();
                state.tx.find(name.as_bytes(), names, &state.values)
            }
        };
        datum.map_or(0, |datum| datum.number(&state.values))
    }
}

impl Transaction {
    /// The anomaly scores as they stand.
    pub fn score(&self) -> Score {
        let number = |at| self.rules.scores.number(at, &self.state, &self.rules.program.names);
        Score {
            inbound: number(0),
            outbound: number(1),
            inbound_threshold: number(2),
            outbound_threshold: number(3),
            inbound_levels: [number(4), number(5), number(6), number(7)],
            outbound_levels: [number(8), number(9), number(10), number(11)],
        }
    }

    /// [`Score::inbound`] alone.
    pub fn inbound_score(&self) -> i64 {
        self.rules.scores.number(0, &self.state, &self.rules.program.names)
    }
}
