"""What .ci/public_api keeps of an API: `python3 -m unittest discover .ci`."""
import importlib.machinery
import importlib.util
import sys
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
LOADER = importlib.machinery.SourceFileLoader("public_api", str(Path(__file__).with_name("public_api")))
public_api = importlib.util.module_from_spec(importlib.util.spec_from_loader("public_api", LOADER))
LOADER.exec_module(public_api)


class WhatIsTold(unittest.TestCase):
    def test_what_the_traits_of_others_tell_is_left_out(self):
        own = [
            "pub mod inkseal::stream",
            "pub struct inkseal::stream::Pages<'d>",
            "pub inkseal::stream::Pages::number: u32",
            "impl<'d> inkseal::stream::Pages<'d>",
            "pub fn inkseal::stream::Pages<'d>::count(&self) -> usize",
            "impl<'d> core::clone::Clone for inkseal::stream::Pages<'d>",
            "impl<'d> futures_core::stream::Stream for inkseal::stream::Pages<'d>",
            "impl !core::marker::Sync for inkseal::stream::Pages<'_>",
            "impl inkseal::part::Record for inkseal::stream::Pages<'_>",
            "pub type inkseal::stream::Pages<'_>::Form = u8",
            "impl<T> core::convert::From<T> for inkseal::Document",
            "pub fn inkseal::stream::parse(&[u8])",
            "pub const inkseal::stream::MOST: usize",
            "#[non_exhaustive] pub enum inkseal::stream::Kind",
            "pub inkseal::stream::Kind::Word",
        ]
        of_others = {
            5: ["pub fn inkseal::stream::Pages<'d>::clone(&self) -> Self"],
            6: [
                "pub type inkseal::stream::Pages<'d>::Item = u8",
                "pub fn inkseal::stream::Pages<'d>::poll_next(self)",
                "impl core::marker::Freeze for inkseal::stream::Pages<'_>",
                "impl !core::panic::unwind_safe::RefUnwindSafe for inkseal::stream::Pages<'_>",
            ],
            10: ["pub fn inkseal::Document::from(T) -> Self"],
        }
        lines = [line for at, kept in enumerate(own) for line in [kept, *of_others.get(at, [])]]
        self.assertEqual(public_api.told(lines), own)


if __name__ == "__main__":
    unittest.main()
