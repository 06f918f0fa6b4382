//! Who changed what. Each change writes the rows it touched, whole, before and after; an undo reads
//! them back. Other features write here through [`store`]; the undo itself stands with the feature
//! whose rows it restores.

pub mod store;
