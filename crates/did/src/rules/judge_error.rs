//! Why a judgement is a refusal, or could not be made.

use std::convert::Infallible;

use thiserror::Error;

use crate::Rejection;

/// Why operations are not accepted.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum JudgeError<E> {
    /// The rules refuse them.
    #[error("{rejection}")]
    Rejected {
        /// Which operation of the submission is refused, counted from 0.
        position: usize,
        /// Why.
        rejection: Rejection,
    },
    /// The source of states could not answer.
    #[error(transparent)]
    Unreadable(E),
}

impl<E> JudgeError<E> {
    /// The refusal, if it is one; the failure of the source otherwise.
    pub fn into_rejection(self) -> Result<Rejection, E> {
        match self {
            Self::Rejected { rejection, .. } => Ok(rejection),
            Self::Unreadable(error) => Err(error),
        }
    }

    /// The same, about the operation at this position.
    #[must_use]
    pub fn at(self, position: usize) -> Self {
        match self {
            Self::Rejected { rejection, .. } => Self::Rejected {
                position,
                rejection,
            },
            Self::Unreadable(error) => Self::Unreadable(error),
        }
    }
}

impl JudgeError<Infallible> {
    /// The position and the refusal, where every state is known.
    pub fn rejected(self) -> (usize, Rejection) {
        match self {
            Self::Rejected {
                position,
                rejection,
            } => (position, rejection),
            Self::Unreadable(never) => match never {},
        }
    }
}

impl<E, R: Into<Rejection>> From<R> for JudgeError<E> {
    fn from(refused: R) -> Self {
        Self::Rejected {
            position: 0,
            rejection: refused.into(),
        }
    }
}
