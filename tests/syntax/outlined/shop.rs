//! A shop.
use crate::money::{self, Price, tax::{Rate, *}};
use std::fmt;
mod stock;
pub mod till {
    pub fn open() {}
}

/// What is sold. By us.
#[derive(Debug)]
pub struct Shop<'a, T> {
    pub name: &'a str,
    items: Vec<T>,
}

pub enum Door {
    Open,
    Shut,
}

pub(crate) trait Sells {
    type Item;
    /// Its price.
    fn price(&self) -> u32;
}

impl<'a, T: Clone> Shop<'a, T>
where
    T: Default,
{
    /// How much it all is
    /// together.
    #[must_use]
    pub async fn total(
        &self,
        taxed: bool,
    ) -> u32 {
        if taxed && self.items.is_empty() || self.name == "a" {
            return 1;
        }
        for item in &self.items {
            while false {}
        }
        match taxed {
            true if self.is_big() => 1,
            true => 2,
            false => 3,
        }
    }

    const SIZE: usize = 3;
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn helper() {}
        write!(f, "{}", '{')
    }
}

pub type Pair = (u32, u32);
pub const NAMES: [&str; 2] = [
    "fn no() {}",
    r#"struct "No" {"#,
];
static mut COUNT: u32 = 0;

/// Makes one.
#[macro_export]
macro_rules! shop {
    ($name:ident) => { fn $name() {} };
}

fn main() {}
