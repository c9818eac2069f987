//! Amounts of money.

use std::fmt;

use thiserror::Error;

use crate::proto::base::Coin as CoinMessage;

/// The smallest unit of the cheqd network: a billionth of a CHEQ.
pub const DENOM: &str = "ncheq";

/// Longest name of a unit; the Cosmos SDK has the same.
pub const DENOM_BYTES_MAX: usize = 128;
const DENOM_BYTES_MIN: usize = 3;

/// An amount of one unit; more than nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coin {
    denom: String,
    amount: u128,
}

/// Amounts of different units, ordered by their names. May be none at all.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Coins(Vec<Coin>);

/// Why a text is not an amount, or a list not a sum.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum InvalidCoin {
    /// The name of the unit.
    #[error("invalid denom: {0}")]
    Denom(String),
    /// Not a whole number above 0 that 128 bits hold.
    #[error("invalid amount: `{0}` is no whole number from 1 to {max}", max = u128::MAX)]
    Amount(String),
    /// Units out of order, or one twice.
    #[error("denominations must be in order and different: {0}")]
    Order(String),
}

impl Coin {
    /// An amount.
    ///
    /// # Errors
    /// [`InvalidCoin`] when the unit has no valid name, or the amount is 0.
    pub fn new(denom: impl Into<String>, amount: u128) -> Result<Self, InvalidCoin> {
        let denom = denom.into();
        if !is_denom(&denom) {
            return Err(InvalidCoin::Denom(denom));
        }
        if amount == 0 {
            return Err(InvalidCoin::Amount("0".to_owned()));
        }
        Ok(Self { denom, amount })
    }

    /// The unit, such as `ncheq`.
    pub fn denom(&self) -> &str {
        &self.denom
    }

    /// How many.
    pub fn amount(&self) -> u128 {
        self.amount
    }
}

impl Coins {
    /// So many of one unit; none for 0.
    ///
    /// # Errors
    /// [`InvalidCoin::Denom`].
    pub fn of(denom: &str, amount: u128) -> Result<Self, InvalidCoin> {
        match amount {
            0 if is_denom(denom) => Ok(Self::default()),
            _ => Coin::new(denom, amount).map(|coin| Self(vec![coin])),
        }
    }

    /// How many of a unit.
    pub fn amount_of(&self, denom: &str) -> u128 {
        let found = self.0.iter().find(|coin| coin.denom == denom);
        found.map_or(0, Coin::amount)
    }

    /// Each of them, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Coin> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their form in messages.
    pub fn to_messages(&self) -> Vec<CoinMessage> {
        let messages = self.0.iter().map(|coin| CoinMessage {
            denom: coin.denom.clone(),
            amount: coin.amount.to_string(),
        });
        messages.collect()
    }
}

impl TryFrom<&[CoinMessage]> for Coins {
    type Error = InvalidCoin;

    fn try_from(messages: &[CoinMessage]) -> Result<Self, InvalidCoin> {
        let coins = messages.iter().map(|message| {
            let amount = amount_of(&message.amount)
                .ok_or_else(|| InvalidCoin::Amount(message.amount.clone()))?;
            Coin::new(message.denom.clone(), amount)
        });
        let coins = coins.collect::<Result<Vec<_>, _>>()?;
        match coins.windows(2).find(|pair| pair[0].denom >= pair[1].denom) {
            Some(pair) => Err(InvalidCoin::Order(pair[1].denom.clone())),
            None => Ok(Self(coins)),
        }
    }
}

impl fmt::Display for Coin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.amount, self.denom)
    }
}

impl fmt::Display for Coins {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, coin) in self.0.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(f, "{comma}{coin}")?;
        }
        Ok(())
    }
}

/// Decimal digits without a sign or a zero in front.
fn amount_of(text: &str) -> Option<u128> {
    let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| plain)
}

fn is_denom(text: &str) -> bool {
    let bytes = text.as_bytes();
    (DENOM_BYTES_MIN..=DENOM_BYTES_MAX).contains(&bytes.len())
        && bytes[0].is_ascii_alphabetic()
        && bytes
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/:._-".contains(byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn coins(pairs: &[(&str, &str)]) -> Result<Coins, InvalidCoin> {
        let messages = pairs.iter().map(|(amount, denom)| CoinMessage {
            denom: (*denom).to_owned(),
            amount: (*amount).to_owned(),
        });
        Coins::try_from(messages.collect::<Vec<_>>().as_slice())
    }

    #[test]
    fn amounts_are_read_and_written() {
        let both = coins(&[("7", "ibc/AB"), ("50", "ncheq")]).unwrap();
        assert_eq!(both.to_string(), "7ibc/AB,50ncheq");
        assert_eq!(both.amount_of("ncheq"), 50);
        assert_eq!(both.amount_of("other"), 0);
        assert!(coins(&[]).unwrap().is_empty());
        assert_eq!(coins(&[("1", "ncheq")]), Coins::of("ncheq", 1));
    }

    #[test]
    fn everything_else_is_refused() {
        for amount in [
            "",
            "0",
            "-1",
            "+1",
            "01",
            "1.5",
            "1e3",
            " 1",
            &format!("{}0", u128::MAX),
        ] {
            assert_eq!(
                coins(&[(amount, "ncheq")]),
                Err(InvalidCoin::Amount(amount.to_owned()))
            );
        }
        for denom in ["", "ab", "1ab", "a b", "größe", &"a".repeat(129)] {
            assert_eq!(
                coins(&[("1", denom)]),
                Err(InvalidCoin::Denom(denom.to_owned()))
            );
        }
        for second in ["abc", "abb"] {
            assert_eq!(
                coins(&[("1", "abc"), ("1", second)]),
                Err(InvalidCoin::Order(second.to_owned()))
            );
        }
    }
}
