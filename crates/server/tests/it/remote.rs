//! Networks that others keep, through a node with the faults that nodes have.

mod ends;
mod node;
mod reads;
mod served;
mod world;
